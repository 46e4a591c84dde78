/**
 * Reading the CBOR in which there is what the library reads wrongly or slowly: texts that begin with a byte order mark, which it takes off where it
 * leaves them to TextDecoder (those of more than 64 bytes, on every runtime), and large bigints, which it adds up byte by byte.
 *
 * Takes containers apart, reads texts and bigints, and gives all else to the library, item by item: so that is read as ever, only more slowly.
 *
 * @module
 */
import { magnitude } from "./magnitude.ts";

/** The value of CBOR that {@linkcode checkCbor} has passed; `library` reads an item that is no container. */
export function readCbor(bytes: Uint8Array, library: (item: Uint8Array) => unknown): unknown {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let at = 0;

  /** The argument of a head: what is in its five low bits, or in the bytes behind it. */
  const argument = (head: number): number => {
    const low = head & 0x1f;
    if (low < 24) return low;
    let value = 0;
    for (let left = 1 << (low - 24); left > 0; left--) value = value * 0x100 + bytes[at++]!;
    return value;
  };
  const slice = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  const text = (): string => decoder.decode(slice(argument(bytes[at++]!)));

  /** Goes past an item that is no container. */
  const pass = (): void => {
    const head = bytes[at++]!;
    const value = argument(head);
    if (head >> 5 === BYTES) at += value;
    else if (head >> 5 === TAG) pass();
  };
  const leaf = (start: number): unknown => {
    at = start;
    pass();
    return library(bytes.subarray(start, at));
  };
  const array = (head: number): unknown[] => {
    const items: unknown[] = [];
    if (head !== ENDLESS_ARRAY) for (let left = argument(head); left > 0; left--) items.push(item());
    else {
      while (bytes[at] !== END) items.push(item());
      at++;
    }
    return items;
  };
  const object = (head: number): object => {
    const made: Record<string, unknown> = {};
    for (let left = argument(head); left > 0; left--) {
      const name = text();
      made[name] = item();
    }
    return made;
  };
  const map = (head: number): Map<unknown, unknown> => {
    const made = new Map<unknown, unknown>();
    for (let left = argument(head); left > 0; left--) {
      const key = item();
      made.set(key, item());
    }
    return made;
  };
  const tagged = (start: number, head: number): unknown => {
    switch (argument(head)) {
      case 2:
        return magnitude(slice(argument(bytes[at++]!)));
      case 3:
        return -1n - magnitude(slice(argument(bytes[at++]!)));
      case 258:
        return new Set(array(bytes[at++]!));
      case 259:
        return map(bytes[at++]!);
      default:
        return leaf(start);
    }
  };
  const item = (): unknown => {
    const start = at;
    const head = bytes[at++]!;
    switch (head >> 5) {
      case TEXT:
        return decoder.decode(slice(argument(head)));
      case ARRAY:
        return array(head);
      case MAP:
        return object(head);
      case TAG:
        return tagged(start, head);
      default:
        return leaf(start);
    }
  };
  return item();
}

/** Major types of RFC 8949, section 3.1. */
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
/** The head of an array of indefinite length, and what ends it. */
const ENDLESS_ARRAY = 0x9f;
const END = 0xff;
