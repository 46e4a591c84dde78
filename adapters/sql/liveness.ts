/**
 * Which rows count: the conditions on time, tags and the range of keys that all statements share.
 *
 * @module
 */
import { CLOCK_TOLERANCE } from "../../src/entry.ts";
import type { SqlValue } from "./driver.ts";

/**
 * Entry `e` is not over at the time bound to `?`, and none of its tags was invalidated or has lost its record.
 * Untagged entries are done with the first test.
 */
export const LIVE = `(e.stale_until IS NULL OR e.stale_until > ?) AND (e.tagged IS 0 OR NOT EXISTS (
    SELECT 1 FROM entry_tags x LEFT JOIN tags t ON t.id = x.tag
    WHERE x.entry = e.id AND (t.id IS NULL OR t.deleted > e.sequence)
  ))`;

/**
 * Entry `e` is {@linkcode LIVE} and fresh, as `freshness()` says of the entry that is made of it. The time is bound to
 * `?` three times.
 */
export const FRESH: string = `(e.stale_until IS NULL OR e.stale_until > ?)
  AND (e.fresh_until IS NULL OR (e.fresh_until > ? AND e.created_at <= ? + ${CLOCK_TOLERANCE}))
  AND (e.tagged IS 0 OR NOT EXISTS (
    SELECT 1 FROM entry_tags x LEFT JOIN tags t ON t.id = x.tag
    WHERE x.entry = e.id AND (t.id IS NULL OR t.deleted > e.sequence OR t.expired > e.sequence)
  ))`;

/** Keys of `e` within the bounds of {@linkcode range}. Every text is below the empty blob, so that stands for no end. */
export const IN_RANGE = "e.key >= ? AND e.key < coalesce(?, x'')";

/** Bounds of the keys that begin with `prefix`, for {@linkcode IN_RANGE}; `undefined` when no key can. */
export function range(prefix: string): [from: string, to: SqlValue] | undefined {
  return isStorable(prefix) ? [prefix, prefixEnd(prefix)] : undefined;
}

/**
 * Whether SQLite gives a text back as it was. With NUL some drivers cut it off; a lone surrogate comes back as U+FFFD
 * and would meet the key that really has one.
 */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

/**
 * The least text above all that begin with `prefix`, `null` when there is none.
 *
 * SQLite orders text by the bytes of UTF-8, which is the order of code points, where JavaScript orders by UTF-16 units
 * and puts astral characters before U+E000: so the last code point is raised, not the last unit.
 */
export function prefixEnd(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // After U+D7FF come the surrogates, which are no characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
