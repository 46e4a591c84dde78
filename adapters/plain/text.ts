/**
 * Bytes as text, for stores that keep only text: `base64:` and the base64 of them.
 *
 * @module
 */
import { CorruptError } from "../../src/errors.ts";

const PREFIX = "base64:";
/** Code units that go through one call; engines bound the number of arguments. A multiple of 3. */
const CHUNK = 0x6000;

/** The text of bytes. */
export function toText(bytes: Uint8Array): string {
  let text = PREFIX;
  // Base64 takes three bytes at a time, so chunks of whole threes can be put one after the other.
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  }
  return text;
}

/**
 * The bytes of a text of {@linkcode toText}, always a new array.
 *
 * @throws {CorruptError} for any other text
 */
export function fromText(text: string): Uint8Array {
  try {
    if (text.startsWith(PREFIX)) {
      const binary = atob(text.slice(PREFIX.length));
      const bytes = new Uint8Array(binary.length);
      for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
      return bytes;
    }
  } catch {
    // No base64.
  }
  throw new CorruptError(`Cannot read record as it must be text that begins with ${PREFIX}: received another`);
}

/** Characters that {@linkcode toText} makes of so many bytes. */
export function textLength(bytes: number): number {
  return PREFIX.length + 4 * Math.ceil(bytes / 3);
}
