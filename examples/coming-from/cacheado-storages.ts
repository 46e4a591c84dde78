// cacheado (Python): a cache with hierarchical scopes for tenants; its storages, eviction rules and statistics.
import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { createCache, defineTier, type Entry, hardLimit, lifetime, lru, memory } from "tiercel";
import { mongodb } from "tiercel/mongodb";
import { redis } from "tiercel/redis";
import { fakeClock } from "tiercel/testing";

// LRUEvict, LifeTimeEvict, MaxItemsEvict, and rules of one's own, together.
const clock = fakeClock();
const least = createCache({ clock, tiers: [memory({ policy: lru(2), rules: [lifetime()] })] });
for (const key of ["a", "b", "a", "c"]) await least.getOrSet(key, () => key, { ttl: "60s" });
assert.deepEqual((await least.keys()).sort(), ["a", "c"]);
await clock.advance("61s");
assert.equal(await least.get("a"), undefined);
const noSecrets = { admit: ({ key }: { key: string }) => !key.includes("secret") };
const strict = createCache({ tiers: [memory({ rules: [noSecrets, hardLimit(1, "throw")] })] });
await strict.set("secret", 1);
await strict.set("first", 1);
await assert.rejects(strict.set("second", 1), { code: "TIER_LIMIT" });
assert.deepEqual(await strict.keys(), ["first"]);

// stats(): hits, misses, evictions, size and the hit rate.
const { hits, misses, evictions, hitRate, size } = least.stats();
assert.deepEqual([hits, misses, evictions.capacity, hitRate, size], [1, 4, 1, 0.2, 0]);

// RedisStorage, MongoDBStorage: nothing is connected to before the first call.
const client = new MongoClient("mongodb://localhost:27017");
const storages = [redis("redis://localhost:6379/0"), mongodb(client.db("cache_db").collection("cache_collection"))];
assert.ok(createCache({ tiers: [memory(), ...storages] }).tier("redis").capabilities.shared);

// A storage provider of one's own, of which there are four operations that must be.
const kept = new Map<string, Entry>();
const own = defineTier({
  name: "own",
  capabilities: {},
  getMany: async (keys) => ({ entries: keys.map((key) => kept.get(key)) }),
  setMany: async (writes) => {
    for (const { key, entry } of writes) kept.set(key, entry);
    return { sequence: 0 };
  },
  deleteMany: async (keys) => keys.map((key) => kept.delete(key)),
  clear: async () => kept.clear(),
});
const custom = createCache({ tiers: [own] });
await custom.set("key1", "value1", { ttl: "300s" });
assert.equal(await custom.get("key1"), "value1");
assert.equal(kept.size, 1);
await custom.clear();
