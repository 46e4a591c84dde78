// Keyv itself over a cache: its namespaces, lists, iterator and events.
import { test } from "node:test";
import Keyv from "keyv";
import { keyvStore } from "../../adapters/bridges.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { fakeClock } from "../contract/mod.ts";

for (const [name, tiers] of [
  ["memory", () => [memory()]],
  ["memory over SQLite", () => [memory(), sqlite(":memory:")]],
] as const) {
  const open = () => {
    const clock = fakeClock();
    const cache = createCache({ name: "app", clock, sweepInterval: 0, tiers: tiers() });
    return { cache, clock, keyv: new Keyv({ store: keyvStore(cache) }) };
  };

  test(`${name}: values come back until their time is over`, async () => {
    const { cache, clock, keyv } = open();
    same(await keyv.set("a", { x: 1 }, 5_000), true);
    equal(await keyv.get("a"), { x: 1 });
    equal((await cache.namespace("keyv").meta("keyv:a"))?.ttl, 5_000);
    same(await keyv.get("missing"), undefined);
    await keyv.set("for good", 0);
    await clock.advance(5_000);
    equal([await keyv.get("a"), await keyv.has("a"), await keyv.get("for good")], [undefined, false, 0]);
    await cache.close();
  });

  test(`${name}: many at a time`, async () => {
    const { cache, keyv } = open();
    const items = [
      { key: "b", value: 1 },
      { key: "c", value: null },
      { key: "d", value: Buffer.from("x") },
    ];
    equal(await keyv.setMany(items), [true, true, true]);
    equal(await keyv.getMany(["b", "c", "d", "none"]), [1, null, Buffer.from("x"), undefined]);
    equal(await keyv.hasMany(["b", "none"]), [true, false]);
    equal([await keyv.delete("b"), await keyv.delete("b"), await keyv.deleteMany(["c", "d"])], [true, false, true]);
    equal(await keyv.getMany(["b", "c", "d"]), [undefined, undefined, undefined]);
    await cache.close();
  });

  test(`${name}: clear and the iterator keep to the namespace, with and without prefixes of keys`, async () => {
    const { cache, keyv } = open();
    const other = new Keyv(keyvStore(cache), { namespace: "other", useKeyPrefix: false });
    await keyv.set("a", 1);
    await other.set("a", 2);
    const listed = async (one: Keyv) => {
      const found: unknown[] = [];
      for await (const item of one.iterator?.(undefined) ?? []) found.push(item);
      return found;
    };
    equal([await listed(keyv), await listed(other)], [[["a", 1]], [["a", 2]]]);
    await keyv.clear();
    equal([await keyv.get("a"), await other.get("a")], [undefined, 2]);
    await cache.close();
  });

  test(`${name}: its disconnect leaves the cache open, and a cache that is closed is an error event`, async () => {
    const { cache, keyv } = open();
    const errors: unknown[] = [];
    keyv.on("error", (error: unknown) => errors.push(error));
    await keyv.disconnect();
    same(cache.closed, false);
    const another = new Keyv({ store: keyvStore(cache) });
    another.on("error", (error: unknown) => errors.push(error));
    await cache.close();
    same(await another.get("a"), undefined);
    same(await another.set("a", 1), false);
    await rejects(another.has("a"), "CLOSED");
    ok(errors.length >= 2 && errors.every((error) => String(error).includes("closed")), String(errors));
  });
}
