import fc from "fast-check";

/** A description of a value, from which equal values can be made in many ways. */
export type Specimen =
  | { readonly kind: "plain"; readonly of: string | number | bigint | boolean | null | undefined }
  | { readonly kind: "symbol"; readonly of: string }
  | { readonly kind: "array"; readonly of: readonly (Specimen | "hole")[] }
  | { readonly kind: "object"; readonly of: readonly (readonly [name: string, value: Specimen])[] }
  | { readonly kind: "map"; readonly of: readonly (readonly [key: Specimen, value: Specimen])[] }
  | { readonly kind: "set"; readonly of: readonly Specimen[] }
  | { readonly kind: "date"; readonly of: number }
  | { readonly kind: "bytes"; readonly of: readonly number[]; readonly type: string }
  | { readonly kind: "pattern"; readonly of: string; readonly flags: string; readonly at: number }
  | { readonly kind: "url"; readonly of: string }
  | { readonly kind: "boxed"; readonly of: string | number | bigint | boolean }
  /** The object that is so many levels further out, where there is one. */
  | { readonly kind: "ancestor"; readonly of: number };

const TYPES = ["Uint8Array", "Int8Array", "Uint16Array", "Float64Array", "DataView", "ArrayBuffer", "BigInt64Array"];

/** Few enough to meet again, and such as are taken for one another. */
const strings = fc.constantFrom(
  ...'a|b|1|0|-0|1n|null|undefined|NaN|true||(|)|(a|,|:|"|\\|{|}|[|]|^0|$|é|\ud800|\0|a,b|1970|/a/g'.split("|"),
);
const numbers = fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity, 0.1, 1e21, 1e-7, 42, 2 ** 53);
const bigints = fc.constantFrom(0n, 1n, -1n, 42n, 2n ** 64n);
const plain = fc
  .oneof(strings, numbers, bigints, fc.boolean(), fc.constantFrom(null, undefined))
  .map((of): Specimen => ({ kind: "plain", of }));

/** Descriptions of values of every kind that can be part of a key. */
export const specimens: fc.Arbitrary<Specimen> = fc.letrec<{ any: Specimen }>((tie) => {
  const few = { maxLength: 3 };
  const any = tie("any");
  const hole: fc.Arbitrary<"hole"> = fc.constant("hole");
  return {
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: plain, weight: 6 },
      fc.constantFrom("a", "b").map((of): Specimen => ({ kind: "symbol", of })),
      fc.oneof(fc.constantFrom(0, 1, -1, 42), fc.constant(NaN)).map((of): Specimen => ({ kind: "date", of })),
      fc
        .tuple(fc.array(fc.constantFrom(0, 1, 128), { minLength: 8, maxLength: 8 }), fc.constantFrom(...TYPES))
        .map(([of, type]): Specimen => ({ kind: "bytes", of, type })),
      fc
        .tuple(fc.constantFrom("a", "b", "a/b"), fc.constantFrom("", "g", "i", "gi"), fc.constantFrom(0, 0, 1))
        .map(([of, flags, at]): Specimen => ({ kind: "pattern", of, flags, at })),
      fc.constantFrom("https://a.example/", "https://a.example/?b").map((of): Specimen => ({ kind: "url", of })),
      fc.oneof(strings, numbers, bigints, fc.boolean()).map((of): Specimen => ({ kind: "boxed", of })),
      fc.constantFrom(1, 2).map((of): Specimen => ({ kind: "ancestor", of })),
      fc.array(fc.oneof({ arbitrary: any, weight: 5 }, hole), few).map((of): Specimen => ({ kind: "array", of })),
      fc
        .uniqueArray(fc.tuple(strings, any), { ...few, selector: ([name]) => name })
        .map((of): Specimen => ({ kind: "object", of })),
      fc
        .uniqueArray(fc.tuple(any, any), { ...few, selector: ([key]) => inside(key) })
        .map((of): Specimen => ({ kind: "map", of })),
      fc.uniqueArray(any, { ...few, selector: inside }).map((of): Specimen => ({ kind: "set", of })),
    ),
  };
}).any;

/** Text that is the same for equal values only, made from the description and in another way than keys are. */
export function identity(specimen: Specimen | "hole", depth = 0): string {
  if (specimen === "hole") return "hole";
  const { kind, of } = specimen;
  const of1 = (part: Specimen | "hole") => identity(part, depth + 1);
  switch (kind) {
    case "plain":
    case "boxed":
      return JSON.stringify([kind, typeof of, Object.is(of, -0) ? "-0" : String(of)]);
    case "array":
      return JSON.stringify([kind, of.map(of1)]);
    case "object":
      return JSON.stringify([kind, of.map(([name, value]) => [name, of1(value)]).sort(byText)]);
    case "map":
      return JSON.stringify([kind, of.map(([key, value]) => [inside(key, depth + 1), of1(value)]).sort(byText)]);
    case "set":
      return JSON.stringify([kind, of.map((item) => inside(item, depth + 1)).sort()]);
    case "ancestor":
      return depth >= of ? JSON.stringify([kind, of]) : identity({ kind: "plain", of: null });
    case "bytes":
      return JSON.stringify([kind, of, specimen.type]);
    case "pattern":
      return JSON.stringify([kind, of, specimen.flags, specimen.at]);
    default:
      return JSON.stringify([kind, String(of)]);
  }
}

const byText = (a: readonly unknown[], b: readonly unknown[]): number =>
  JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;

/** Of a member of a Set or a key of a Map: these know no -0. */
function inside(specimen: Specimen, depth = 1): string {
  return specimen.kind === "plain" && specimen.of === 0
    ? identity({ kind: "plain", of: 0 })
    : identity(specimen, depth);
}

/** Makes the value; `turned` brings whatever has no order into another one. */
export function build(specimen: Specimen, turned: boolean, ancestors: readonly object[] = []): unknown {
  const order = <T>(items: readonly T[]): readonly T[] => (turned ? [...items].reverse() : items);
  const inner = (object: object) => (part: Specimen) => build(part, turned, [...ancestors, object]);
  switch (specimen.kind) {
    case "plain":
      return specimen.of;
    case "boxed":
      return Object(specimen.of);
    case "symbol":
      return Symbol.for(specimen.of);
    case "date":
      return new Date(specimen.of);
    case "url":
      return new URL(specimen.of);
    case "pattern":
      return Object.assign(new RegExp(specimen.of, specimen.flags), { lastIndex: specimen.at });
    case "bytes":
      return bytes(specimen.of, specimen.type);
    case "ancestor":
      return ancestors.at(-specimen.of) ?? null;
    case "array": {
      const array: unknown[] = new Array(specimen.of.length);
      const part = inner(array);
      specimen.of.forEach((item, i) => {
        if (item !== "hole") array[i] = part(item);
      });
      return array;
    }
    case "object": {
      const object = {};
      const part = inner(object);
      for (const [name, value] of order(specimen.of))
        Object.defineProperty(object, name, { value: part(value), enumerable: true });
      return object;
    }
    case "map": {
      const map = new Map();
      const part = inner(map);
      for (const [key, value] of order(specimen.of)) map.set(part(key), part(value));
      return map;
    }
    case "set": {
      const set = new Set();
      const part = inner(set);
      for (const item of order(specimen.of)) set.add(part(item));
      return set;
    }
  }
}

function bytes(of: readonly number[], type: string): unknown {
  const { buffer } = Uint8Array.from(of);
  const types = globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => object>;
  return type === "ArrayBuffer" ? buffer : new types[type]!(buffer);
}
