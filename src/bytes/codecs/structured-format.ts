/**
 * The marks of the `structured` format, as in docs/format.md: the first byte of every value in it.
 *
 * A length or number is a LEB128 varint of at most 32 bits; other numbers are big-endian.
 *
 * @module
 */

/** 0x00 to 0x3f: the integer itself. */
export const SMALL_INTEGERS = 0x40;
/** 0x40 to 0x5f: a string of 0 to 31 bytes of UTF-8. */
export const SHORT_STRING = 0x40;
/** 0x60 to 0x6f: an array of 0 to 15 items. */
export const SHORT_ARRAY = 0x60;
/** 0x70 to 0x7f: an object of 0 to 15 properties. */
export const SHORT_OBJECT = 0x70;

export const UNDEFINED = 0x80;
export const NULL = 0x81;
export const FALSE = 0x82;
export const TRUE = 0x83;
/** Unsigned integers of 8, 16 and 32 bits, and negative ones as `-1 - n`. */
export const UINT8 = 0x84;
export const UINT16 = 0x85;
export const UINT32 = 0x86;
export const NEGATIVE8 = 0x87;
export const NEGATIVE16 = 0x88;
export const NEGATIVE32 = 0x89;
export const FLOAT64 = 0x8a;
/** Length, magnitude. */
export const BIGINT = 0x8b;
export const NEGATIVE_BIGINT = 0x8c;
/** Length in 8 or 32 bits, UTF-8. */
export const STRING8 = 0x8d;
export const STRING32 = 0x8e;
/** Code units, for strings with lone surrogates, which UTF-8 cannot hold: length in units, 16 bits each. */
export const STRING_UTF16 = 0x8f;
/** Number of items, items. */
export const ARRAY = 0x90;
/** Number of properties, names and values. */
export const OBJECT = 0x91;
/** An array with holes or named properties: length, number of properties, names and values. */
export const SPARSE_ARRAY = 0x92;
/** As {@linkcode OBJECT}, but without prototype. */
export const BARE_OBJECT = 0x93;
/** Number of an object that came before. Objects count from 0 in the order of their first bytes. */
export const REFERENCE = 0x94;
/** Milliseconds, 64-bit float. */
export const DATE = 0x95;
/** Source, flags. */
export const REGEXP = 0x96;
/** Number of entries, keys and values. */
export const MAP = 0x97;
/** Number of items, items. */
export const SET = 0x98;
/** Class by number in {@linkcode ERROR_NAMES}, hidden properties, enumerable properties (each as an object's). */
export const ERROR = 0x99;
/** Length, bytes. */
export const BUFFER = 0x9a;
/** Class by number in {@linkcode VIEW_NAMES}, offset in bytes, length in elements, buffer. */
export const VIEW = 0x9b;
/** A number, string, boolean or bigint as an object: the primitive. */
export const BOXED = 0x9c;

/** Classes of errors, by number. */
export const ERROR_NAMES: readonly string[] = [
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "AggregateError",
];

/** Classes of views, by number. */
export const VIEW_NAMES: readonly string[] = [
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
];
