/**
 * Names of records in stores whose own keys are narrow: file systems that fold letter case and end at 255 bytes,
 * memcached with its 250 and no blanks, unstorage, to which some characters mean something.
 *
 * @module
 */
import { sha256 } from "../../src/sha256.ts";

const encoder = /* @__PURE__ */ new TextEncoder();
// A byte order mark is a character of a key like any other.
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** First letter of a name that begins with the name of every beginning of its key. */
export const WHOLE = "k";
/** First letter of a name that is made of the key's hash: only the record itself has its key. */
export const HASHED = "h";

/**
 * The name of a key: `k` and the key escaped, or where that is longer than `limit`, `h` and its SHA-256. Only `a-z`,
 * `0-9`, `-` and `_` occur, no name is another's in other letter case, and no two keys share one.
 *
 * @param limit at least 65
 */
export function nameOf(key: string, limit: number): string {
  // An escape is never shorter than what it stands for.
  const name = key.length < limit ? WHOLE + escaped(key) : "";
  return name !== "" && name.length <= limit ? name : HASHED + sha256(encoder.encode(key));
}

/**
 * A text in `a-z`, `0-9`, `-` and `_`: `:` becomes `__`, any other character `_` and two hexadecimal digits for each byte of its
 * UTF-8. No code is the beginning of another, so a text begins with another if and only if this holds escaped.
 */
export function escaped(text: string): string {
  return text.replace(/[^a-z0-9-]/gu, (character) => (character === ":" ? "__" : hex(character)));
}

/** The key of a name that is not made of its hash; `undefined` for any other text. */
export function keyOf(name: string): string | undefined {
  if (!name.startsWith(WHOLE)) return undefined;
  const bytes: number[] = [];
  for (const [code, , digits] of name.slice(1).matchAll(/_(_|([0-9a-f]{2}))|[\s\S]/g)) {
    bytes.push(digits === undefined ? (code === "__" ? 58 : code.charCodeAt(0)) : Number.parseInt(digits, 16));
  }
  const key = decoder.decode(Uint8Array.from(bytes));
  return WHOLE + escaped(key) === name ? key : undefined;
}

/** Whether a key with this name begins with the prefix; `undefined` where the name does not tell. */
export function nameBegins(name: string, prefix: string): boolean | undefined {
  return name.startsWith(HASHED) ? undefined : name.startsWith(WHOLE + escaped(prefix));
}

function hex(character: string): string {
  let text = "";
  for (const byte of encoder.encode(character)) text += `_${byte.toString(16).padStart(2, "0")}`;
  return text;
}
