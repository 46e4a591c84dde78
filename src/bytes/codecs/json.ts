/**
 * The `json` codec: JSON in UTF-8, and nothing that JSON would change.
 *
 * @module
 */
import { CorruptError } from "../../errors.ts";
import type { Codec } from "../../tier.ts";
import { isIrregular, kindOf, MAX_DEPTH } from "./kind.ts";
import { type Acceptance, refusal } from "./refusal.ts";

/**
 * JSON (RFC 8259) in UTF-8, for values that other programs read. Takes strings, finite numbers, booleans, `null`, arrays
 * and plain objects; an object without prototype comes back as a plain one.
 *
 * Refuses with a {@linkcode CodecError} that names the place what JSON would drop or change: `undefined`, `NaN`,
 * `Infinity`, `-0`, bigints, functions, symbols, arrays with holes or named properties, cycles, nesting beyond 1000
 * levels, and every other object, such as `Date`, `Map`, `Error`, typed arrays, instances of classes and objects with
 * `toJSON`. Properties with symbol keys are not part of the value, as with `JSON.stringify`.
 */
export const json: Codec = {
  id: "json",
  encode(value) {
    if (!isJson(value, 0)) throw refusal(ACCEPTANCE, value);
    encoder ??= new TextEncoder();
    return encoder.encode(JSON.stringify(value));
  },
  decode(bytes) {
    decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    try {
      return JSON.parse(decoder.decode(bytes));
    } catch {
      // Without its cause, which quotes the value.
      throw new CorruptError("Cannot decode value as it must be JSON in UTF-8");
    }
  },
};

let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

const { getPrototypeOf, keys } = Object;

function isJson(part: unknown, depth: number): boolean {
  switch (typeof part) {
    case "string":
    case "boolean":
      return true;
    case "number":
      // x - x is 0 for finite numbers only.
      return part - part === 0 && (part !== 0 || 1 / part > 0);
    case "object":
      return part === null || (depth < MAX_DEPTH && isContainer(part, depth + 1));
    default:
      return false;
  }
}

function isContainer(part: object, depth: number): boolean {
  const prototype = getPrototypeOf(part);
  if (prototype !== Object.prototype && prototype !== Array.prototype && !ACCEPTANCE.kinds.includes(kindOf(part))) {
    return false;
  }
  if (hasToJson(part)) return false;
  if (Array.isArray(part)) {
    if (isIrregular(part)) return false;
    for (let index = 0; index < part.length; index++) if (!isJson(part[index], depth)) return false;
    return true;
  }
  for (const key of keys(part)) if (!isJson((part as Record<string, unknown>)[key], depth)) return false;
  return true;
}

function hasToJson(part: object): boolean {
  return typeof (part as { toJSON?: unknown }).toJSON === "function";
}

const ACCEPTANCE: Acceptance = {
  codec: "json",
  cycles: false,
  kinds: ["object", "bare", "array"],
  fault(part, kind) {
    if (part === undefined) return "undefined";
    if (typeof part === "bigint") return "a bigint";
    if (typeof part === "number" && !isJson(part, 0)) return Object.is(part, -0) ? "-0" : String(part);
    if (kind !== undefined && hasToJson(part as object)) return "an object with toJSON";
    return kind === "array" && isIrregular(part as unknown[]) ? "an array with holes or named properties" : undefined;
  },
};
