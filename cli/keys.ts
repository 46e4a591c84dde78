/**
 * Keys on the command line: text is a string key, a JSON array an array key.
 *
 * @module
 */
import type { Key } from "../mod.ts";
import { decodeKey, encodeKey } from "../src/key.ts";
import { usage } from "./failure.ts";

/**
 * The key of an argument. What begins with `[` is a JSON array, and a string key that begins so, or with backslashes before it, has one more
 * backslash before it.
 *
 * @throws {Failure} for what begins with `[` and is no JSON array, or has a text that begins with `$` and means nothing
 */
export function keyOf(text: string): Key {
  if (/^\\+\[/.test(text)) return text.slice(1);
  if (!text.startsWith("[")) return text;
  const key = decodeKey(text);
  if (typeof key !== "string") return key;
  throw usage(
    "Cannot read key as what begins with [ must be a JSON array, in which a text that begins with $ has one more",
    'as in ["$$text"]; a text has a backslash before it, as in "\\\\[text"',
  );
}

/** A key as it can be given again. */
export function keyText(key: Key): string {
  if (typeof key === "string") return /^\\*\[/.test(key) ? `\\${key}` : key;
  return encodeKey(key);
}

/** A key for JSON: an array as it stands in the store, where what JSON cannot say is a text that begins with `$`. */
export function keyDocument(key: Key): unknown {
  return typeof key === "string" ? key : JSON.parse(encodeKey(key));
}

/** The key of such a document; `undefined` for what is none. */
export function keyOfDocument(document: unknown): Key | undefined {
  if (typeof document === "string") return document;
  const key = Array.isArray(document) ? decodeKey(JSON.stringify(document)) : undefined;
  return typeof key === "string" ? undefined : key;
}
