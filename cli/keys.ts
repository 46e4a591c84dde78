/**
 * Keys on the command line: text is a string key, a JSON array an array key.
 *
 * @module
 */
import type { Key, KeyPart } from "../mod.ts";
import { usage } from "./failure.ts";

/**
 * The key of an argument. What begins with `[` is a JSON array, and a string key that begins so has a backslash before it.
 *
 * @throws {Failure} for what begins with `[` and is no JSON array
 */
export function keyOf(text: string): Key {
  if (text.startsWith("\\[")) return text.slice(1);
  if (!text.startsWith("[")) return text;
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed)) return parsed as KeyPart[];
  } catch {
    // Told below.
  }
  throw usage(
    "Cannot read key as what begins with [ must be a JSON array",
    'put a backslash before it, as in "\\\\[text"',
  );
}

/** A key as it can be given again. */
export function keyText(key: Key): string {
  if (typeof key === "string") return key.startsWith("[") ? `\\${key}` : key;
  return JSON.stringify(key, (_, part) => (typeof part === "bigint" ? `$${part}n` : part));
}
