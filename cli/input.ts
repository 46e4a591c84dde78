/**
 * Standard input and files, as bytes and as lines.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import process from "node:process";
import { usage } from "./failure.ts";

/** A stream of a file, or of standard input for `-`. @throws {Failure} where that is a terminal */
export function open(file: string, what: string, start: number = 0): AsyncIterable<Uint8Array> {
  if (file === "-") {
    if (process.stdin.isTTY)
      throw usage(`Cannot read ${what} as standard input is a terminal`, "pipe it in, or name a file");
    return process.stdin as AsyncIterable<Uint8Array>;
  }
  return read(file, what, start);
}

async function* read(file: string, what: string, start: number): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { start, highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw usage(`Cannot read ${what} ${file}: ${code === "ENOENT" ? "there is no such file" : code}`);
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

/** Lines in UTF-8, of any length, also where the last one has no end. */
export async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let waiting: Uint8Array[] = [];
  let [end, number] = [0, 0];
  const take = (last: Uint8Array): string => {
    const whole = waiting.length === 0 ? last : Buffer.concat([...waiting, last]);
    waiting = [];
    return new TextDecoder().decode(whole).replace(/\r$/, "");
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
