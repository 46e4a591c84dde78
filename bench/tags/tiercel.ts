/**
 * Tiercel over SQLite, with memory before it or alone, from this checkout or another one (`--against`).
 */
import { recordOf, TTL } from "../contender.ts";
import { type Adapter, type Core, load } from "../contenders/tiercel.ts";
import { IN_MEMORY, pages, type Session, type Store, TAG } from "./contender.ts";

/** Rows that one step of the sweep removes, which runs every minute. */
const STEP = 1_000;

export function tiercel(checkout?: string): Store {
  const modules = async (): Promise<Core & Adapter> => ({
    ...(await load<Core>("mod.ts", checkout)),
    ...(await load<Adapter>("adapters/sqlite.ts", checkout)),
  });
  return {
    async fill(file, size) {
      const { createCache, sqlite } = await modules();
      const cache = createCache({ tiers: [sqlite(file)], ttl: TTL });
      for (const items of pages(size, recordOf)) await cache.setMany(items, { tags: [TAG] });
      await cache.close();
    },
    async open(file, hasMemory): Promise<Session> {
      const { createCache, memory, sqlite } = await modules();
      const disk = sqlite(file, { name: "disk" });
      const tiers = hasMemory ? [memory({ maxEntries: IN_MEMORY }), disk] : [disk];
      const cache = createCache({ tiers, ttl: TTL });
      return {
        read: (key) => cache.get(key),
        write: (key, value, tag) => cache.set(key, value, { tags: [tag] }),
        invalidate: (tag) => cache.invalidateTags(tag),
        ...(hasMemory ? {} : { clean: async () => (await cache.tier("disk").prune!(STEP, Date.now())).length }),
        close: () => cache.close(),
      };
    },
  };
}
