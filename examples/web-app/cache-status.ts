/**
 * The Cache-Status header of RFC 9211: what the cache did for this very request.
 *
 * @module
 */
import type { Cache, EntryMeta, Key, Loader, LoadOptions } from "tiercel";

/** `cache.getOrSet`, which also tells how the value was come by, as the value of a Cache-Status header. */
export async function getWithStatus<V>(
  cache: Cache,
  key: Key,
  loader: Loader<V>,
  options?: LoadOptions<V>,
): Promise<{ value: V; status: string }> {
  // Both are of this call alone, so requests that run side by side cannot take each other's.
  const found = await cache.meta(key);
  let loaded = false;
  const load: Loader<V> = async (context) => {
    const value = await loader(context);
    loaded = true;
    return value;
  };
  const value = await cache.getOrSet(key, load, options);
  return { value, status: `tiercel; ${describe(found, loaded, value !== undefined)}` };
}

function describe(found: EntryMeta | undefined, loaded: boolean, stored: boolean): string {
  const forwarded = `fwd=${found?.stale ? "stale" : "miss"}`;
  if (loaded) return stored ? `${forwarded}; stored` : forwarded;
  // Not found and not loaded by us: another request was loading it already, and we got what it brought.
  if (!found) return `${forwarded}; collapsed`;
  // The load failed, and the old value was served: its grace is not over.
  if (found.stale) return `${forwarded}; detail=grace`;
  return `hit; detail=${found.tier}${found.ttl === Infinity ? "" : `; ttl=${Math.floor(found.ttl / 1000)}`}`;
}
