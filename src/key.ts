/**
 * Keys: canonical, injective text for strings and arrays.
 *
 * A string stands for itself, an array is its canonical JSON, and the three first characters that mean something
 * (`@` namespace, `[` array, `\` escape) are escaped by a backslash in strings that begin with them. So what is in a
 * store can be read by a person, and no two keys share an entry.
 *
 * @module
 */
import { KeyError } from "./errors.ts";

/** A part of an array key. Objects are plain; their property order does not matter. */
export type KeyPart =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | Date
  | readonly KeyPart[]
  | { readonly [name: string]: KeyPart };

/** A key: a string, or an array of primitives, dates, arrays and plain objects such as `["user", 42]`. */
export type Key = string | readonly KeyPart[];

/** What a string must not contain: stores cut or mangle it. */
export const UNUSABLE: RegExp = /[\0\p{Surrogate}]/u;
/**
 * The text of a key in the tiers.
 *
 * @throws {KeyError} for a string with NUL or a lone surrogate (stores cut or mangle them), and for what is no key
 */
export function encodeKey(key: Key): string {
  if (typeof key === "string") {
    if (UNUSABLE.test(key)) throw unusable("NUL and lone surrogates are excluded", JSON.stringify(key.slice(0, 40)));
    return isPlain(key) ? key : `\\${key}`;
  }
  if (Array.isArray(key)) return JSON.stringify(key.map((part, index) => toJson(part, `[${index}]`)));
  throw unusable("it must be a string or an array", key === null ? "null" : typeof key);
}

function unusable(rule: string, received: string): KeyError {
  return new KeyError(`Cannot use key as ${rule}: received ${received}`);
}

/** Whether a string is its own text: its first character is none of `@`, `[` and `\`. */
export function isPlain(key: string): boolean {
  const first = key.charCodeAt(0);
  return first !== 64 && first !== 91 && first !== 92;
}

/** The key of a text; a shortened one stays as it is. */
export function decodeKey(text: string): Key {
  if (isPlain(text) || text.startsWith("\\#")) return text;
  return text.startsWith("\\") ? text.slice(1) : (fromJson(JSON.parse(text)) as Key);
}

/**
 * The beginning of all keys of a namespace. Names are percent-encoded, so none can reach into another.
 *
 * @throws {KeyError} for an empty name
 */
export function namespacePrefix(name: string): string {
  if (typeof name !== "string" || name === "" || UNUSABLE.test(name)) {
    throw new KeyError("Cannot use namespace as it must be a non-empty string without NUL and lone surrogates");
  }
  return `@${encodeURIComponent(name)}:`;
}

/** JSON for a part: what JSON cannot say is a string that begins with `$`, and a string that begins with it gets one more. */
function toJson(part: KeyPart, path: string): unknown {
  switch (typeof part) {
    case "string":
      return part.startsWith("$") ? `$${part}` : part;
    case "number":
      return Object.is(part, -0) ? "$-0" : Number.isFinite(part) ? part : `$${part}`;
    case "bigint":
      return `$${part}n`;
    case "undefined":
      return "$undefined";
    case "boolean":
      return part;
    case "object": {
      if (part === null) return null;
      if (part instanceof Date) return `$@${part.getTime()}`;
      if (Array.isArray(part)) return part.map((item, index) => toJson(item, `${path}[${index}]`));
      const prototype = Object.getPrototypeOf(part);
      if (prototype === Object.prototype || prototype === null) {
        const names = Object.keys(part).sort();
        return Object.fromEntries(names.map((name) => [name, toJson((part as Record<string, KeyPart>)[name], `${path}.${name}`)]));
      }
    }
  }
  throw unusable(`its part ${path} must be a primitive, a date, an array or a plain object`, `a ${typeof part}`);
}

function fromJson(json: unknown): KeyPart {
  if (typeof json === "string" && json.startsWith("$")) {
    const text = json.slice(1);
    if (text.startsWith("$")) return text;
    if (text.startsWith("@")) return new Date(Number(text.slice(1)));
    return text === "undefined" ? undefined : text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
  }
  if (typeof json !== "object" || json === null) return json as KeyPart;
  if (Array.isArray(json)) return json.map(fromJson);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fromJson(value)]));
}
