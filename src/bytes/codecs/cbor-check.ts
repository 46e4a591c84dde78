/**
 * The check before CBOR is decoded: refuses every form that the `cbor` codec does not write.
 *
 * cbor-x decodes more than it is given to decode here: records, packed values, shared references, errors made
 * by name, tags that stay in the value. None of that may come from stored bytes.
 *
 * @module
 */
import { CorruptError } from "../../errors.ts";
import { MAX_DEPTH } from "./kind.ts";

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

let source = NOTHING;
let at = 0;
let end = 0;
let isOdd = false;

/**
 * Says whether there is something in it that the library reads wrongly or slowly: text that begins with a byte order mark, or a large bigint.
 *
 * @throws {CorruptError} when these bytes are not one whole data item of the forms that the codec writes
 */
export function checkCbor(bytes: Uint8Array): boolean {
  source = bytes;
  at = 0;
  end = bytes.length;
  isOdd = false;
  try {
    item(0);
    if (at !== end) refuse("must end with its value");
    return isOdd;
  } finally {
    source = NOTHING;
  }
}

/** RFC 8949 section 3: three bits of major type, five bits of argument or its length. */
function item(depth: number): void {
  const head = next();
  if (head >= 0xe0) {
    // false, true, null, undefined, or a float of 64 bits.
    if (head === 0xfb) skip(8);
    else if (head < 0xf4 || head > 0xf7) refuse("must have no other simple values");
  } else if (head === 0x1b || head === 0x3b) {
    // Integers above 32 bits are bigints.
    skip(8);
  } else if (head === ENDLESS_ARRAY) {
    endless(depth);
  } else {
    content(head >> 5, readArgument(head & 0x1f), depth);
  }
}

function content(major: number, argument: number, depth: number): void {
  switch (major) {
    case 0:
    case 1:
      break;
    case 2:
      skip(argument);
      break;
    case 3:
      text(argument);
      break;
    case 4:
      items(argument, depth);
      break;
    case 5:
      if (depth >= MAX_DEPTH) refuse("must not be nested deeper");
      for (let left = argument; left > 0; left--) {
        property();
        item(depth + 1);
      }
      break;
    default:
      tagged(argument, depth);
  }
}

/** In the edge VM, where `[].constructor` is not `Array`, the library writes arrays as any iterable. */
const ENDLESS_ARRAY = 0x9f;
const END = 0xff;

function endless(depth: number): void {
  if (depth >= MAX_DEPTH) refuse("must not be nested deeper");
  while (source[at] !== END) item(depth + 1);
  at++;
}

function items(count: number, depth: number): void {
  if (depth >= MAX_DEPTH) refuse("must not be nested deeper");
  for (let left = count; left > 0; left--) item(depth + 1);
}

function text(length: number): void {
  if (source[at] === 0xef && source[at + 1] === 0xbb && source[at + 2] === 0xbf) isOdd = true;
  skip(length);
}

/** The name of a property. The library would rename one that is `__proto__`. */
function property(): void {
  const head = next();
  if (head >> 5 !== 3) refuse("must have strings as property names");
  const length = readArgument(head & 0x1f);
  const start = at;
  text(length);
  if (length === PROTO.length && source[start] === 0x5f && isProto(start)) refuse("must have no property __proto__");
}

const PROTO = "__proto__";

function isProto(start: number): boolean {
  for (let index = 0; index < PROTO.length; index++)
    if (source[start + index] !== PROTO.charCodeAt(index)) return false;
  return true;
}

function tagged(tag: number, depth: number): void {
  let head = next();
  // Where there is no Buffer, the library writes the bytes of a typed array as a tagged Uint8Array.
  if (head === 0xd8 && source[at] === UINT8_ARRAY && tag > UINT8_ARRAY) {
    at++;
    head = next();
  }
  const major = head >> 5;
  switch (tag) {
    case 1: // Date
      if (head === 0xfb) skip(8);
      else if (major !== 0) refuse("must have seconds in a date");
      else readArgument(head & 0x1f);
      break;
    case 258: // Set
      if (head === ENDLESS_ARRAY) endless(depth);
      else if (major !== 4) refuse("must have an array in a set");
      else items(readArgument(head & 0x1f), depth);
      break;
    case 259: // Map
      if (major !== 5) refuse("must have a map in a map");
      items(readArgument(head & 0x1f) * 2, depth);
      break;
    default: {
      const elementSize = ELEMENT_SIZES[tag] ?? refuse("must have no other tags");
      if (major !== 2) refuse("must have bytes in a typed array or bigint");
      const length = readArgument(head & 0x1f);
      if (length % elementSize !== 0) refuse("must have whole elements in a typed array");
      if (tag <= NEGATIVE_BIGINT && length > LARGE_BIGINT) isOdd = true;
      skip(length);
    }
  }
}

const NEGATIVE_BIGINT = 3;
/** Bytes from which on the library's way with bigints is worth avoiding. */
const LARGE_BIGINT = 64;

const UINT8_ARRAY = 64;

/** Bytes of one element of the typed arrays of RFC 8746, by tag; bigints above 64 bits (tags 2 and 3) have any length. */
const ELEMENT_SIZES: Readonly<Record<number, number>> = {
  2: 1,
  3: 1,
  64: 1,
  65: 2,
  66: 4,
  67: 8,
  68: 1,
  69: 2,
  70: 4,
  71: 8,
  72: 1,
  73: 2,
  74: 4,
  75: 8,
  77: 2,
  78: 4,
  79: 8,
  81: 4,
  82: 8,
  85: 4,
  86: 8,
};

function next(): number {
  return at < end ? (source[at++] as number) : refuse("must be whole");
}

function readArgument(info: number): number {
  if (info < 24) return info;
  switch (info) {
    case 24:
      return next();
    case 25:
      skip(2);
      return (source[at - 2]! << 8) | source[at - 1]!;
    case 26:
      skip(4);
      return ((source[at - 4]! << 24) | (source[at - 3]! << 16) | (source[at - 2]! << 8) | source[at - 1]!) >>> 0;
    default:
      return refuse("must have lengths of at most 32 bits");
  }
}

function skip(length: number): void {
  if (length > end - at) refuse("must be whole");
  at += length;
}

function refuse(rule: string): never {
  throw new CorruptError(`Cannot decode value as CBOR ${rule}: received other bytes`);
}
