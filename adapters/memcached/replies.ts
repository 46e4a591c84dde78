/**
 * What memcached answers, cut into lines: its text protocol, see protocol.txt of memcached.
 *
 * @module
 */

/** One line, without its end, and the data that follows a line `VALUE`. */
export interface Reply {
  readonly line: string;
  readonly data?: Uint8Array;
}

/** Longest line: `VALUE`, a key of 250 bytes and four numbers, or the words of an error. */
const LONGEST_LINE = 1_024;
/** More than any server keeps in an item. */
const LARGEST_ITEM = 0x4000_0000;

/** Something that no memcached says: from then on nothing can be told from anything. */
export class GarbageError extends Error {}

/** Cuts a stream of bytes into replies. */
export class ReplyReader {
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Bytes that it takes to go on. */
  #needed = 1;

  /**
   * Takes the next bytes.
   *
   * @returns the replies that are whole by now; data is a copy
   * @throws {GarbageError} for what is no reply
   */
  push(chunk: Uint8Array): Reply[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    const bytes = this.#chunks.length === 1 ? chunk : joined(this.#chunks);
    const replies: Reply[] = [];
    let at = 0;
    for (;;) {
      const end = lineEnd(bytes, at);
      if (end < 0) {
        this.#needed = bytes.length - at + 1;
        break;
      }
      let line = "";
      for (let index = at; index < end; index++) line += String.fromCharCode(bytes[index]!);
      const size = dataSize(line);
      if (size === undefined) {
        replies.push({ line });
        at = end + 2;
        continue;
      }
      const start = end + 2;
      const next = start + size + 2;
      if (next > bytes.length) {
        this.#needed = next - at;
        break;
      }
      if (bytes[next - 2] !== 0x0d || bytes[next - 1] !== 0x0a) throw new GarbageError("an item of another size");
      replies.push({ line, data: Uint8Array.from(bytes.subarray(start, next - 2)) });
      at = next;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#length = bytes.length - at;
    return replies;
  }
}

function lineEnd(bytes: Uint8Array, start: number): number {
  const most = Math.min(bytes.length - 1, start + LONGEST_LINE);
  for (let at = start; at < most; at++) if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) return at;
  if (most === start + LONGEST_LINE) throw new GarbageError("a line without an end");
  return -1;
}

function dataSize(line: string): number | undefined {
  if (!line.startsWith("VALUE ")) return undefined;
  const digits = /^VALUE \S+ \d+ (\d+)(?: \d+)?$/.exec(line)?.[1];
  if (digits === undefined || Number(digits) > LARGEST_ITEM) throw new GarbageError("an item of no size");
  return Number(digits);
}

/** Many pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
