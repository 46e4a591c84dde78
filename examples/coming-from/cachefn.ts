// cachefn (Python, with a TypeScript SDK): a cache in memory with tags, events and statistics, and memoized functions.
import assert from "node:assert/strict";
import { createCache, memoize, memoizeSync } from "tiercel";

// cache_fn(name, max_size, default_ttl): times are milliseconds here as there.
const cache = createCache({ name: "my-cache", maxEntries: 1000, ttl: 60_000 });

// cache.on("hit" | "miss" | "set" | "delete" | "eviction" | "invalidate").
const seen: string[] = [];
cache.on("hit", ({ key }) => seen.push(`hit ${key}`));
cache.on("miss", ({ key }) => seen.push(`miss ${key}`));
cache.on("set", ({ key }) => seen.push(`set ${key}`));
cache.on("delete", ({ key }) => seen.push(`delete ${key}`));
cache.on("evict", ({ key, reason }) => seen.push(`evict ${key} by ${reason}`));
cache.on("invalidate", ({ by, what }) => seen.push(`invalidate ${by} ${what}`));

await cache.set("user:123", { name: "Alice", age: 30 });
assert.deepEqual(await cache.get("user:123"), { name: "Alice", age: 30 });
await cache.set("session:abc", { userId: "123", token: "xyz" }, { ttl: 3_600_000, tags: ["sessions", "user:123"] });
await cache.invalidateTags("sessions");
assert.equal(await cache.get("session:abc"), undefined);
await cache.delete("user:123");
assert.deepEqual(seen.slice(0, 3), ["set user:123", "hit user:123", "set session:abc"]);
assert.ok(seen.includes("miss session:abc") && seen.includes("delete user:123"));
assert.ok(seen.some((line) => line.startsWith("invalidate tags")));

// get_stats().
const { hits, misses, hitRate } = cache.stats();
assert.deepEqual([hits, misses, hitRate, await cache.size()], [1, 1, 0.5, 0]);

// @memoize(ttl=60000, max_size=500).
let operations = 0;
const operation = memoize(async (userId: string) => ({ userId, data: `result ${++operations}` }), {
  ttl: 60_000,
  maxEntries: 500,
});
assert.deepEqual(await operation("123"), { userId: "123", data: "result 1" });
assert.deepEqual(await operation("123"), { userId: "123", data: "result 1" });
await operation.clear();
assert.deepEqual(await operation("123"), { userId: "123", data: "result 2" });

// @memoize_sync(max_size=1000).
const fibonacci = memoizeSync((n: number): bigint => (n <= 1 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2)), {
  maxEntries: 1000,
});
assert.equal(fibonacci(100), 354_224_848_179_261_915_075n);

// get_or_fetch(key, fetcher, ttl, tags).
const users = createCache({ name: "users", maxEntries: 100 });
const fetchUser = async (id: string) => ({ id, name: "Alice" });
const user = await users.getOrSet("user:1", () => fetchUser("1"), { ttl: 300_000, tags: ["users"] });
assert.deepEqual(user, { id: "1", name: "Alice" });

// set_many, get_many (a Map of the hits), keys, entries and invalidate_by_pattern, delete_many, clear.
await users.setMany([
  { key: "user:2", value: 2, ttl: 1_000 },
  { key: "order:1", value: 1 },
]);
assert.deepEqual([...(await users.getMany(["user:2", "user:9"]))], [["user:2", 2]]);
assert.deepEqual((await users.keys({ pattern: "user:*" })).sort(), ["user:1", "user:2"]);
for await (const { key, value } of users.entries({ pattern: "order:*", limit: 10 }))
  assert.equal(`${key}=${value}`, "order:1=1");
assert.equal(await users.invalidatePattern("user:*"), 2);
assert.equal(await users.deleteMany(["order:1", "order:2"]), 1);
await users.clear();
assert.equal(await users.size(), 0);
