// cachetronomy (Python): memory over a SQLite file, without and with promises, a decorator, profiles, tags.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache, memory } from "tiercel";
import { profiles } from "tiercel/profiles";
import { sqlite } from "tiercel/sqlite";

const folder = mkdtempSync(join(tmpdir(), "coming-from-"));
const open = () => createCache({ tiers: [memory(), sqlite(join(folder, "cache.db"))] });
let cache = open();

// Basic set and get: `sync` without promises, the cache itself with them.
cache.sync.set("user:1", { name: "Alice" }, { ttl: "300s" });
assert.deepEqual(cache.sync.get("user:1"), { name: "Alice" });
assert.equal(await cache.get("missing"), undefined);

// @cache(time_to_live=900) on a function that answers at once: a call of `sync.getOrSet`, which persists.
let runs = 0;
const sum = (n: number): number => {
  runs++;
  return (n * (n - 1)) / 2;
};
const expensive = (n: number): number => cache.sync.getOrSet(["expensive", n], () => sum(n), { ttl: "900s" });
assert.equal(expensive(1_000_000), 499_999_500_000);
await cache.close();

// Values persist across restarts.
cache = open();
assert.equal(expensive(1_000_000), 499_999_500_000);
assert.equal(runs, 1);
assert.deepEqual(await cache.get("user:1"), { name: "Alice" });

// The decorator on a coroutine.
const fetchUser = cache.wrap(async (id: number) => ({ id, name: "Ash" }), { name: "fetchUser", ttl: "60s" });
await fetchUser(1);
assert.deepEqual(await fetchUser(1), { id: 1, name: "Ash" });
assert.equal((await fetchUser.info()).loads, 1);

// None is `null`, a value; the sentinel is `default`, or `undefined`.
const MISS = Symbol("miss");
await cache.set("maybe", null, { ttl: "60s" });
assert.equal(await cache.get("maybe", { default: MISS }), null);
assert.equal(await cache.get("absent", { default: MISS }), MISS);

// What the CLI shows: set with tags, all-keys, clear-by-tags, clear-expired, delete.
await cache.set("user:2", { name: "Bob" }, { tags: ["users", "api"] });
assert.deepEqual((await cache.meta("user:2"))?.tags, ["api", "users"]);
assert.ok((await cache.keys()).includes("user:2"));
await cache.invalidateTags("api");
assert.equal(await cache.get("user:2"), undefined);
assert.ok((await cache.prune()).includes("user:2"));
assert.equal(await cache.delete("user:1"), true);

// evict leaves the store intact.
await cache.evict("maybe");
assert.equal((await cache.getEntry("maybe"))?.tier, "sqlite");

// list-profiles, set-profile production, get-profile: kept in the same file.
const settings = profiles(cache);
await settings.save({ name: "production", ttl: "1h", tags: ["production"] });
await settings.use("production");
assert.equal(settings.current.name, "production");
assert.equal((await settings.list()).length, 2);
await cache.close();
rmSync(folder, { recursive: true });
