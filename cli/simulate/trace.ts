/**
 * Traces: the keys that a program asked for, in their order.
 *
 * @module
 */
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { usage } from "../failure.ts";
import { lines, open } from "../input.ts";

/** A trace, with keys as numbers from 0 in the order in which they first come. */
export interface Trace {
  readonly keys: Uint32Array;
  readonly distinct: number;
}

/** Most requests of one trace: four bytes each. */
const MOST = 200_000_000;

/** @throws {Failure} for a file that cannot be read, or has no keys */
export async function readTrace(file: string): Promise<Trace> {
  const source = file.endsWith(".gz") ? unpacked(open(file, "trace")) : open(file, "trace");
  const numbers = new Map<string, number>();
  let keys = new Uint32Array(1024);
  let length = 0;
  try {
    for await (const { text } of lines(source, { isLenient: true })) {
      if (text === "") continue;
      let number = numbers.get(text);
      if (number === undefined) numbers.set(text, (number = numbers.size));
      if (length === keys.length) {
        const larger = new Uint32Array(length * 2);
        larger.set(keys);
        keys = larger;
      }
      keys[length++] = number;
      if (length === MOST) break;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw usage(`Cannot read trace ${file}: ${code}`);
  }
  if (length === 0) throw usage(`Cannot read trace ${file} as it must have a key a line: received none`);
  return { keys: keys.subarray(0, length), distinct: numbers.size };
}

/** What gzip has packed. It fails as its source does. */
function unpacked(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // Who reads it is told of what goes wrong.
  return pipeline(source, createGunzip(), () => {}) as AsyncIterable<Uint8Array>;
}
