// cachka (Python): layers of memory, SQLite and Redis behind one registry, with a decorator and a circuit breaker.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache, memory } from "tiercel";
import { registry } from "tiercel/registry";
import { sqlite } from "tiercel/sqlite";

const folder = mkdtempSync(join(tmpdir(), "coming-from-"));
const file = join(folder, "cache.db");

// cache_registry.initialize(CacheConfig(cache_layers=[...])): a registered cache. `get` finds it again in another module.
const cache = registry.register(createCache({ name: "default_cache", tiers: [memory(), sqlite(file)] }));
assert.equal(registry.get("default_cache"), cache);

// @cached(ttl=300) on an async function.
let fetches = 0;
async function fetchUserData(id: number): Promise<{ id: number; name: string }> {
  fetches++;
  return { id, name: `User ${id}` };
}
const cachedUserData = cache.wrap(fetchUserData, { name: "fetchUserData", ttl: "300s" });
assert.deepEqual(await cachedUserData(1), { id: 1, name: "User 1" });
assert.deepEqual(await cachedUserData(1), { id: 1, name: "User 1" });
assert.equal(fetches, 1);

// @cached(ttl=60) on a function that answers at once, and calls itself.
let steps = 0;
const fibonacci = (n: number): number =>
  cache.sync.getOrSet(
    ["fibonacci", n],
    () => {
      steps++;
      return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    },
    { ttl: "60s" },
  );
assert.equal(fibonacci(30), 832_040);
assert.equal(fibonacci(30), 832_040);
assert.equal(steps, 31);

// Direct access: set, get, delete, and the same with _sync.
await cache.set("key", "value", { ttl: "60s" });
assert.equal(await cache.get("key"), "value");
assert.equal(await cache.delete("key"), true);
cache.sync.set("key", "value", { ttl: "60s" });
assert.equal(cache.sync.get("key"), "value");
assert.equal(cache.sync.delete("key"), true);

// shutdown.
await registry.closeAll();
assert.equal(cache.closed, true);
assert.deepEqual(registry.names(), []);
rmSync(folder, { recursive: true });
