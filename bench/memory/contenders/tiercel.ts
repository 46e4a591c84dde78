/**
 * Tiercel: its memory tier as the cache uses it, and the cache itself, from this checkout or another one (`--against`).
 */
import type * as clock from "../../../src/clock.ts";
import type { Entry } from "../../../src/entry.ts";
import { type Core, load } from "../../contenders/tiercel.ts";
import { type Contender, type Setting, TTL } from "../contender.ts";

const NO_TAGS: readonly string[] = Object.freeze([]);

/** The tier alone. A write reads the clock and is kept by the fast path, or as an entry that is made for it, as `cache.set` does. */
export async function tier({ capacity, ttl, against }: Setting): Promise<Contender> {
  const { memory } = await load<Core>("mod.ts", against);
  const { systemClock } = await load<typeof clock>("src/clock.ts", against);
  const store = memory({ maxEntries: capacity });
  store.open?.({ cacheName: "bench", clock: systemClock, random: Math.random, removed() {}, report() {} });
  const get: Contender["get"] = (key) => store.fresh!(key as string, 0);
  const lifetime = ttl ? TTL : Infinity;
  const now = ttl || !store.keep ? systemClock.now : systemClock.coarse!;
  if (store.keep) {
    return {
      get,
      set(key, value) {
        const createdAt = now();
        store.keep!(key as string, value, createdAt, createdAt + lifetime, createdAt + lifetime);
      },
    };
  }
  return {
    get,
    set(key, value) {
      const createdAt = now();
      const freshUntil = createdAt + lifetime;
      const entry: Entry = {
        value,
        createdAt,
        freshUntil,
        staleUntil: freshUntil,
        tags: NO_TAGS,
        sequence: 0,
        version: undefined,
        loadTime: 0,
      };
      store.sync.setMany([{ key: key as string, entry, codec: undefined, lease: undefined }], createdAt);
    },
  };
}

/** The cache with nothing but its bound, and a ttl. */
export async function cache({ capacity, ttl, against }: Setting): Promise<Contender> {
  const { createCache } = await load<Core>("mod.ts", against);
  const whole = createCache(ttl ? { maxEntries: capacity, ttl: TTL } : { maxEntries: capacity });
  return {
    get: (key) => whole.get(key as string),
    set: (key, value) => whole.set(key as string, value),
    getOrSet: (key, make) => whole.getOrSet(key as string, make),
  };
}
