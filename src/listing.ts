/**
 * Listing: keys, entries and sizes of a space, page by page.
 *
 * @module
 */
import type { EntryMeta, ListOptions } from "./api.ts";
import { invalid } from "./errors.ts";
import type { Key } from "./key.ts";
import { compilePattern } from "./pattern.ts";
import type { Space } from "./space.ts";
import type { Found, Store } from "./store.ts";

/** What is known about an entry that was found. */
export function describeEntry(key: Key, { entry, tier, stale }: Found, space: Space, now: number): EntryMeta {
  const { createdAt, freshUntil, tags, version, codec, profile, size } = entry;
  const ttl = stale ? 0 : freshUntil - now;
  return { key, tier, createdAt, ttl, stale, tags: space.decodeTags(tags), version, codec, profile, size };
}

/** Pages of the texts of live keys. */
export async function* listKeys(store: Store, space: Space, options: ListOptions, complete?: boolean): AsyncGenerator<string[]> {
  const { pattern = "*", tier, limit = Infinity, signal } = options;
  const { prefix, matches } = compilePattern(pattern);
  if (typeof limit !== "number" || !(limit >= 0)) throw invalid("limit", "0 or more", limit);
  // An array key begins with [, and some strings with an escape, so their range is not that of the pattern.
  const range = /^[@[\\]/.test(prefix) ? "" : prefix;
  let room = limit;
  for await (const page of store.pages(space.prefix + range, tier, complete)) {
    signal?.throwIfAborted();
    const keys = page.filter((text) => space.owns(text) && matches(space.readable(text))).slice(0, room);
    if (keys.length > 0) yield keys;
    room -= keys.length;
    if (room <= 0) return;
  }
}

/** Number of live entries of a space. */
export async function countKeys(store: Store, space: Space, tier: string | undefined): Promise<number> {
  let count = await store.count?.(space.prefix, tier);
  if (count !== undefined) return count;
  count = 0;
  for await (const page of listKeys(store, space, tier === undefined ? {} : { tier })) count += page.length;
  return count;
}
