// cachu (Python): a decorator with helpers; what decides whether and how long a result is kept.
import assert from "node:assert/strict";
import { createCache, memory, nullTier } from "tiercel";
import { createRegistry } from "tiercel/registry";
import { sqlite } from "tiercel/sqlite";
import { fakeClock } from "tiercel/testing";

const clock = fakeClock();
const caches = createRegistry();
const cache = caches.create({ name: "app", clock });

// A ttl made of the result; cache_if; validate; exclude.
const config = cache.wrap(async (key: string) => ({ key, seconds: 600 }), {
  name: "config",
  ttl: ({ seconds }) => seconds * 1000,
});
await config("a");
await clock.advance("599s");
assert.equal(await config.has("a"), true);
await clock.advance("2s");
assert.equal(await config.has("a"), false);

const find = cache.wrap(async (email: string) => (email === "ada@x.org" ? email : null), {
  name: "find",
  shouldCache: (found) => found !== null,
});
await find("nobody");
assert.equal(await find.has("nobody"), false);

let prices = 0;
const price = cache.wrap(async (_symbol: string) => ++prices, {
  name: "price",
  ttl: "3600s",
  validate: ({ age }) => age < 1_800_000,
});
await price("X");
await clock.advance("31m");
assert.equal(await price("X"), 2);

const process = cache.wrap(async (_log: object, id: number) => id, { name: "process", excludeArgs: [0] });
assert.equal(process.keyFor({ level: 1 }, 123), process.keyFor({ level: 2 }, 123));

// backend='file' for one function: `tiers` names those of the cache that its results are kept in.
const both = createCache({ tiers: [memory(), sqlite(":memory:")] });
const parsed = both.wrap(async (name: string) => ({ name }), { name: "parsed", ttl: "3600s", tiers: ["sqlite"] });
assert.deepEqual(await parsed("app"), { name: "app" });
const kept = both.namespace("fn:parsed");
assert.deepEqual([await kept.size({ tier: "sqlite" }), await kept.size({ tier: "memory" })], [1, 0]);

// backend='null' always runs; cachu.disable() and enable() for tests.
let fetches = 0;
const fresh = createCache({ tiers: [nullTier()] }).wrap(async () => ++fetches, { name: "fresh" });
assert.deepEqual([await fresh(), await fresh()], [1, 2]);
const disabled = caches.disable();
assert.equal(caches.isDisabled && cache.isDisabled, true);
assert.equal(await price("X"), 3);
disabled.enable();

await caches.closeAll();
