// bentocache (npm): memory over a shared store, with tags, namespaces and a bus.
import assert from "node:assert/strict";
import { broadcastBus, createCache, memory } from "tiercel";
import { registry } from "tiercel/registry";
import { sqlite } from "tiercel/sqlite";

// new BentoCache({ default, stores: { cache: bentostore().useL1Layer().useL2Layer().useBus() } }): caches by name in a registry.
const bento = registry.register(
  createCache({
    name: "cache",
    tiers: [memory({ maxEntries: 10_000 }), sqlite(":memory:")],
    bus: broadcastBus(),
    ttl: "10m",
  }),
);
assert.equal(registry.get("cache"), bento);

// getOrSet({ key, factory, ttl, tags }): one factory for all who ask at a time.
let queries = 0;
const fetchUser = async (id: number) => ({ id, query: ++queries });
const get = () => bento.getOrSet("user:1", () => fetchUser(1), { ttl: "10m", grace: "6h", tags: ["tag-1", "tag-2"] });
await Promise.all([get(), get(), get()]);
assert.equal(queries, 1);

// deleteByTag.
await bento.set("foo", 1, { tags: ["tag-1"] });
await bento.invalidateTags(["tag-1"]);
assert.equal(await bento.get("foo"), undefined);

// namespace(), clear().
const users = bento.namespace("users");
await users.set("32", { name: "foo" });
await users.set("33", { name: "bar" });
await bento.set("32", "outside");
await users.clear();
assert.equal(await users.has("32"), false);
assert.equal(await bento.get("32"), "outside");

// set, setForever, missing, pull, deleteMany; bento.on("cache:hit").
const hits: unknown[] = [];
bento.on("hit", ({ key, tier }) => hits.push(`${key} in ${tier}`));
await bento.set("forever", 1, { ttl: "forever" });
assert.equal((await bento.meta("forever"))?.ttl, Infinity);
assert.equal(!(await bento.has("absent")), true);
const pulled = await bento.get("forever");
await bento.delete("forever");
assert.deepEqual([pulled, hits], [1, ["forever in memory"]]);
assert.equal(await bento.deleteMany(["32", "absent"]), 1);
await registry.closeAll();
