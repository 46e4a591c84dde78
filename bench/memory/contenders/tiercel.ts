/**
 * Tiercel: its memory tier as the cache uses it, and the cache itself, from this checkout or another one (`--against`).
 */
import type * as clock from "../../../src/clock.ts";
import type { Entry } from "../../../src/entry.ts";
import { type Core, load } from "../../contenders/tiercel.ts";
import { type Contender, type Setting, TTL } from "../contender.ts";

const NO_TAGS: readonly string[] = Object.freeze([]);

/** The tier alone. A write makes an entry and reads the clock, as `cache.set` does. */
export async function tier({ capacity, ttl, against }: Setting): Promise<Contender> {
  const { memory } = await load<Core>("mod.ts", against);
  const { systemClock } = await load<typeof clock>("src/clock.ts", against);
  const store = memory({ maxEntries: capacity });
  store.open?.({ cacheName: "bench", clock: systemClock, random: Math.random, removed() {}, report() {} });
  const { sync } = store;
  const lifetime = ttl ? TTL : Infinity;
  return {
    get: (key) => store.fresh!(key as string, 0),
    set(key, value) {
      const now = systemClock.now();
      const freshUntil = now + lifetime;
      const entry: Entry = {
        value,
        createdAt: now,
        freshUntil,
        staleUntil: freshUntil,
        tags: NO_TAGS,
        sequence: 0,
        version: undefined,
        loadTime: 0,
      };
      sync.setMany([{ key: key as string, entry, codec: undefined, lease: undefined }], now);
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
