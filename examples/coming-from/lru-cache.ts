// lru-cache (npm): a bounded map in memory that answers at once, with a ttl, sizes, dispose and fetch.
import assert from "node:assert/strict";
import { createCache, lru, memoizeSync, memory } from "tiercel";
import { fakeClock } from "tiercel/testing";

// new LRUCache({ max, maxSize, sizeCalculation, ttl, dispose, onInsert }). Without `policy`, the default keeps what is asked for often.
const clock = fakeClock();
const tier = memory({ maxEntries: 500, maxBytes: 5000, sizeOf: () => 1, policy: lru() });
const cache = createCache({ tiers: [tier], ttl: 1000 * 60 * 5, clock });
const disposed: string[] = [];
const inserted: unknown[] = [];
cache.on("evict", ({ key, reason }) => disposed.push(`${key} by ${reason}`));
cache.on("set", ({ key }) => inserted.push(key));

cache.sync.set("key", "value");
assert.equal(cache.sync.get("key"), "value");
assert.deepEqual(inserted, ["key"]);

// Keys are strings or lists, compared by what they hold: an object is no key, a list of its parts is.
cache.sync.set(["user", 1], "a value");
assert.equal(cache.sync.get(["user", 1]), "a value");
assert.throws(() => cache.sync.get({ a: 1 } as never), { code: "KEY" });

// has, getRemainingTTL and peek leave the order as it is; delete, size, keys, clear.
assert.equal(cache.sync.has("key"), true);
assert.equal(cache.sync.meta("key")?.ttl, 300_000);
assert.equal(cache.sync.delete("key"), true);
assert.equal(cache.sync.size(), 1);
cache.sync.clear();
assert.deepEqual(cache.sync.keys(), []);

// ttl; updateAgeOnGet is a touch.
cache.sync.set("brief", 1, { ttl: 1000 });
cache.sync.set("kept", 1, { ttl: 1000 });
await clock.advance(900);
assert.equal(cache.sync.touch("kept", { ttl: 1000 }), true);
await clock.advance(900);
assert.equal(cache.sync.get("brief"), undefined);
assert.equal(cache.sync.get("kept"), 1);

// What was used longest ago falls out.
disposed.length = 0;
for (let i = 0; i < 501; i++) cache.sync.set(`n${i}`, i);
assert.ok(disposed.includes("kept by capacity") && disposed.includes("n0 by capacity"));
assert.equal(cache.sync.get("n500"), 500);

// fetchMethod with allowStale: swr serves the old value at once, while a new one is loaded; staleValue and signal are there.
let version = 0;
const fetch = (key: string) =>
  cache.getOrSet(key, async ({ stale, signal }) => `${key} v${++version}, was ${stale}, ${signal.aborted}`, {
    ttl: 1000,
    swr: "1h",
  });
assert.equal(await fetch("page"), "page v1, was undefined, false");
await clock.advance(2000);
assert.equal(await fetch("page"), "page v1, was undefined, false");
await clock.settle();
assert.equal(await fetch("page"), "page v2, was page v1, was undefined, false, false");

// memoMethod: a function of its own, or getOrSet.
const square = memoizeSync((n: number) => n * n, { maxEntries: 500 });
assert.equal(square(12), 144);
assert.equal(
  cache.sync.getOrSet("square", () => square(12)),
  144,
);
assert.equal(square.stats().hits, 1);
await cache.close();
