/**
 * Values that codecs round-trip or refuse, each made anew on every call.
 *
 * @module
 */
import * as fc from "fast-check";

/** Seed of the property tests, so that a failure repeats. */
export const SEED = 20_261_121;

/** Values that JSON has, so every codec must give them back. */
export const plain: Record<string, () => unknown> = {
  null: () => null,
  true: () => true,
  false: () => false,
  zero: () => 0,
  "integers at the edges of their encodings": () => [
    1,
    23,
    24,
    63,
    64,
    255,
    256,
    65_535,
    65_536,
    4_294_967_295,
    4_294_967_296,
    2 ** 53,
    -1,
    -24,
    -25,
    -256,
    -257,
    -65_536,
    -65_537,
    -2_147_483_648,
    -2_147_483_649,
    -4_294_967_296,
    -4_294_967_297,
    -(2 ** 53),
  ],
  floats: () => [0.1, -0.1, 1e300, -1e-300, 5e-324, Number.MAX_VALUE],
  strings: () => ["", "a", "ü", "€", "🎉", "\0", "\u{10ffff}", "\ufeffbom", "\ufffd", "\ud7ff\ue000"],
  "long strings": () =>
    [23, 24, 31, 32, 63, 64, 85, 86, 255, 256, 65_536].flatMap((n) => ["a".repeat(n), "é".repeat(n), "한".repeat(n)]),
  "nested containers": () => ({ list: [1, [2, [3, []]]], map: { a: { b: {} } } }),
  "large containers": () => [
    Array.from({ length: 300 }, (_, index) => index),
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, index])),
  ],
  "names of properties that mean something elsewhere": () => ({
    constructor: "c",
    prototype: 1,
    hasOwnProperty: 2,
    toString: "t",
    length: 3,
    ["then" as string]: 4,
    "": 5,
    "0": 6,
    valueOf: null,
  }),
  "a shared object": () => {
    const shared = { a: 1 };
    return [shared, shared];
  },
};

/** Values that JSON lacks. Each codec gives each of them back equal or refuses it. */
export const rich: Record<string, () => unknown> = {
  undefined: () => undefined,
  "undefined in an object": () => ({ a: undefined, b: 1 }),
  "undefined in an array": () => [undefined, 1],
  NaN: () => NaN,
  Infinity: () => [Infinity, -Infinity],
  "-0": () => ({ a: [-0, 0], b: -0, c: 1, d: "text" }),
  "small bigints": () => [0n, 1n, -1n, 255n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), -(2n ** 64n) + 1n],
  "large bigints": () => [2n ** 64n, -(2n ** 64n), 2n ** 200n + 12345n, -(2n ** 200n)],
  Date: () => [
    new Date(0),
    new Date(1_763_731_200_123),
    new Date(-1),
    new Date("0001-01-01"),
    new Date(253_402_300_799_999),
  ],
  "a Date that seconds in a float cannot tell": () => new Date(4_401_411_939_056_146),
  "an invalid Date": () => new Date(NaN),
  Map: () =>
    new Map<unknown, unknown>([
      ["a", 1],
      [2, "b"],
      [{ k: 1 }, new Map([["x", { y: 1 }]])],
      [NaN, undefined],
    ]),
  "an empty Map": () => ({ map: new Map(), after: { plain: true } }),
  Set: () => new Set([1, "a", null, new Set([2]), { a: 1 }]),
  RegExp: () => /a\/b[c\]]+/giu,
  Error: () => new Error("message"),
  "an Error with cause": () => new TypeError("outer", { cause: new RangeError("inner", { cause: { code: 7 } }) }),
  ArrayBuffer: () => new Uint8Array([1, 2, 3]).buffer,
  DataView: () => new DataView(new Uint8Array([1, 2, 3, 4]).buffer),
  "a sparse array": () => {
    const array = [1];
    array[3] = 4;
    return array;
  },
  "an array with named properties": () => Object.assign([1, 2], { total: 2 }),
  "a match of a RegExp": () => "abc".match(/(?<middle>b)/),
  "a boxed primitive": () => [Object(1), Object("text"), Object(true), Object(1n)],
  "a lone surrogate": () => ["\ud800", "a\udc00b", "\ud800".repeat(100)],
  "a lone surrogate in a name": () => ({ "\udfff": 1 }),
  "a lone surrogate in a long name": () => ({ ["\udfff".repeat(70)]: 1 }),
  "an own property __proto__": () => JSON.parse('{"__proto__":{"polluted":true},"a":1}'),
  Uint8Array: () => new Uint8Array([0, 1, 255]),
  Uint8ClampedArray: () => new Uint8ClampedArray([0, 1, 255]),
  Int8Array: () => new Int8Array([-128, 127]),
  Uint16Array: () => new Uint16Array([1, 65_535]),
  Int16Array: () => new Int16Array([-32_768, 1]),
  Uint32Array: () => new Uint32Array([1, 4_294_967_295]),
  Int32Array: () => new Int32Array([-2_147_483_648, 1]),
  Float32Array: () => new Float32Array([1.5, -0, NaN]),
  Float64Array: () => new Float64Array([0.1, -0, NaN, Infinity]),
  BigInt64Array: () => new BigInt64Array([-1n, 2n]),
  BigUint64Array: () => new BigUint64Array([1n, 2n ** 64n - 1n]),
  "typed arrays at every alignment": () =>
    Array.from({ length: 9 }, (_, index) => ["x".repeat(index), new Float64Array([index])]),
  "a view of a part of a buffer": () => new Uint16Array(new Uint16Array([1, 2, 3, 4, 5]).buffer, 2, 3),
  "empty views": () => [new Uint8Array(0), new Float64Array(0), new ArrayBuffer(0)],
};

class Point {
  x = 1;
}

/** Values that no codec takes, with the place of the fault. */
export const refused: Record<string, { value: () => unknown; path: string }> = {
  "a function": { value: () => ({ a: [() => 1] }), path: "$.a[0]" },
  "a symbol": { value: () => ({ a: { "b c": Symbol("s") } }), path: '$.a["b c"]' },
  "an instance of a class": { value: () => ({ list: [{ at: new Point() }] }), path: "$.list[0].at" },
  "a promise": { value: () => [1, Promise.resolve(1)], path: "$[1]" },
  "a WeakMap": { value: () => ({ weak: new WeakMap() }), path: "$.weak" },
  "a subclass of a built-in": { value: () => ({ own: new (class Own extends Map {})() }), path: "$.own" },
  "a subclass of Array": { value: () => ({ own: new (class Own extends Array {})() }), path: "$.own" },
  "a subclass of Error": { value: () => ({ own: new (class Own extends Error {})("m") }), path: "$.own" },
  "a subclass of Uint8Array": { value: () => ({ own: new (class Own extends Uint8Array {})(1) }), path: "$.own" },
  "an object that says it is a Date": {
    value: () => ({ d: { __proto__: { [Symbol.toStringTag]: "Date" } } }),
    path: "$.d",
  },
  "an object that says it is a Map": {
    value: () => ({ m: { __proto__: { [Symbol.toStringTag]: "Map" } } }),
    path: "$.m",
  },
  "an object with toJSON": { value: () => ({ a: { toJSON: () => 1 } }), path: "$.a" },
  "deep nesting": {
    value: () => {
      let value: unknown = 1;
      for (let level = 0; level < 1001; level++) value = [value];
      return value;
    },
    path: "more than 1000 levels",
  },
  "endless nesting": {
    value: () => {
      const make = (): object => Object.defineProperty({}, "next", { get: make, enumerable: true });
      return make();
    },
    path: "more than 1000 levels",
  },
};

/** Any value of kinds that `cbor` and `structured` both take. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => {
  const key = fc.string({ unit: "grapheme", maxLength: 12 }).filter((name) => name !== "__proto__");
  const inner = tie("value");
  return {
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        fc.integer(),
        fc.double(),
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc.boolean(),
        fc.constantFrom(null, undefined, -0, NaN, Infinity, ""),
        fc.bigInt(),
        fc.date({ noInvalidDate: false, min: new Date(-(2 ** 51)), max: new Date(2 ** 51) }),
        fc.uint8Array(),
        fc.float64Array({ maxLength: 4 }),
        fc.int16Array({ maxLength: 4 }),
      ),
      fc.array(inner, { maxLength: 5 }),
      fc.dictionary(key, inner, { maxKeys: 5, noNullPrototype: true }),
      fc.array(fc.tuple(inner, inner), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      fc.array(inner, { maxLength: 3 }).map((items) => new Set(items)),
    ),
  };
}).value;

/** Any value that JSON gives back equal. */
export const anyJson: fc.Arbitrary<unknown> = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes("__proto__"))
  .map((value) => JSON.parse(JSON.stringify(value)));
