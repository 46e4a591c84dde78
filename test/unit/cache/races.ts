import type { Cache } from "../../../mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { type Rig, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred } from "./tools.ts";

/** What makes the old value of `k`, which is tagged `t`, invalid. */
const INVALIDATIONS: Record<string, (cache: Cache) => Promise<unknown>> = {
  delete: (cache) => cache.delete("k"),
  deleteMany: (cache) => cache.deleteMany(["other", "k"]),
  clear: (cache) => cache.clear(),
  "set with a ttl of 0": (cache) => cache.set("k", "void", { ttl: 0 }),
  "touch with a ttl of 0": (cache) => cache.touch("k", { ttl: 0 }),
  invalidatePattern: (cache) => cache.invalidatePattern("k*"),
  "invalidateTags any": (cache) => cache.invalidateTags(["t"]),
  "invalidateTags all": (cache) => cache.invalidateTags(["t", "u"], { match: "all" }),
  "invalidateTags exact": (cache) => cache.invalidateTags(["u", "t"], { match: "exact" }),
  "invalidateTags expire": (cache) => cache.invalidateTags(["t"], { mode: "expire" }),
};

const TAGS = ["t", "u"];

/** Holds for no tier, and neither after the top one has forgotten. */
async function isNowhere({ cache, top, bottom }: Rig, value: unknown, what: string): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const found = await cache.get("k");
    if (found === value) throw new Error(`${what}: the old value is served by get, round ${round}`);
    equal(await cache.has("k"), found !== undefined, what);
    same((await cache.getMany(["k"])).get("k"), found, what);
    if (top === bottom) return;
    await cache.evictAll();
  }
}

function each(run: (open: () => Rig, what: string, invalidate: (cache: Cache) => Promise<unknown>) => Promise<void>) {
  return async (open: () => Rig) => {
    for (const [what, invalidate] of Object.entries(INVALIDATIONS)) await run(open, what, invalidate);
  };
}

export const races: StackSuite = stackSuite("races", {
  "an invalidation that arrives while a load is in flight is not undone by the load": each(
    async (open, what, invalidate) => {
      const rig = open();
      const gate = deferred<string>();
      const call = rig.cache.getOrSet("k", () => gate.promise, { tags: TAGS });
      await rig.clock.settle();
      await invalidate(rig.cache);
      gate.resolve("old");
      same(await call, "old", what);
      await isNowhere(rig, "old", what);
    },
  ),
  "what is read below while an invalidation is on its way there is not in memory after it": each(
    async (open, what, invalidate) => {
      const rig = open();
      const { cache, lower, clock } = rig;
      await cache.set("k", "old", { tags: TAGS });
      const late = { delay: 5 };
      lower?.faults.fail({ deleteMany: late, touchMany: late, clear: late, invalidate: late });
      const invalidated = invalidate(cache);
      const read = cache.get("k");
      await clock.advance(100);
      await Promise.all([invalidated, read]);
      lower?.faults.heal();
      await isNowhere(rig, "old", what);
    },
  ),
  "what is being written when an invalidation comes is invalidated": each(async (open, what, invalidate) => {
    const { cache, lower, clock } = open();
    const late = { delay: 5 };
    lower?.faults.fail({ setMany: late, deleteMany: late, touchMany: late, clear: late, invalidate: late });
    const written = cache.set("k", "old", { tags: TAGS });
    const invalidated = invalidate(cache);
    await clock.advance(100);
    await Promise.all([written, invalidated]);
    if (what.startsWith("set")) return;
    same(await cache.get("k"), undefined, what);
    await clock.advance(100);
    same(await cache.get("k"), undefined, what);
  }),
  "a load that began before the invalidation has no joiners after it": each(async (open, what, invalidate) => {
    const { cache, clock } = open();
    const old = deferred<string>();
    const before = cache.getOrSet("k", () => old.promise, { tags: TAGS });
    await clock.settle();
    await invalidate(cache);
    const after = cache.getOrSet("k", () => "new", { tags: TAGS });
    await clock.settle();
    old.resolve("old");
    same(await before, "old", what);
    same(await after, "new", what);
    same(await cache.get("k"), "new", what);
  }),
  "nor when it stores nothing": each(async (open, what, invalidate) => {
    const { cache, clock } = open();
    const old = deferred<string>();
    const before = cache.getOrSet(
      "k",
      ({ skip }) => {
        skip();
        return old.promise;
      },
      { tags: TAGS },
    );
    await clock.settle();
    await invalidate(cache);
    const after = cache.getOrSet("k", () => "new", { tags: TAGS });
    await clock.settle();
    old.resolve("old");
    same(await before, "old", what);
    same(await after, "new", what);
  }),
  "a refresh in the background is not undone either, and lends its old value to nobody": each(
    async (open, what, invalidate) => {
      const rig = open();
      const { cache, clock } = rig;
      await cache.set("k", "older", { ttl: 1000, swr: "1h", tags: TAGS });
      await clock.advance(1000);
      const gate = deferred<string>();
      same(await cache.getOrSet("k", () => gate.promise, { swr: "1h", tags: TAGS }), "older", what);
      await clock.settle();
      await invalidate(cache);
      const options = what === "invalidateTags expire" ? { tags: TAGS } : { swr: "1h", tags: TAGS };
      const after = cache.getOrSet("k", () => "new", options);
      await clock.settle();
      gate.resolve("old");
      same(await after, "new", what);
      await clock.settle();
      same(await cache.get("k"), "new", what);
      await isNowhere(rig, "old", what);
    },
  ),
  "a refresh ahead of a fresh value lends it to nobody after the invalidation": each(async (open, what, invalidate) => {
    const { cache, clock } = open();
    await cache.set("k", "older", { ttl: 1000, tags: TAGS });
    await clock.advance(900);
    const gate = deferred<string>();
    same(await cache.getOrSet("k", () => gate.promise, { refreshAhead: 0.5, tags: TAGS }), "older", what);
    await clock.settle();
    await invalidate(cache);
    const after = cache.getOrSet("k", () => "new", { refreshAhead: 0.5, tags: TAGS });
    await clock.settle();
    gate.resolve("old");
    same(await after, "new", what);
    same(await cache.get("k"), "new", what);
  }),
  "grace lends nothing that was invalidated while the load failed": each(async (open, what, invalidate) => {
    if (what === "invalidateTags expire") return;
    const { cache, clock } = open();
    const options = { grace: "1h", tags: TAGS };
    await cache.set("k", "older", { ttl: 1000, ...options });
    await clock.advance(1000);
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise, options);
    await clock.settle();
    await invalidate(cache);
    const after = cache.getOrSet("k", () => Promise.reject(new RangeError("after")), options);
    gate.reject(new TypeError("before"));
    await rejects(after, Error);
    // The first call began before: it may have either, but it must end.
    await call.catch(() => {});
  }),
  "a soft time-out lends nothing that was invalidated while the loader was slow": each(
    async (open, what, invalidate) => {
      if (what === "invalidateTags expire") return;
      const { cache, clock } = open();
      const options = { grace: "1h", softTimeout: 100, tags: TAGS };
      await cache.set("k", "older", { ttl: 1000, ...options });
      await clock.advance(1000);
      const gate = deferred<string>();
      const call = cache.getOrSet("k", () => gate.promise, options);
      await clock.settle();
      await invalidate(cache);
      const after = cache.getOrSet("k", () => "new", options);
      await clock.advance(100);
      gate.resolve("old");
      same(await after, "new", what);
      await call;
      same(await cache.get("k"), "new", what);
    },
  ),
  "a set while a load is in flight wins": async (open) => {
    const rig = open();
    const { cache, clock } = rig;
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise, { tags: TAGS });
    await clock.settle();
    await cache.set("k", "set");
    gate.resolve("loaded");
    same(await call, "loaded");
    same(await cache.get("k"), "set");
    await isNowhere(rig, "loaded", "set");
    same(await cache.getOrSet("k", () => "again"), "set");
  },
  "setMany and a set of another version win as well": async (open) => {
    const rig = open();
    const { cache, clock } = rig;
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    await cache.setMany([{ key: "k", value: "set", version: "2" }]);
    gate.resolve("loaded");
    await call;
    same(await cache.get("k", { version: "2" }), "set");
    await isNowhere(rig, "loaded", "set");
  },
  "an invalidation of another key or tag does not cost the load": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise, { tags: TAGS });
    await clock.settle();
    await cache.delete("other");
    await cache.set("another", 1);
    await cache.invalidateTags(["nobody's"]);
    const joined = cache.getOrSet("k", () => "a second load");
    gate.resolve("value");
    same(await call, "value");
    same(await joined, "value");
    same(await cache.get("k"), "value");
  },
  "of two loads the one that began last stays": async (open) => {
    const { cache, clock } = open();
    const slow = deferred<string>();
    const mine = new AbortController();
    const abandoned = cache.getOrSet("k", () => slow.promise, { signal: mine.signal });
    await clock.settle();
    mine.abort(new RangeError());
    await rejects(abandoned, RangeError);
    same(await cache.getOrSet("k", () => "second"), "second");
    slow.resolve("first");
    await clock.settle();
    same(await cache.get("k"), "second");
  },
  "an error from before the invalidation is not remembered after it": each(async (open, what, invalidate) => {
    if (what.startsWith("invalidateTags")) return;
    const { cache, clock } = open();
    const gate = deferred<never>();
    const call = cache.getOrSet("k", () => gate.promise, { negativeTtl: "1h" });
    await clock.settle();
    await invalidate(cache);
    gate.reject(new RangeError("before"));
    await rejects(call, RangeError);
    same(await cache.getOrSet("k", () => "new", { negativeTtl: "1h" }), "new", what);
  }),
  "a joiner who has to load anew counts as one read": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const before = cache.getOrSet("k", () => gate.promise, { tags: TAGS });
    await clock.settle();
    await cache.invalidateTags(["t"]);
    const after = cache.getOrSet("k", () => "new", { tags: TAGS });
    gate.resolve("old");
    await Promise.all([before, after]);
    const { hits, misses, staleHits } = cache.stats();
    same(hits + misses + staleHits, 2);
  },
  "getOrSetMany gives nobody what was invalidated before they came": each(async (open, what, invalidate) => {
    const { cache, clock } = open();
    const gate = deferred<string[]>();
    const before = cache.getOrSetMany(["k", "l"], () => gate.promise, { tags: TAGS });
    await clock.settle();
    await invalidate(cache);
    const after = cache.getOrSetMany(["k"], async (keys) => keys.map((key) => `new ${String(key)}`), { tags: TAGS });
    await clock.settle();
    gate.resolve(["old k", "old l"]);
    equal(
      await before,
      new Map([
        ["k", "old k"],
        ["l", "old l"],
      ]),
      what,
    );
    equal(await after, new Map([["k", "new k"]]), what);
    same(await cache.get("k"), "new k", what);
  }),
  "a clear of one namespace does not cost the loads of another": async (open) => {
    const { cache, clock } = open();
    const [a, b] = [cache.namespace("a"), cache.namespace("b")];
    const gate = deferred<string>();
    const calls = [a, b].map((space) => space.getOrSet("k", () => gate.promise));
    await clock.settle();
    await a.clear();
    const joined = b.getOrSet("k", () => "a second load");
    gate.resolve("value");
    await Promise.all(calls);
    same(await joined, "value");
    same(await a.get("k"), undefined);
  },
});
