/**
 * The text of an id in keys.
 *
 * @module
 */
import { KeyError, mustBe } from "../errors.ts";
import { sha256 } from "../sha256.ts";

/** Longest text of an id, so that several levels leave room for a key where a store bounds its length. */
const MAX_LENGTH = 64;

/**
 * The id percent-encoded, or where that is too long `#` and its SHA-256 in base64url. Neither has a character that means something
 * in a prefix (`@`, `=`, `:`), and no percent-encoded text has a `#`, so two ids have the same text only by a collision of SHA-256.
 *
 * @throws {KeyError} naming the parameter, for what is no id
 */
export function encodeId(param: string, id: unknown): string {
  const text = typeof id === "bigint" || isExact(id) ? String(id) : id;
  if (typeof text === "string" && text !== "") {
    try {
      const encoded = encodeURIComponent(text);
      return encoded.length > MAX_LENGTH ? `#${digest(text)}` : encoded;
    } catch {
      // A lone surrogate.
    }
  }
  throw new KeyError(mustBe(`id ${param}`, "a non-empty string without lone surrogates, or an exact number", id));
}

/** Beyond the safe integers several numbers are written as one. */
function isExact(id: unknown): id is number {
  return typeof id === "number" && Math.abs(id) <= Number.MAX_SAFE_INTEGER;
}

function digest(text: string): string {
  const bytes = sha256(new TextEncoder().encode(text)).match(/../g)!;
  const base64 = btoa(String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
