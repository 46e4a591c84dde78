import { equal, ok, same } from "../../contract/mod.ts";
import { stackSuite } from "../cache/stacks.ts";
import { deferred } from "../cache/tools.ts";

/** `disable` and `enable`. */
export const disabling = stackSuite("disable", {
  "reads are misses, and what is there is still there afterwards": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    const off = cache.disable();
    same(cache.isDisabled, true);
    equal([await cache.get("k"), await cache.getEntry("k"), await cache.has("k")], [undefined, undefined, false]);
    same((await cache.getMany(["k"])).size, 0);
    same(await cache.get("k", { default: 5 }), 5);
    equal(await cache.keys(), ["k"]);
    off.enable();
    equal([cache.isDisabled, await cache.get("k")], [false, 1]);
  },
  "loads run each time and are not stored": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    const off = cache.disable();
    let loads = 0;
    const load = () => ++loads + 10;
    equal([await cache.getOrSet("k", load), await cache.getOrSet("k", load)], [11, 12]);
    equal(
      await cache.getOrSetMany(["k", "other"], (keys) => keys.map(load)),
      new Map([
        ["k", 13],
        ["other", 14],
      ]),
    );
    const read = cache.wrap(async (id: number) => id + loads++, { name: "read" });
    equal([await read(1), await read(1)], [5, 6]);
    await cache.getOrSet("k", () => 1, { ttl: 0 });
    off[Symbol.dispose]();
    equal([await cache.get("k"), await cache.get("other"), await read.has(1)], [1, undefined, false]);
    same(cache.stats().sets, 1);
  },
  "a set deletes what is there, so that nothing old comes back": async (open) => {
    const { cache, bottom } = open();
    await cache.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 1 },
      { key: "c", value: 1 },
    ]);
    cache.disable();
    await cache.set("a", 2);
    await cache.setMany([{ key: "b", value: 2 }]);
    cache.enable();
    equal([await cache.get("a"), await cache.get("b"), await cache.get("c")], [undefined, undefined, 1]);
    equal(await cache.keys({ tier: bottom }), ["c"]);
  },
  "deletions and invalidations work as ever": async (open) => {
    const { cache } = open();
    await cache.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 1, tags: ["t"] },
      { key: "p:c", value: 1 },
      { key: "d", value: 1, tags: ["x", "y"] },
      { key: "e", value: 1 },
    ]);
    cache.disable();
    same(await cache.delete("a"), true);
    await cache.invalidateTags("t");
    await cache.invalidateTags(["x", "y"], { match: "all" });
    same(await cache.invalidatePattern("p:*"), 1);
    cache.enable();
    equal(await cache.keys(), ["e"]);
    cache.disable();
    await cache.clear();
    cache.enable();
    equal(await cache.keys(), []);
  },
  "counts: what was switched off twice is on when it was switched on twice, and a disposable counts once": async (
    open,
  ) => {
    const { cache } = open();
    await cache.set("k", 1);
    const [first, second] = [cache.disable(), cache.disable()];
    first.enable();
    first.enable();
    first[Symbol.dispose]();
    same(cache.isDisabled, true);
    second.enable();
    same(cache.isDisabled, false);
    cache.enable();
    cache.enable();
    cache.disable();
    same(await cache.get("k"), undefined);
    cache.enable();
    same(await cache.get("k"), 1);
  },
  "is of all views of the cache": async (open) => {
    const { cache } = open();
    const inner = cache.namespace("n");
    await cache.set("k", 1);
    await inner.set("k", 1);
    inner.disable();
    equal([cache.isDisabled, inner.isDisabled], [true, true]);
    equal([await cache.get("k"), await inner.get("k")], [undefined, undefined]);
    cache.enable();
    equal([await cache.get("k"), await inner.get("k")], [1, 1]);
  },
  "by tag: entries that have it are misses, and are not stored": async (open) => {
    const { cache } = open();
    await cache.setMany([
      { key: "user", value: 1, tags: ["user"] },
      { key: "users", value: 1, tags: ["users"] },
      { key: "plain", value: 1 },
    ]);
    const off = cache.disable({ tags: "user" });
    same(cache.isDisabled, false);
    equal([await cache.get("user"), await cache.get("users"), await cache.get("plain")], [undefined, 1, 1]);
    same(await cache.getOrSet("user", () => 2, { tags: ["user"] }), 2);
    same(await cache.getOrSet("new", () => 3, { tags: ["user"] }), 3);
    const late = await cache.getOrSet("late", ({ setTags }) => {
      setTags(["user"]);
      return 4;
    });
    same(late, 4);
    same(await cache.getOrSet("other", () => 5, { tags: ["users"] }), 5);
    await cache.set("users", 6, { tags: ["user"] });
    off.enable();
    equal(
      [await cache.get("user"), await cache.get("new"), await cache.get("late"), await cache.get("other")],
      [1, undefined, undefined, 5],
    );
    same(await cache.get("users"), undefined);
  },
  "by tag: it is the tag of the view": async (open) => {
    const { cache } = open();
    const inner = cache.namespace("n");
    await cache.set("k", 1, { tags: ["t"] });
    await inner.set("k", 1, { tags: ["t"] });
    inner.disable({ tags: ["t"] });
    equal([await cache.get("k"), await inner.get("k")], [1, undefined]);
    inner.enable({ tags: ["t"] });
    same(await inner.get("k"), 1);
  },
  "a load that was under way is not stored while it is off, nor one that began then and ends later": async (open) => {
    const { cache, clock } = open();
    const [early, late] = [deferred<number>(), deferred<number>()];
    const first = cache.getOrSet("early", () => early.promise);
    await clock.settle();
    const off = cache.disable();
    const second = cache.getOrSet("late", () => late.promise);
    await clock.settle();
    early.resolve(1);
    same(await first, 1);
    off.enable();
    late.resolve(2);
    same(await second, 2);
    equal([await cache.get("early"), await cache.get("late")], [undefined, undefined]);
    same(await cache.getOrSet("early", () => 3), 3);
    same(await cache.get("early"), 3);
  },
  "a failure that is remembered is not that of a load while it is off": async (open) => {
    const { cache } = open({ negativeTtl: "1m" });
    const failing = () => Promise.reject(new Error("no"));
    await cache.getOrSet("k", failing).catch(() => {});
    cache.disable();
    same(await cache.getOrSet("k", () => 1), 1);
    await cache.getOrSet("k", failing).catch(() => {});
    cache.enable();
    same(await cache.getOrSet("k", () => 2), 2);
  },
  "tiers are not asked while all is off": async (open) => {
    const { cache, lower, clock } = open({ onError: "throw" });
    await cache.set("k", 1);
    lower?.faults.fail({ getMany: "throw" });
    await cache.evict("k");
    cache.disable();
    equal([await cache.get("k"), await cache.getOrSet("k", () => 2)], [undefined, 2]);
    await clock.settle();
    ok(cache.isDisabled);
  },
  "what the synchronous face gives follows": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    cache.disable();
    same(await cache.get("k"), undefined);
    cache.on("hit", () => {})();
    same(await cache.get("k"), undefined);
    cache.enable();
    same(await cache.get("k"), 1);
  },
});
