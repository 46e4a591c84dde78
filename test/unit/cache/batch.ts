import { ConfigError } from "../../../mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";

export const batch: StackSuite = stackSuite("batches", {
  "getMany gives the hits in the order of the keys": async (open) => {
    const { cache } = open();
    await cache.setMany([
      { key: "a", value: 1 },
      { key: "b", value: null },
      { key: "c", value: 0 },
    ]);
    equal(
      [...(await cache.getMany(["c", "none", "b", "a", "nothing"]))],
      [
        ["c", 0],
        ["b", null],
        ["a", 1],
      ],
    );
    equal(await cache.getMany([]), new Map());
    const { hits, misses } = cache.stats();
    equal([hits, misses], [3, 2]);
  },
  "getMany takes versions and never stale values": async (open) => {
    const { cache, clock } = open({ grace: "1h" });
    await cache.set("a", 1, { version: "2" });
    await cache.set("b", 1);
    await cache.set("c", 1, { ttl: "1s" });
    await clock.advance("1s");
    equal(await cache.getMany(["a", "b", "c"]), new Map([["b", 1]]));
    equal(await cache.getMany(["a", "b", "c"], { version: "2" }), new Map([["a", 1]]));
  },
  "in setMany an item's own options win over the shared ones": async (open) => {
    const { cache } = open({ ttl: "1h" });
    await cache.setMany(
      new Set([
        { key: "own", value: 1, ttl: "2s", tags: ["mine"], version: "1" },
        { key: "shared", value: 2 },
        { key: "dynamic", value: 3, ttl: (value: number) => value * 1000 },
      ]),
      { ttl: "1s", tags: ["ours"] },
    );
    const metas = await Promise.all(["own", "shared", "dynamic"].map((key) => cache.meta(key)));
    equal(
      metas.map((meta) => [meta?.ttl, meta?.tags, meta?.version]),
      [
        [2000, ["mine"], "1"],
        [1000, ["ours"], undefined],
        [3000, ["ours"], undefined],
      ],
    );
  },
  "of a key that comes twice in setMany the last one stays": async (open) => {
    const { cache } = open();
    await cache.setMany([
      { key: "k", value: 1, tags: ["t"] },
      { key: "k", value: 2 },
      { key: "gone", value: 1 },
      { key: "gone", value: 2, ttl: 0 },
      { key: "back", value: 1, ttl: 0 },
      { key: "back", value: 2 },
    ]);
    same(await cache.get("k"), 2);
    await cache.invalidateTags(["t"]);
    same(await cache.get("k"), 2);
    same(await cache.get("gone"), undefined);
    same(await cache.get("back"), 2);
  },
  "setMany with ttls of 0 deletes those and stores the rest": async (open) => {
    const { cache } = open();
    await cache.set("a", "old");
    await cache.setMany([
      { key: "a", value: "new", ttl: 0 },
      { key: "b", value: "new" },
      { key: "c", value: "new", ttl: -1 },
    ]);
    equal(await cache.getMany(["a", "b", "c"]), new Map([["b", "new"]]));
    equal(await cache.keys(), ["b"]);
  },
  "deleteMany takes a string for one key, and not for its characters": async (open) => {
    const { cache } = open();
    await cache.setMany(["a", "b", "ab"].map((key) => ({ key, value: 1 })));
    same(await cache.deleteMany("ab"), 1);
    equal([...(await cache.getMany(["a", "b", "ab"])).keys()], ["a", "b"]);
  },
  "deleteMany counts each key that was there once": async (open) => {
    const { cache, clock } = open();
    await cache.setMany([
      { key: "a", value: 1 },
      { key: "b", value: null },
      { key: "over", value: 1, ttl: "1s" },
    ]);
    await clock.advance("1s");
    same(await cache.deleteMany(["a", "b", "none", "a", "over"]), 2);
    same(await cache.deleteMany(["a", "b"]), 0);
    same(await cache.deleteMany([]), 0);
    same(await cache.size(), 0);
    same(cache.stats().deletes, 2);
  },
  "what an item leaves undefined is that of all items": async (open) => {
    const { cache, clock } = open();
    const items = [{ key: "a", value: 1, ttl: undefined, tags: undefined }];
    await cache.setMany([...items, { key: "b", value: 2, ttl: "1h" }], { ttl: "1m", tags: ["t"] });
    await clock.advance("2m");
    equal([await cache.get("a"), await cache.get("b")], [undefined, 2]);
    await cache.invalidateTags(["t"]);
    same(await cache.size(), 0);
  },
  "clear refuses a condition that there is not, and clears nothing": async (open) => {
    const { cache } = open();
    await cache.set("k", 1, { tags: ["t"] });
    const error = await rejects(cache.clear({ tag: "other" } as object), ConfigError);
    same((error as ConfigError).option, "tag");
    same(await cache.get("k"), 1);
  },
  "batches larger than a page of the store are whole": async (open) => {
    const { cache } = open();
    const keys = Array.from({ length: 1203 }, (_, i) => `k${i}`);
    await cache.setMany(keys.map((key, value) => ({ key, value, tags: ["t"] })));
    const found = await cache.getMany(keys);
    equal(
      [...found],
      keys.map((key, i) => [key, i]),
    );
    same(await cache.size(), keys.length);
    same(new Set(await cache.keys()).size, keys.length);
    equal((await cache.keys({ limit: 501 })).length, 501);
    same(await cache.deleteMany(keys.slice(0, 1100)), 1100);
    same(await cache.size(), 103);
    await cache.invalidateTags(["t"]);
    same(await cache.size(), 0);
  },
});
