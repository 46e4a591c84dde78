// unstorage itself over a cache: its storages, mounts, prefixes and snapshots, and a tier over a storage over a cache.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createStorage, type Driver, prefixStorage, restoreSnapshot, snapshot, type WatchEvent } from "unstorage";
import { unstorageDriver } from "../../adapters/bridges.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { unstorage } from "../../adapters/unstorage.ts";
import { type CacheOptions, createCache, memory } from "../../mod.ts";
import { equal, rejects, same } from "../contract/assert.ts";
import { fakeClock } from "../contract/mod.ts";

/** A storage over a cache, with memory alone and with a database below. */
function open(options: CacheOptions = {}) {
  const clock = fakeClock();
  const cache = createCache({ name: "app", clock, sweepInterval: 0, ...options });
  // Typed as unstorage has it: what is missing would not compile.
  const driver: Driver = unstorageDriver(cache.namespace("storage"));
  return { cache, clock, storage: createStorage({ driver }) };
}

for (const [name, tiers] of [
  ["memory", () => [memory()]],
  ["SQLite", () => [sqlite(":memory:")]],
  ["memory over SQLite", () => [memory(), sqlite(":memory:")]],
] as const) {
  test(`${name}: values, bytes, many at a time, ttl, meta and keys`, async () => {
    const { cache, clock, storage } = open({ tiers: tiers() });
    const values: Record<string, unknown> = {
      "a:text": "x",
      "a:number": 1,
      "a:null": null,
      "b/list": [1, { c: 2 }],
      "b:no": false,
    };
    for (const [key, value] of Object.entries(values)) await storage.setItem(key, value as string);
    for (const [key, value] of Object.entries(values)) equal(await storage.getItem(key), value);
    equal(
      [await storage.getItem("c"), await storage.hasItem("c"), await storage.hasItem("a:null")],
      [null, false, true],
    );
    equal((await storage.getKeys()).sort(), ["a:null", "a:number", "a:text", "b:list", "b:no"]);
    equal((await storage.getKeys("a")).sort(), ["a:null", "a:number", "a:text"]);
    equal(await storage.getKeys("", { maxDepth: 0 }), []);

    await storage.setItems<object | string>(
      [
        { key: "m:1", value: { n: 1 } },
        { key: "m:2", value: "two", options: { ttl: 5 } },
      ],
      { ttl: 60 },
    );
    equal(await storage.getItems(["m:2", "m:3", { key: "m:1" }]), [
      { key: "m:2", value: "two" },
      { key: "m:3", value: null },
      { key: "m:1", value: { n: 1 } },
    ]);
    await clock.advance(5_000);
    equal([await storage.getItem("m:2"), (await storage.getMeta("m:1")).ttl], [null, 55]);
    await storage.setMeta("m:1", { owner: "Ada" });
    const meta = await storage.getMeta("m:1");
    equal([meta.owner, meta.mtime instanceof Date, (await storage.getKeys("m")).length], ["Ada", true, 1]);
    await storage.removeItem("m:1", { removeMeta: true });
    equal([await storage.getItem("m:1"), (await storage.getMeta("m:1")).owner], [null, undefined]);

    const bytes = Buffer.from([0, 1, 254, 255]);
    await storage.setItemRaw("raw", bytes);
    bytes.fill(9);
    equal(await storage.getItemRaw("raw"), new Uint8Array([0, 1, 254, 255]));
    await storage.setItem("raw", undefined as never);
    same(await storage.getItemRaw("raw"), null);

    await cache.set("a:text", "mine");
    await storage.clear();
    equal([await storage.getKeys(), await cache.get("a:text")], [[], "mine"]);
    await storage.dispose();
    same(cache.closed, false);
    await cache.close();
    await rejects(storage.getItem("a"), "CLOSED");
  });
}

test("a storage with a prefix has keys of its own, and mounts stand beside each other", async () => {
  const { cache, storage } = open();
  const mounted = unstorageDriver(cache.namespace("mounted"));
  storage.mount("mnt", mounted);
  const users = prefixStorage(storage, "users");
  await users.setItem("1", { name: "Ada" }, { ttl: 60 });
  await users.setItems([{ key: "2", value: { name: "Eve" } }]);
  await storage.setItem("mnt:k", 1);
  equal(await users.getItem("1"), { name: "Ada" });
  equal((await users.getKeys()).sort(), ["1", "2"]);
  equal(await users.getItems(["2"]), [{ key: "2", value: { name: "Eve" } }]);
  equal((await storage.getKeys()).sort(), ["mnt:k", "users:1", "users:2"]);
  equal(await mounted.getKeys(), ["k"]);
  await storage.clear("mnt");
  equal((await storage.getKeys()).sort(), ["users:1", "users:2"]);
  await storage.unmount("mnt");
  same(cache.closed, false);
  await cache.close();
});

test("who watches a storage hears of what is set and removed", async () => {
  const { cache, storage } = open();
  const heard: [WatchEvent, string][] = [];
  const stop = await storage.watch((event, key) => heard.push([event, key]));
  await storage.setItem("a", 1);
  await storage.setItemRaw("b", new Uint8Array(1));
  await storage.removeItem("a");
  await stop();
  await storage.removeItem("b");
  equal(heard, [
    ["update", "a"],
    ["update", "b"],
    ["remove", "a"],
  ]);
  await cache.close();
});

test("tags reach the cache, and snapshots hold everything", async () => {
  const { cache, storage } = open();
  await storage.setItem("a", { n: 1 }, { tags: ["users"] });
  await storage.setItem("b", "x");
  const held = await snapshot(storage, "");
  equal(held, { a: { n: 1 }, b: "x" });
  await cache.namespace("storage").invalidateTags("users");
  equal(await storage.getKeys(), ["b"]);
  await storage.clear();
  await restoreSnapshot(storage as never, held);
  equal(await storage.getItem("a"), { n: 1 });
  await cache.close();
});

test("what is in a database is there for the next process, in the same namespace", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-bridges-"));
  try {
    for (const expected of [null, { n: 1 }]) {
      const { cache, storage } = open({ tiers: [memory(), sqlite(join(folder, "cache.db"))] });
      equal(await storage.getItem("k"), expected);
      await storage.setItem("k", { n: 1 });
      await cache.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a tier over a storage over a cache keeps what it is given", async () => {
  for (const raw of [false, true]) {
    const below = open();
    const cache = createCache({ tiers: [unstorage(below.storage, { raw })], sweepInterval: 0, clock: below.clock });
    await cache.set("k", { n: [1n, new Date(0)] }, { ttl: 5_000, tags: ["t"] });
    equal(await cache.get("k"), { n: [1n, new Date(0)] });
    equal(await cache.keys(), ["k"]);
    await cache.invalidateTags("t");
    same(await cache.get("k"), undefined);
    await cache.close();
    await below.cache.close();
  }
});
