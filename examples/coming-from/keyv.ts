// keyv (npm): a key-value store with a ttl over any storage adapter, with namespaces, hooks and serializers.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCache } from "tiercel";
import { sqlite } from "tiercel/sqlite";
import { fakeClock } from "tiercel/testing";

const folder = mkdtempSync(join(tmpdir(), "coming-from-"));
const clock = fakeClock();

// new Keyv({ store: new KeyvSqlite(path), ttl: 5000, namespace: "cache" }), without memory above it.
const store = sqlite(join(folder, "cache.db"));
const keyv = createCache({ name: "cache", tiers: [store], ttl: 5000, clock, onError: "throw" });
keyv.on("error", ({ error }) => console.log("Connection Error", error));

await keyv.set("foo", "expires in 1 second", { ttl: 1000 });
assert.equal(await keyv.get("foo"), "expires in 1 second");
await clock.advance(1001);
assert.equal(await keyv.get("foo"), undefined);
await keyv.set("foo", "never expires", { ttl: "forever" });
assert.equal(await keyv.get("foo"), "never expires");
assert.equal(await keyv.delete("foo"), true);
await keyv.clear();

// Types by call; getRaw tells when it expires.
await keyv.set<number>("key1", 123);
assert.equal(await keyv.get<number>("key1"), 123);
assert.equal((await keyv.getEntry<number>("key1"))?.ttl, 5000);

// Namespaces in one database.
const users = keyv.namespace("users");
const other = keyv.namespace("other");
await users.set("foo", "users");
await other.set("foo", "other");
await users.clear();
assert.equal(await users.get("foo"), undefined);
assert.equal(await other.get("foo"), "other");

// setMany, getMany, deleteMany, has, iterator, stats.
await keyv.setMany([
  { key: "x", value: 1 },
  { key: "y", value: 2, ttl: 1000 },
]);
assert.deepEqual(
  [...(await keyv.getMany(["x", "y", "z"]))],
  [
    ["x", 1],
    ["y", 2],
  ],
);
const all: unknown[] = [];
for await (const { key, value } of keyv.entries()) all.push([key, value]);
assert.deepEqual(all.sort(), [
  ["key1", 123],
  ["x", 1],
  ["y", 2],
]);
assert.equal(await keyv.deleteMany(["x", "y"]), 2);
assert.equal(await keyv.has("x"), false);
assert.equal(keyv.stats().sets > 0, true);
await keyv.close();

rmSync(folder, { recursive: true });
