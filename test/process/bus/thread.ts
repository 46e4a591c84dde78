/**
 * A thread with a cache on a bus, which does what it is told. Runs in Node, Bun and Deno.
 */
import { parentPort, workerData } from "node:worker_threads";
import { sqlite } from "../../../adapters/sqlite.ts";
import { broadcastBus, type Cache, createCache, memory } from "../../../mod.ts";

/** What a thread may be told to do; `has` is answered with whether its memory has a fresh `k`. */
export const ORDERS: Record<string, (cache: Cache) => Promise<unknown>> = {
  load: (cache) => cache.getOrSet("k", () => "old", { tags: ["t", "u"] }),
  has: async (cache) => {
    const meta = await cache.meta("k", { tier: "memory" });
    return meta !== undefined && !meta.stale;
  },
  set: (cache) => cache.set("k", "new"),
  delete: (cache) => cache.delete("k"),
  touch: (cache) => cache.touch("k", { ttl: "1h" }),
  clear: (cache) => cache.clear(),
  any: (cache) => cache.invalidateTags("t"),
  all: (cache) => cache.invalidateTags(["t", "u"], { match: "all" }),
  exact: (cache) => cache.invalidateTags(["t", "u"], { match: "exact", mode: "expire" }),
  pattern: (cache) => cache.invalidatePattern("k*"),
  close: (cache) => cache.close(),
};

/** A cache as all threads of a test make it. */
export function openShared(store: string | undefined): Cache {
  const cache = createCache({
    name: "threads",
    bus: broadcastBus(),
    coherence: "forever",
    tiers: store === undefined ? [memory()] : [memory(), sqlite(store)],
  });
  cache.on("error", ({ error }) => {
    throw error;
  });
  return cache;
}

if (parentPort) {
  const port = parentPort;
  const cache = openShared((workerData as { store?: string }).store);
  port.on("message", async (order: string) => {
    port.postMessage((await ORDERS[order]!(cache)) === true);
    if (order === "close") port.close();
  });
}
