// cache-manager (npm): one interface over several Keyv stores, with wrap(key, fn) and a refresh in the background.
import assert from "node:assert/strict";
import { createCache, lru, memory } from "tiercel";
import { sqlite } from "tiercel/sqlite";
import { fakeClock } from "tiercel/testing";

// createCache({ stores: [CacheableMemory({ ttl, lruSize }), KeyvSqlite], ttl, refreshThreshold }): of 10 s the last 3 s are 0.7 and later.
const clock = fakeClock();
const first = memory({ ttl: 60_000, policy: lru(5000) });
const cache = createCache({ tiers: [first, sqlite(":memory:")], ttl: 10_000, refreshAhead: 0.7, clock });

// set, get, del, wrap. `set` gives nothing back; a miss is undefined.
await cache.set("foo", "bar");
assert.equal(await cache.get("foo"), "bar");
assert.equal(await cache.delete("foo"), true);
assert.equal(await cache.get("foo"), undefined);
assert.equal(await cache.getOrSet("key", () => "value"), "value");

// mset, mget, mdel: a Map of the hits instead of a list with holes.
await cache.setMany([
  { key: "key-1", value: "value 1" },
  { key: "key-2", value: "value 2", ttl: 5000 },
]);
const found = await cache.getMany(["key-1", "key-2", "key-3"]);
assert.deepEqual([...found.values()], ["value 1", "value 2"]);
assert.equal(found.has("key-3"), false);

// ttl(key): what is left, where cache-manager tells the end. Raw values: getEntry.
await clock.advance(1000);
assert.equal((await cache.meta("key-2"))?.ttl, 4000);
assert.equal((await cache.getEntry("key-2"))?.value, "value 2");
assert.equal(await cache.deleteMany(["key-1", "key-2"]), 2);

// wrap(key, fn, 5000, 3000): with less than 3 s left, the old value now, and a new one in the background.
const wrap = (value: number) => cache.getOrSet("wrapped", () => value, { ttl: 5000, refreshAhead: 0.4 });
assert.equal(await wrap(1), 1);
assert.equal(await wrap(2), 1);
await clock.advance(3000);
assert.equal(await wrap(2), 1);
await clock.settle();
assert.equal(await wrap(3), 2);

// An error is the caller's, and is not stored.
const failing = async () => {
  throw new Error("failed");
};
await assert.rejects(cache.getOrSet("error", failing), { message: "failed" });

// Iteration over one store; stores by name; events; clear; disconnect.
const keys: unknown[] = [];
for await (const { key } of cache.entries({ tier: "sqlite" })) keys.push(key);
assert.deepEqual(keys.sort(), ["key", "wrapped"]);
assert.equal(cache.tier("sqlite").name, "sqlite");
const events: string[] = [];
cache.on("set", ({ key }) => events.push(`set ${key}`));
cache.on("delete", ({ key }) => events.push(`del ${key}`));
cache.on("invalidate", ({ by }) => events.push(by));
await cache.set("foo", 1);
await cache.delete("foo");
await cache.clear();
assert.deepEqual(events, ["set foo", "del foo", "clear"]);
assert.equal(await cache.size(), 0);
await cache.close();
