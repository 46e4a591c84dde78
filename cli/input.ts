/**
 * Standard input and files, as bytes and as lines.
 *
 * @module
 */
import { createReadStream, statSync } from "node:fs";
import process from "node:process";
import type { Readable } from "node:stream";
import { usage } from "./failure.ts";
import { interruption } from "./interrupt.ts";

/** How much later than the end of a pipe the signal may come that has brought it about, in milliseconds: mostly one. */
const DELAY = 20;

/**
 * A stream of a file, or of standard input for `-`. An interruption ends it: what was read until then is no whole.
 *
 * @throws {Failure} where standard input is a terminal, and for a file that cannot be read
 */
export function open(file: string, what: string, start: number = 0): AsyncIterable<Uint8Array> {
  if (file !== "-") return read(file, what, start);
  if (process.stdin.isTTY)
    throw usage(`Cannot read ${what} as standard input is a terminal`, "pipe it in, or name a file");
  return whole(process.stdin, true);
}

async function* read(file: string, what: string, start: number): AsyncGenerator<Uint8Array> {
  try {
    const isWritten = !statSync(file).isFile();
    // A pipe cannot be read from a place, not even from the first.
    yield* whole(createReadStream(file, { ...(start > 0 && { start }), highWaterMark: 256 * 1024 }), isWritten);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw usage(`Cannot read ${what} ${file}: ${code === "ENOENT" ? "there is no such file" : code}`);
  }
}

/** All that a stream has, which another program may be writing. @throws the reason of an interruption */
async function* whole(stream: Readable, isWritten: boolean): AsyncGenerator<Uint8Array> {
  const { signal } = interruption;
  const stop = (): void => void stream.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    yield* stream as AsyncIterable<Uint8Array>;
    // The signal that has ended who writes may be on its way to us.
    if (isWritten) await new Promise((resolve) => setTimeout(resolve, DELAY));
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", stop);
    stream.destroy();
  }
}

/** All of it. */
export async function readAll(file: string, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of open(file, what)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A line without its end, and where the next one begins. */
export interface Line {
  readonly text: string;
  /** Bytes from the beginning of the source. */
  readonly end: number;
  readonly number: number;
}

/**
 * Lines in UTF-8, of any length, also where the last one has no end.
 *
 * @throws {Failure} for a line that is no UTF-8; with `isLenient` what is none is U+FFFD
 */
export async function* lines(
  source: AsyncIterable<Uint8Array>,
  { isLenient = false }: { isLenient?: boolean } = {},
): AsyncGenerator<Line> {
  let waiting: Uint8Array[] = [];
  let [end, number] = [0, 0];
  const take = (last: Uint8Array): string => {
    const whole = waiting.length === 0 ? last : Buffer.concat([...waiting, last]);
    waiting = [];
    // A byte order mark is one at the beginning of the source alone.
    const decoder = new TextDecoder("utf-8", { fatal: !isLenient, ignoreBOM: number > 0 });
    try {
      return decoder.decode(whole).replace(/\r$/, "");
    } catch {
      throw usage(`Cannot read line ${number + 1} as it must be UTF-8: received other bytes`);
    }
  };
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const part = chunk.subarray(from, at);
      end += part.length + 1 + waiting.reduce((sum, one) => sum + one.length, 0);
      from = at + 1;
      yield { text: take(part), end, number: ++number };
    }
    if (from < chunk.length) waiting.push(chunk.subarray(from));
  }
  const rest = waiting.reduce((sum, one) => sum + one.length, 0);
  if (rest > 0) yield { text: take(new Uint8Array(0)), end: end + rest, number: ++number };
}
