/**
 * Listing: keys, entries and sizes of a space, page by page.
 *
 * @module
 */
import type { CacheEntry, EntryMeta, ListOptions } from "./api.ts";
import type { Key } from "./key.ts";
import { compilePattern } from "./pattern.ts";
import type { Space } from "./space.ts";
import type { Found, Store } from "./store.ts";

/** What is known about an entry that was found. */
export function describeEntry(key: Key, { entry, tier, stale }: Found, space: Space, now: number): EntryMeta {
  const { createdAt, freshUntil, tags, version, codec, profile, size } = entry;
  const ttl = Math.max(0, freshUntil - now);
  return { key, tier, createdAt, ttl, stale, tags: space.decodeTags(tags), version, codec, profile, size };
}

/** Pages of the texts of live keys. */
export async function* listKeys(store: Store, space: Space, { pattern, tier, limit = Infinity, signal }: ListOptions): AsyncGenerator<string[]> {
  const { prefix, matches } = pattern === undefined ? { prefix: "", matches: undefined } : compilePattern(pattern);
  // An array key begins with [, and some strings with an escape, so their range is not that of the pattern.
  const range = /^[@[\\]/.test(prefix) ? "" : prefix;
  let room = limit;
  for await (const page of store.pages(space.prefix + range, tier)) {
    signal?.throwIfAborted();
    const keys = page.filter((text) => space.owns(text) && (!matches || matches(space.readable(text)))).slice(0, room);
    if (keys.length > 0) yield keys;
    room -= keys.length;
    if (room <= 0) return;
  }
}

/** Live entries, or what is known about them. */
export async function* listEntries<E extends CacheEntry | EntryMeta>(
  store: Store,
  space: Space,
  options: ListOptions,
  metaOnly: boolean,
  now: () => number,
): AsyncGenerator<E> {
  for await (const page of listKeys(store, space, options)) {
    const { found } = await store.read(page, { peek: true, metaOnly, version: null, tier: options.tier });
    for (let i = 0; i < page.length; i++) {
      const item = found[i];
      if (!item) continue;
      const meta = describeEntry(space.decode(page[i]!), item, space, now());
      yield (metaOnly ? meta : { ...meta, value: item.entry.value }) as E;
    }
  }
}

/** Number of live entries of a space. */
export async function countKeys(store: Store, space: Space, tier: string | undefined): Promise<number> {
  const all = await store.count(space.prefix, tier);
  // What is in namespaces inside begins with the space's prefix and an @.
  if (all !== undefined) return all - ((await store.count(`${space.prefix}@`, tier)) ?? 0);
  let count = 0;
  for await (const page of listKeys(store, space, tier === undefined ? {} : { tier })) count += page.length;
  return count;
}
