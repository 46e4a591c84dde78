// @epic-web/cachified (npm): one function that gives the cached value or a fresh one.
import assert from "node:assert/strict";
import { createCache } from "tiercel";
import { fakeClock } from "tiercel/testing";

const clock = fakeClock();
// configure({ cache, ttl }): defaults are the cache's.
const cache = createCache({ maxEntries: 1000, ttl: 300_000, clock });

// cachified({ key, getFreshValue, ttl }).
let calls = 0;
const load = async (id: number) => ({ id, email: `${id}@example.org`, call: ++calls });
const getUserById = cache.wrap(load, { name: "getUserById", swr: 300_000, grace: "forever" });
assert.equal((await getUserById(1)).call, 1);
await clock.advance("2m");
assert.equal((await getUserById(1)).call, 1);

// staleWhileRevalidate.
await clock.advance("4m");
assert.equal((await getUserById(1)).call, 1);
await clock.settle();
assert.equal((await getUserById(1)).call, 2);

// forceFresh; fallbackToCache is to ask for what is there when it fails.
assert.equal((await getUserById.refresh(1)).call, 3);
const flaky = cache.wrap(async () => (++calls > 4 ? Promise.reject(new Error("down")) : "fine"), { name: "flaky" });
await flaky();
assert.equal(await flaky.refresh().catch(() => flaky.get()), "fine");

// softPurge: stale from now on, and refreshed by the next call.
calls = 3;
await getUserById.expire(1);
assert.equal((await getUserById(1)).call, 3);
await clock.settle();
assert.equal((await getUserById(1)).call, 4);

// createCacheEntry, isExpired, delete: by hand.
await cache.set("user-4", "x", { ttl: 300_000, swr: "forever" });
assert.equal((await cache.meta("user-4"))?.stale, false);
assert.equal(await cache.delete("user-4"), true);

// context.metadata.ttl = -1: setTtl, setTags and skip of the context.
const empty = () =>
  cache.getOrSet("empty", (context) => {
    context.setTtl(-1);
    return null;
  });
assert.equal(await empty(), null);
assert.equal(await cache.has("empty"), false);

// createBatch: one call of the loader for those that are missing.
const asked: unknown[] = [];
const loadMany = (keys: readonly unknown[]) => {
  asked.push(...keys);
  return keys.map((key) => `user ${key}`);
};
await cache.getOrSetMany(["1", "2"], loadMany, { ttl: 60_000 });
const both = await cache.getOrSetMany(["2", "3"], loadMany, { ttl: 60_000 });
assert.deepEqual(
  [[...both.values()], asked],
  [
    ["user 2", "user 3"],
    ["1", "2", "3"],
  ],
);
await cache.close();
