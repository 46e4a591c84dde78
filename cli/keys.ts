/**
 * Keys on the command line: text is a string key, a JSON array an array key, and what nobody would see stands in a JSON text.
 *
 * @module
 */
import type { Key } from "../mod.ts";
import { decodeKey, encodeKey } from "../src/key.ts";
import { printable } from "../src/observe/printable.ts";
import { usage } from "./failure.ts";
import { lines, open } from "./input.ts";
import { parseJson } from "./values.ts";

/** Most lines that are remembered, so that one that comes again is left out. */
const REMEMBERED = 1_000_000;

/**
 * The key of an argument. What begins with `[` is a JSON array, what begins with `\"` a JSON text behind the backslash. A string key that begins
 * with `[`, or with backslashes before it or before a `"`, has one more backslash before it.
 *
 * @throws {Failure} for what begins so and is no JSON, or has a text in an array that begins with `$` and means nothing
 */
export function keyOf(text: string): Key {
  if (text.startsWith('\\"')) return parseJson(text.slice(1), `key ${text.slice(0, 20)}`) as string;
  if (/^\\+["[]/.test(text)) return text.slice(1);
  if (!text.startsWith("[")) return text;
  const key = decodeKey(text);
  if (typeof key !== "string") return key;
  throw usage(
    "Cannot read key as what begins with [ must be a JSON array, in which a text that begins with $ has one more",
    'as in ["$$text"]; a text has a backslash before it, as in "\\\\[text"',
  );
}

/** A key as it can be given again, without characters that nobody would see. */
export function keyText(key: Key): string {
  // In a text of JSON they are escapes that mean themselves.
  if (typeof key !== "string") return printable(encodeKey(key));
  if (printable(key) !== key) return `\\${printable(JSON.stringify(key))}`;
  return /^(?:\\*\[|\\+")/.test(key) ? `\\${key}` : key;
}

/** Keys of a file or standard input, one a line, as `read` has them. A line that comes again is left out. */
export async function* keysFrom(file: string, read: (text: string, place: string) => Key): AsyncGenerator<Key> {
  const seen = new Set<string>();
  for await (const { text, number } of lines(open(file, "keys"))) {
    if (text === "" || seen.has(text)) continue;
    if (seen.size < REMEMBERED) seen.add(text);
    yield read(text, `key of line ${number}`);
  }
}

/** The key of a line of `tiercel keys --json`. @throws {Failure} for another */
export function keyOfJson(text: string, place: string): Key {
  const key = keyOfDocument(parseJson(text, place));
  if (key === undefined) throw usage(`Cannot read ${place} as it must be a text or an array`);
  return key;
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
