/**
 * Entries of any version: which one the program reads, the command line does not know.
 *
 * @module
 */
import type { AnyScopes, Cache, CacheEntry, Key } from "../mod.ts";

/** The fresh entry of a key. */
export async function entryOf(cache: Cache<AnyScopes>, key: Key): Promise<CacheEntry | undefined> {
  const hit = await cache.getEntry(key, { promote: false });
  if (hit) return hit;
  const meta = await cache.meta(key);
  return meta?.version === undefined || meta.stale
    ? undefined
    : cache.getEntry(key, { promote: false, version: meta.version });
}

/** The values of the keys that have fresh ones, in the order of the keys. */
export async function valuesOf(cache: Cache<AnyScopes>, keys: readonly Key[]): Promise<Map<Key, unknown>> {
  const hits = await cache.getMany(keys, { promote: false });
  const values = new Map<Key, unknown>();
  for (const key of keys) {
    if (hits.has(key)) values.set(key, hits.get(key));
    else {
      const entry = await entryOf(cache, key);
      if (entry) values.set(key, entry.value);
    }
  }
  return values;
}

/** `cache.touch` of an entry that may have any version; whether it was there. */
export async function touch(
  cache: Cache<AnyScopes>,
  key: Key,
  lifetimes: { ttl: number | string; grace?: number | string },
): Promise<boolean> {
  const meta = await cache.meta(key);
  if (!meta) return false;
  // A touch has no version of its own; `undefined` is that of the cache again.
  cache.configure({ version: meta.version });
  return cache.touch(key, lifetimes);
}
