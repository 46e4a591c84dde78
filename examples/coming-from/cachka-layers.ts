// cachka (Python): layers of memory, SQLite and Redis behind one registry; what each layer is told, and health.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache, memory } from "tiercel";
import { redis } from "tiercel/redis";
import { registry } from "tiercel/registry";
import { sqlite } from "tiercel/sqlite";

const folder = mkdtempSync(join(tmpdir(), "coming-from-"));
const file = join(folder, "cache.db");

// MemoryCacheConfig(maxsize, ttl), SQLiteCacheConfig(db_path, max_key_length), cleanup_on_start, circuit_breaker_*, vacuum_interval.
const breaker = { failures: 50, window: "60s", cooldown: "60s" };
const layers = [
  memory({ maxEntries: 4096, ttl: "30m" }),
  sqlite(file, { sweepOnStart: true, vacuum: true, maxKeyLength: 512, breaker }),
];
const cache = registry.register(createCache({ name: "layers", tiers: layers, sweepInterval: "1h" }));

// A hit below is promoted into the layers above.
await cache.set("below", 1);
await cache.evict("below");
assert.equal((await cache.getEntry("below"))?.tier, "sqlite");
assert.equal((await cache.getEntry("below"))?.tier, "memory");

// cleanup_expired; health_check and metrics are the numbers of stats().
await cache.prune();
const { hits, tiers } = cache.stats();
assert.ok(hits > 0);
assert.deepEqual(
  tiers.map(({ name, breaker }) => [name, breaker]),
  [
    ["memory", "closed"],
    ["sqlite", "closed"],
  ],
);

// Any order of layers; Redis is connected to by the first call, which is not made here.
const distributed = registry.register(
  createCache({ name: "distributed", prefix: "myapp:", tiers: [memory(), redis("redis://localhost:6379/0")] }),
);
assert.equal(distributed.tier("redis").capabilities.shared, true);
registry.register(createCache({ name: "memory-only", tiers: [memory()] }));
registry.register(createCache({ name: "sqlite-only", tiers: [sqlite(file)] }));

// shutdown.
await registry.closeAll();
assert.equal(cache.closed, true);
assert.deepEqual(registry.names(), []);
rmSync(folder, { recursive: true });
