// cacheable (npm): two layers of keyv stores, with tags, wrapped functions and statistics.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache, memory } from "tiercel";
import { sqlite } from "tiercel/sqlite";
import { fakeClock } from "tiercel/testing";

const folder = mkdtempSync(join(tmpdir(), "coming-from-"));
const clock = fakeClock();

// new Cacheable({ secondary, ttl: "4h", maxTtl: "1h", namespace: "shop" }): no entry lives longer than the ttl of its tier.
const tiers = [memory({ ttl: "1h" }), sqlite(join(folder, "cache.db"), { ttl: "1h" })];
const cacheable = createCache({ name: "shop", tiers, ttl: "4h", clock });

await cacheable.set("key", "value", { ttl: 1000 });
assert.equal(await cacheable.get("key"), "value");
await clock.advance(1001);
assert.equal(await cacheable.get("key"), undefined);
await cacheable.set("capped", 1, { ttl: "2h" });
await clock.advance("1h");
assert.equal(await cacheable.get("capped"), undefined);

// getOrSet: one load, whoever asks.
let loads = 0;
const load = async (): Promise<{ id: number }> => ({ id: ++loads });
const users = await Promise.all([1, 2, 3].map(() => cacheable.getOrSet("user:123", load, { ttl: "30m" })));
assert.deepEqual(users, [{ id: 1 }, { id: 1 }, { id: 1 }]);

// Tags are always there, in both layers.
await cacheable.set("page:/products", "list", { ttl: "10m", tags: ["entity:42", "collection:products"] });
await cacheable.set("page:/products/42", "detail", { ttl: "10m", tags: ["entity:42"] });
assert.deepEqual((await cacheable.meta("page:/products"))?.tags, ["collection:products", "entity:42"]);
await cacheable.invalidateTags("entity:42");
assert.equal(await cacheable.has("page:/products"), false);
assert.equal(await cacheable.has("page:/products/42"), false);

// wrap(fn, { ttl, keyPrefix })
const square = cacheable.wrap(async (n: number) => n * n, { name: "square", ttl: "1h" });
assert.equal(await square(4), 16);
assert.equal(await square.get(4), 16);

// take: the value, which is deleted.
await cacheable.set("once", "token");
const token = await cacheable.get<string>("once");
assert.equal(await cacheable.delete("once"), true);
assert.equal(token, "token");

const { hits, misses, sets } = cacheable.stats();
assert.ok(hits > 0 && misses > 0 && sets > 0);
await cacheable.close();
rmSync(folder, { recursive: true });
