/**
 * Keys that are longer than a tier can hold.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { KeyError } from "../errors.ts";
import { UNUSABLE } from "../key.ts";
import { sharedPrefix } from "../resolved.ts";
import { sha256 } from "../sha256.ts";
import type { Tier } from "../tier.ts";

const encoder = /* @__PURE__ */ new TextEncoder();

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/**
 * A text of at most `limit` bytes: itself, or `\\#`, the SHA-256 of the whole, and as much of its beginning as fits in
 * 32 characters. No other key's text begins with `\\#`.
 *
 * @throws {KeyError} when `limit` leaves no room for a hash
 */
export function shortenKey(text: string, limit: number): string {
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 <= limit || byteLength(text) <= limit) return text;
  const hashed = `\\#${sha256(encoder.encode(text))}`;
  const room = Math.min(32, Math.floor((limit - hashed.length - 1) / 4));
  if (room < 0)
    throw new KeyError(
      `Cannot shorten key as tiers must hold at least 67 bytes of it: received ${limit} beside its prefix, namespaces and scopes`,
    );
  const beginning = [...text.slice(0, room * 2)].slice(0, room).join("");
  return UNUSABLE.test(beginning) ? hashed : `${hashed}:${beginning}`;
}

/** Whether a key that was shortened to this text might begin so. Any other text does not say: it is the key itself. */
export function mayBegin(text: string, beginning: string): boolean {
  const known = /^\\#[0-9a-f]{64}:?\\?(.*)/s.exec(text)?.[1];
  return known !== undefined && (known.startsWith(beginning) || beginning.startsWith(known));
}

/** Has a cache shorten keys to what all of its tiers can hold. */
export function limitKeys(tiers: readonly Tier[], engine: Engine): void {
  const limit =
    Math.min(...tiers.map(({ capabilities }) => capabilities.maxKeyBytes ?? Infinity)) -
    byteLength(sharedPrefix(engine.options));
  if (limit === Infinity) return;
  engine.mayBegin = mayBegin;
  // A UTF-16 unit takes at most three bytes: most keys need no counting.
  engine.fit = (text, prefix) =>
    (prefix.length + text.length) * 3 <= limit ? text : shortenKey(text, limit - byteLength(prefix));
}
