/**
 * Keys: canonical, injective text for strings and arrays.
 *
 * A string stands for itself, an array is its canonical JSON, and the three first characters that mean something
 * (`@` namespace, `[` array, `\` escape) are escaped by a backslash in strings that begin with them. So what is in a
 * store can be read by a person, and no two keys share an entry.
 *
 * @module
 */
import { invalid, KeyError, mustBe } from "./errors.ts";

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
    if (UNUSABLE.test(key)) throw new KeyError(mustBe("key", "without NUL and lone surrogates", key));
    return isPlain(key) ? key : `\\${key}`;
  }
  if (Array.isArray(key)) return JSON.stringify(toJson(key, ""));
  throw new KeyError(mustBe("key", "a string or an array", key));
}

/** Whether a string is its own text: its first character is none of `@`, `[` and `\`. */
export function isPlain(key: string): boolean {
  const first = key.charCodeAt(0);
  return first !== 64 && first !== 91 && first !== 92;
}

/** The key of a text; a shortened one stays as it is, and so does one that begins with `[` and is of no array. */
export function decodeKey(text: string): Key {
  try {
    if (text.startsWith("[")) return fromJson(JSON.parse(text)) as Key;
  } catch {}
  return decodeString(text);
}

/** The same for a string key; of an array key it is the JSON. */
export function decodeString(text: string): string {
  return text.replace(/^\\(?!#)/, "");
}

/**
 * The beginning of all keys of a namespace. Names are percent-encoded, so none can reach into another.
 *
 * @throws {KeyError} for an empty name
 */
export function namespacePrefix(name: string): string {
  if (typeof name !== "string" || name === "" || UNUSABLE.test(name)) {
    throw new KeyError(mustBe("namespace", "a non-empty string without NUL and lone surrogates", name));
  }
  return `@${encodeURIComponent(name)}:`;
}

/** The beginnings of all namespaces and scopes that a key is in, from the outermost. */
export function spacesOf(text: string): string {
  return text.charCodeAt(0) === 64 ? /^(?:@[^:]*:)*/.exec(text)![0] : "";
}

/** The key that a text stands for, as it was given to a call, in whatever namespace or scope that was. */
export function keyOf(text: string): Key {
  return decodeKey(text.slice(spacesOf(text).length));
}

/** JSON for a part: what JSON cannot say is a string that begins with `$`, and a string that begins with it gets one more. */
function toJson(part: KeyPart, path: string): unknown {
  if (typeof part === "string") return part[0] === "$" ? `$${part}` : part;
  if (typeof part === "bigint") return `$${part}n`;
  if (Object.is(part, -0)) return "$-0";
  if (part === null || typeof part === "boolean" || Number.isFinite(part)) return part;
  if (part === undefined || typeof part === "number") return `$${part}`;
  if (part instanceof Date) return `$@${part.getTime()}`;
  // An array that is part of itself has no end.
  if (path.length > 1_000) throw new KeyError(mustBe("key", "nested less deeply", path));
  // Not map(), which leaves holes out.
  if (Array.isArray(part)) return Array.from(part, (item, index) => toJson(item, `${path}[${index}]`));
  if ([Object.prototype, null].includes(Object.getPrototypeOf(part))) {
    const names = Object.keys(part).sort();
    return Object.fromEntries(
      names.map((name) => [name, toJson((part as Record<string, KeyPart>)[name], `${path}.${name}`)]),
    );
  }
  throw new KeyError(mustBe(`key's part ${path}`, "a primitive, a date, an array or a plain object", part));
}

/** @throws for what `toJson` never makes: several texts would be one key */
function fromJson(json: unknown): KeyPart {
  if (typeof json === "string" && json[0] === "$") {
    const part = special(json.slice(1));
    if (toJson(part, "") !== json) throw json;
    return part;
  }
  if (Array.isArray(json)) return json.map(fromJson);
  return Object(json) === json
    ? Object.fromEntries(Object.entries(json as object).map(([name, value]) => [name, fromJson(value)]))
    : (json as KeyPart);
}

function special(text: string): KeyPart {
  if (text[0] === "$") return text;
  if (text[0] === "@") return new Date(Number(text.slice(1)));
  return text === "undefined" ? undefined : text.endsWith("n") ? BigInt(text.slice(0, -1)) : Number(text);
}

/**
 * One or some: a string is one, and not its characters.
 *
 * @throws {ConfigError} for what is neither
 */
export function listOf<T>(option: string, some: string | Iterable<T>): (T | string)[] {
  if (typeof some === "string") return [some];
  if (typeof some?.[Symbol.iterator] !== "function") throw invalid(option, "an iterable", some);
  return [...some];
}
