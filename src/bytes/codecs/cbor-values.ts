/**
 * Which values cbor-x gives back equal: the check before encoding.
 *
 * @module
 */
import { isIrregular, type Kind, kindOf, MAX_DEPTH, typedArrayName } from "./kind.ts";
import type { Acceptance } from "./refusal.ts";

/** What {@linkcode inspect} finds, in the order of precedence. */
export type Finding = 0 | 1 | 2;
/** The library encodes it as it is. */
export const PLAIN = 0;
/** As {@linkcode PLAIN}, but there is a -0 in it. */
export const WITH_NEGATIVE_ZERO = 1;
/** Something in it is refused, or of another realm, so that the library does not know it. */
export const UNFAMILIAR = 2;

const { getPrototypeOf, keys } = Object;

/** The library writes strings from this length on by a method that replaces lone surrogates, shorter ones with them. */
const LONG = 64;

/**
 * Looks through a value before it is encoded. Takes no note of places or reasons, so that the usual value costs little; so it goes
 * around a cycle to the deepest level, and must go no further then: each level may have several ways on.
 */
export function inspect(part: unknown, depth: number): Finding {
  switch (typeof part) {
    case "number":
      return part !== 0 || 1 / part > 0 ? PLAIN : WITH_NEGATIVE_ZERO;
    case "object":
      return part === null ? PLAIN : depth < MAX_DEPTH ? inspectObject(part, depth + 1) : UNFAMILIAR;
    case "string":
      return part.length >= LONG && hasLoneSurrogate(part) ? UNFAMILIAR : PLAIN;
    case "bigint":
      return isVast(part) ? UNFAMILIAR : PLAIN;
    case "function":
    case "symbol":
      return UNFAMILIAR;
    default:
      return PLAIN;
  }
}

function inspectObject(part: object, depth: number): Finding {
  const prototype = getPrototypeOf(part);
  let worst: Finding = PLAIN;
  if (prototype === Object.prototype) {
    // With what it inherits, should anything: for…in is the fastest walk there is, and more looks do no harm.
    for (const key in part) {
      if (key === "__proto__" || (key.length >= LONG && hasLoneSurrogate(key))) return UNFAMILIAR;
      const finding = inspect((part as Record<string, unknown>)[key], depth);
      if (finding === UNFAMILIAR) return UNFAMILIAR;
      if (finding > worst) worst = finding;
    }
    return worst;
  }
  if (prototype === Array.prototype) {
    const array = part as unknown[];
    if (keys(array).length !== array.length) return UNFAMILIAR;
    for (let index = 0; index < array.length; index++) {
      const item = array[index];
      const finding = item === undefined && isIrregular(array) ? UNFAMILIAR : inspect(item, depth);
      if (finding === UNFAMILIAR) return UNFAMILIAR;
      if (finding > worst) worst = finding;
    }
    return worst;
  }
  if (prototype === Date.prototype) return isExactDate(part as Date) ? PLAIN : UNFAMILIAR;
  if (prototype === Map.prototype) {
    for (const [key, value] of part as Map<unknown, unknown>) {
      const ofKey = inspect(key, depth);
      if (ofKey === UNFAMILIAR) return UNFAMILIAR;
      const finding = Math.max(ofKey, inspect(value, depth)) as Finding;
      if (finding === UNFAMILIAR) return UNFAMILIAR;
      if (finding > worst) worst = finding;
    }
    return worst;
  }
  if (prototype === Set.prototype) {
    for (const item of part as Set<unknown>) {
      const finding = inspect(item, depth);
      if (finding === UNFAMILIAR) return UNFAMILIAR;
      if (finding > worst) worst = finding;
    }
    return worst;
  }
  return TYPED_ARRAYS.some((name) => prototype === constructorOf(name)?.prototype) ? PLAIN : UNFAMILIAR;
}

/** What the codec takes, for the walk that finds the place of what it does not. */
export const ACCEPTANCE: Acceptance = {
  codec: "cbor",
  cycles: false,
  kinds: ["object", "bare", "array", "date", "map", "set", "view"],
  fault(part, kind) {
    if (typeof part === "string" && hasLoneSurrogate(part)) return "a string with a lone surrogate";
    if (typeof part === "bigint" && isVast(part))
      return "a bigint that only the codec structured takes, of more than 65536 bits,";
    if (kind === "object" || kind === "bare") return keyFault(keys(part as object));
    if (kind === "array" && isIrregular(part as unknown[])) return "an array with holes or named properties";
    if (kind === "date" && !isExactDate(part as Date)) return "a Date beyond what seconds in a float can tell";
    if (kind === "view") {
      const name = typedArrayName(part as object);
      if (name === undefined || !TYPED_ARRAYS.includes(name)) return `a ${name ?? "DataView"}`;
    }
    return undefined;
  },
};

/** Copies a value into this realm: the library knows `Date`, `Map`, `Set` and typed arrays only by `instanceof`. */
export function localise(part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  const kind: Kind = kindOf(part);
  switch (kind) {
    case "array":
      return Array.from(part as unknown[], localise);
    case "date":
      return new Date(Date.prototype.getTime.call(part));
    case "map":
      return new Map(Array.from(part as Map<unknown, unknown>, ([key, value]) => [localise(key), localise(value)]));
    case "set":
      return new Set(Array.from(part as Set<unknown>, localise));
    case "view": {
      const { buffer, byteOffset, length } = part as Uint8Array;
      return new (constructorOf(typedArrayName(part)!)!)(buffer, byteOffset, length);
    }
    default:
      return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, localise(value)]));
  }
}

/** The typed arrays that CBOR has tags for (RFC 8746) and the library knows. */
const TYPED_ARRAYS: readonly string[] = [
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Uint32Array",
  "BigUint64Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "BigInt64Array",
  "Float32Array",
  "Float64Array",
];

type TypedArrayConstructor = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => ArrayBufferView;

function constructorOf(name: string): TypedArrayConstructor | undefined {
  return (globalThis as Record<string, unknown>)[name] as TypedArrayConstructor | undefined;
}

/** The library takes time for a bigint that grows with the square of its bits: from here on, more than 20 ms. */
function isVast(part: bigint): boolean {
  // Whatever lies between these is told without making another bigint.
  if (part < 0x1_0000_0000n && part > -0x1_0000_0000n) return false;
  vast ??= 1n << 65_536n;
  return part >= vast || (part < 0n && -part >= vast);
}

let vast: bigint | undefined;

/** The library keeps seconds as a float, which tells all milliseconds apart up to the year 73,000. */
function isExactDate(date: Date): boolean {
  const time = date.getTime();
  return Number.isNaN(time) || Math.round((time / 1000) * 1000) === time;
}

function keyFault(names: readonly string[]): string | undefined {
  if (names.includes("__proto__")) return "an own property __proto__";
  return names.some(hasLoneSurrogate) ? "a property name with a lone surrogate" : undefined;
}

/** `isWellFormed` is newer than the oldest browsers. */
function hasLoneSurrogate(text: string): boolean {
  const { isWellFormed } = text as { isWellFormed?: () => boolean };
  return isWellFormed === undefined ? /\p{Surrogate}/u.test(text) : !isWellFormed.call(text);
}
