import { equal, ok, same } from "../../contract/mod.ts";
import { BUDGET, faulty } from "./budget.ts";
import { type Open, type StackSuite, stackSuite } from "./stacks.ts";
import { stateOf } from "./tools.ts";

/** A full disk: what is there can be read. */
const WRITES_FAIL = {
  setMany: "reject",
  deleteMany: "reject",
  touchMany: "reject",
  clear: "reject",
  prune: "reject",
  invalidate: "reject",
} as const;

export const recovery: StackSuite = stackSuite(
  "recovery",
  {
    "what a tier missed while it failed is replayed before it serves again": faulty(async (open) => {
      const misses = {
        delete: (cache) => cache.delete("k"),
        deleteMany: (cache) => cache.deleteMany(["k", "x"]),
        clear: (cache) => cache.clear(),
        "set anew": (cache) => cache.set("k", "new"),
        "set with a ttl of 0": (cache) => cache.set("k", "void", { ttl: 0 }),
        "touch with a ttl of 0": (cache) => cache.touch("k", { ttl: 0 }),
        "tags any": (cache) => cache.invalidateTags(["t"]),
        "tags all": (cache) => cache.invalidateTags(["t", "u"], { match: "all" }),
        "tags exact": (cache) => cache.invalidateTags(["u", "t"], { match: "exact" }),
        "tags expire": (cache) => cache.invalidateTags(["t"], { mode: "expire" }),
        "tags all, expire": (cache) => cache.invalidateTags(["t", "u"], { match: "all", mode: "expire" }),
        pattern: (cache) => cache.invalidatePattern("k*"),
        "clear of a namespace": (cache) => cache.namespace("n").clear(),
        "a namespace's pattern": (cache) => cache.namespace("n").invalidatePattern("*"),
      } satisfies Record<string, (cache: ReturnType<Open>["cache"]) => Promise<unknown>>;
      for (const [what, miss] of Object.entries(misses)) {
        for (const inMemory of [true, false]) {
          for (const fault of ["reject", "hang", "writes"] as const) {
            const { cache, clock, faults, peer } = open();
            const view = what.includes("namespace") ? cache.namespace("n") : cache;
            await view.set("k", "old", { tags: ["t", "u"] });
            if (!inMemory) await cache.evictAll();
            faults.fail(fault === "writes" ? WRITES_FAIL : fault);
            const call = miss(cache);
            await clock.advance(3 * BUDGET);
            await call;
            const label = `${what}, ${inMemory ? "in memory" : "only below"}, ${fault}`;
            const read = view.get("k");
            await clock.advance(3 * BUDGET);
            ok((await read) !== "old", `${label}: while it fails`);
            faults.heal();
            // Past the breaker's cooldown.
            await clock.advance("1m");
            await cache.evictAll();
            ok((await view.get("k")) !== "old", `${label}: after it healed`);
            ok((await view.getMany(["k"])).get("k") !== "old", `${label}: after it healed, again`);
            const other = what.includes("namespace") ? peer!().namespace("n") : peer!();
            if (!what.includes("expire")) ok((await other.get("k")) !== "old", `${label}: for another process`);
          }
        }
      }
    }),
    "a replay that fails is tried again, and until then the tier does not serve what it missed": faulty(
      async (open) => {
        const { cache, clock, faults, peer } = open({ lower: { breaker: false } });
        await cache.set("k", "old");
        await cache.set("untouched", 1);
        faults.fail("reject");
        await cache.delete("k");
        faults.fail({ deleteMany: "reject" });
        await cache.evictAll();
        same(await cache.get("k"), undefined);
        // A full disk can still be read.
        same(await cache.get("untouched"), 1);
        await clock.advance("10s");
        faults.fail({ deleteMany: "hang" });
        const call = cache.get("k");
        await clock.advance(BUDGET);
        same(await call, undefined);
        faults.heal();
        await clock.advance("10s");
        same(await cache.get("k"), undefined);
        await cache.evictAll();
        same(await cache.get("untouched"), 1);
        same(await peer!().get("k"), undefined);
      },
    ),
    "a slow tier that missed more than it can be told in its time budget is told all the same": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: false }, coherence: "forever" });
      await cache.set("k", "v");
      await cache.evict("k");
      faults.fail("reject");
      for (let i = 0; i < 5; i++) await cache.invalidateTags([`t${i}`, "u"], { match: "all" });
      const slow = { delay: 0.6 * BUDGET };
      faults.fail({ invalidate: slow, deleteMany: slow, clear: slow });
      await clock.advance("1m");
      const call = cache.get("k");
      await clock.advance(BUDGET);
      same(await call, undefined, "nobody waits for longer than the budget");
      await clock.advance(3 * BUDGET);
      faults.heal();
      const { calls } = faults;
      const told = [calls.invalidate, calls.deleteMany, calls.clear];
      await cache.get("k");
      equal([calls.invalidate, calls.deleteMany, calls.clear], told, "it was told all of it");
      await cache.set("n", "w");
      await cache.evict("n");
      same(await cache.get("n"), "w");
    }),
    "while a slow tier is being told what it missed, it serves nothing of that, and nobody waits for long": faulty(
      async (open) => {
        const { cache, clock, faults } = open({ lower: { breaker: false }, coherence: "forever" });
        const keys = Array.from({ length: 350 }, (_, i) => `k${i}`);
        await cache.setMany(keys.map((key) => ({ key, value: "old" })));
        faults.fail("reject");
        await cache.deleteMany(keys);
        // A hundred keys at a time.
        faults.fail({ deleteMany: { delay: 0.6 * BUDGET } });
        await clock.advance("1m");
        for (let round = 0; round < 2; round++) {
          const calls = ["k0", "k349"].map((key) => cache.get(key));
          await clock.advance(BUDGET);
          for (const call of calls) same(await stateOf(call, () => clock.settle()), "resolved");
          equal(await Promise.all(calls), [undefined, undefined]);
        }
        await clock.advance(3 * BUDGET);
        equal(await cache.getMany(keys), new Map());
      },
    ),
    "a read waits until a tier has been told what it missed, and not for what it misses meanwhile": faulty(
      async (open) => {
        const { cache, clock, faults } = open({ lower: { breaker: false }, coherence: "forever" });
        for (const key of ["k", "late", "gone"]) await cache.set(key, "old");
        await cache.evictAll();
        faults.fail({ setMany: "hang", deleteMany: "reject" });
        const lost = cache.set("late", "new");
        await clock.advance(0.5 * BUDGET);
        await cache.delete("gone");
        faults.fail({ setMany: "hang", deleteMany: { delay: 0.6 * BUDGET } });
        await cache.evictAll();
        const calls = ["k", "late", "gone"].map((key) => cache.get(key));
        await clock.advance(0.7 * BUDGET);
        for (const call of calls) same(await stateOf(call, () => clock.settle()), "resolved");
        const [k, late, gone] = await Promise.all(calls);
        equal([k, gone], ["old", undefined]);
        ok(late !== "old", "an older value must not be served");
        await lost;
      },
    ),
    "of a tier that missed more than is remembered all is forgotten": faulty(async (open) => {
      const { cache, faults, clock } = open({ lower: { breaker: false }, coherence: "forever" });
      const keys = Array.from({ length: 10_001 }, (_, i) => `k${i}`);
      await cache.setMany([...keys, "other"].map((key) => ({ key, value: "old" })));
      faults.fail("reject");
      await cache.deleteMany(keys.slice(1));
      await cache.deleteMany(keys.slice(0, 1));
      faults.heal();
      faults.resetCalls();
      await clock.advance("1m");
      await cache.evictAll();
      equal(await cache.getMany([...keys, "other"]), new Map());
      equal([faults.calls.clear, faults.calls.deleteMany], [1, 0]);
    }),
    "what a tier cannot be told to forget is loaded at once, without waiting for a lease": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: false } });
      await cache.set("k", "old");
      faults.fail(WRITES_FAIL);
      await cache.delete("k");
      let value: unknown;
      const call = cache
        .getOrSet("k", () => "new")
        .then((found) => {
          value = found;
        });
      await clock.advance(BUDGET);
      same(value, "new");
      await call;
    }),
    "a set that the tier missed half of leaves no half and no older value": faulty(async (open) => {
      const { cache, faults } = open();
      const keys = ["a", "b", "c", "d"];
      await cache.setMany(keys.map((key) => ({ key, value: "old" })));
      faults.fail({ setMany: "half" }, 1);
      await cache.setMany(keys.map((key) => ({ key, value: "new" })));
      equal(new Set((await cache.getMany(keys)).values()), new Set(["new"]));
      await cache.evictAll();
      ok(![...(await cache.getMany(keys)).values()].includes("old"));
    }),
    "a batch of deletions that the tier did half of is done": faulty(async (open) => {
      const { cache, faults } = open();
      const keys = ["a", "b", "c", "d"];
      await cache.setMany(keys.map((key) => ({ key, value: "old" })));
      faults.fail({ deleteMany: "half" }, 1);
      await cache.deleteMany(keys);
      equal(await cache.getMany(keys), new Map());
      await cache.evictAll();
      equal(await cache.getMany(keys), new Map());
    }),
    "a touch that the tier missed does not let the value outlive it": faulty(async (open) => {
      const { cache, clock, faults } = open();
      await cache.set("k", "v", { ttl: "1h" });
      faults.fail("reject", 1);
      same(await cache.touch("k", { ttl: 1000 }), true);
      await clock.advance(1000);
      same(await cache.get("k"), undefined);
    }),
    "a write that arrives after its time-out is not served": faulty(async (open) => {
      const { cache, clock, faults } = open();
      faults.fail({ setMany: "hang" }, 1);
      const lost = cache.set("k", "first");
      await clock.advance(BUDGET);
      await lost;
      await cache.set("k", "second");
      faults.release();
      await clock.settle();
      await cache.evictAll();
      ok((await cache.get("k")) !== "first", "an older value must not be served");
    }),
    "a load that arrives after its time-out and a deletion is not served": faulty(async (open) => {
      const { cache, clock, faults } = open();
      faults.fail({ setMany: "hang" }, 1);
      const lost = cache.getOrSet("k", () => "old");
      await clock.advance(BUDGET);
      same(await lost, "old");
      await cache.delete("k");
      same(await cache.get("k"), undefined);
      faults.release();
      await clock.settle();
      await cache.evictAll();
      same(await cache.get("k"), undefined);
    }),
    "a deletion that arrives after its time-out does not take what was set since for long": faulty(async (open) => {
      const { cache, clock, faults } = open();
      await cache.set("k", "old");
      faults.fail({ deleteMany: "hang" }, 1);
      const lost = cache.delete("k");
      await clock.advance(BUDGET);
      await lost;
      await cache.set("k", "new");
      faults.release();
      await clock.settle();
      same(await cache.get("k"), "new");
    }),
    "the breaker opens after five failures, and the tier is left alone": faulty(async (open) => {
      const { cache, clock, faults, bottom } = open();
      const log: unknown[] = [];
      cache.on("breaker", ({ tier, state }) => log.push([tier, state]));
      const state = () => cache.stats().tiers[1]!.breaker;
      await cache.set("k", "v");
      await cache.evict("k");
      faults.fail({ getMany: "reject" });
      for (let i = 0; i < 4; i++) await cache.get("k");
      same(state(), "closed");
      await cache.get("k");
      same(state(), "open");
      equal(log.splice(0), [[bottom, "open"]]);
      const asked = faults.calls.getMany;
      await cache.get("k");
      same(
        await cache.getOrSet("x", ({ skip }) => {
          skip();
          return 1;
        }),
        1,
      );
      same(faults.calls.getMany, asked);
      // One probe after the cooldown; its failure opens the breaker again.
      await clock.advance(4999);
      await cache.get("k");
      same(faults.calls.getMany, asked);
      await clock.advance(1);
      await cache.get("k");
      same(state(), "open");
      equal(log.splice(0), [
        [bottom, "half-open"],
        [bottom, "open"],
      ]);
      faults.heal();
      await clock.advance(5000);
      same(await cache.get("k"), "v");
      same(state(), "closed");
      equal(log.splice(0), [
        [bottom, "half-open"],
        [bottom, "closed"],
      ]);
    }),
    "while the breaker is half-open one probe alone goes through": faulty(async (open) => {
      const { cache, clock, faults } = open({
        coherence: "forever",
        lower: { breaker: { failures: 1, cooldown: 1000, window: "1m" } },
      });
      faults.fail({ getMany: "reject" });
      await cache.get("k");
      same(cache.stats().tiers[1]!.breaker, "open");
      await clock.advance(1000);
      faults.fail({ getMany: "hang" });
      faults.resetCalls();
      const calls = Array.from({ length: 10 }, (_, i) => cache.get(`k${i}`));
      await clock.settle();
      same(faults.calls.getMany, 1);
      same(cache.stats().tiers[1]!.breaker, "half-open");
      faults.release();
      await Promise.all(calls);
      same(cache.stats().tiers[1]!.breaker, "closed");
    }),
    "invalidations during an open breaker are replayed too": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: { failures: 1 } } });
      await cache.setMany([
        { key: "k", value: "old" },
        { key: "t", value: "old", tags: ["t"] },
      ]);
      faults.fail({ getMany: "reject" }, 1);
      await cache.get("none");
      same(cache.stats().tiers[1]!.breaker, "open");
      await cache.delete("k");
      await cache.invalidateTags(["t"]);
      await clock.advance("10s");
      await cache.evictAll();
      equal(await cache.getMany(["k", "t"]), new Map());
      same(cache.stats().tiers[1]!.breaker, "closed");
    }),
    "breaker: false never opens": faulty(async (open) => {
      const { cache, faults } = open({ lower: { breaker: false } });
      faults.fail({ getMany: "reject" });
      for (let i = 0; i < 50; i++) await cache.get("k");
      same(faults.calls.getMany, 50);
      same(cache.stats().tiers[1]!.breaker, "closed");
    }),
  },
  { depth: 2 },
);
