import { TierError } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type Open, type Stack, type StackSuite, stackSuite } from "./stacks.ts";
import { stateOf, unwanted } from "./tools.ts";

/** The budget of the tier at the bottom in these tests, in milliseconds. */
const BUDGET = 2000;

/** A full disk: what is there can be read. */
const WRITES_FAIL = {
  setMany: "reject",
  deleteMany: "reject",
  touchMany: "reject",
  clear: "reject",
  prune: "reject",
  invalidate: "reject",
} as const;

const opener =
  (open: Open) =>
  (options: Parameters<Open>[0] = {}) => {
    const rig = open({ ...options, lower: { timeout: BUDGET, ...options.lower } });
    return { ...rig, faults: rig.lower!.faults };
  };

/** A test with rigs whose lower tier has a budget. */
const faulty = (run: (open: ReturnType<typeof opener>, stack: Stack) => Promise<void>) => (open: Open, stack: Stack) =>
  run(opener(open), stack);

export const faults: StackSuite = stackSuite(
  "faults below",
  {
    "a cache that is down does not reject the caller": faulty(async (open) => {
      for (const fault of ["throw", "reject"] as const) {
        const { cache, faults } = open();
        faults.fail(fault);
        same(await cache.get("k"), undefined);
        same(await cache.getOrSet("k", () => "loaded"), "loaded");
        await cache.set("s", 1);
        equal(
          await cache.getMany(["k", "s", "none"]),
          new Map<string, unknown>([
            ["k", "loaded"],
            ["s", 1],
          ]),
        );
        await cache.setMany([{ key: "m", value: 1 }]);
        same(await cache.has("none"), false);
        same(await cache.has("m"), true);
        same(await cache.delete("m"), true);
        same(await cache.deleteMany(["none"]), 0);
        same(await cache.touch("s", { ttl: "1h" }), true);
        equal((await cache.keys()).sort(), ["k", "s"]);
        same(await cache.size(), 2);
        await cache.invalidateTags(["t"]);
        await cache.invalidatePattern("x*");
        await cache.prune();
        await cache.evictAll();
        await cache.clear();
        equal(
          await cache.getOrSetMany(["a", "b"], async (keys) => keys),
          new Map([
            ["a", "a"],
            ["b", "b"],
          ]),
        );
        await cache.close();
      }
    }),
    "a hung tier does not delay a hit in memory": faulty(async (open) => {
      const { cache, clock, faults } = open();
      await cache.set("k", "v", { tags: ["t"] });
      faults.fail("hang");
      for (const call of [
        cache.get("k"),
        cache.getOrSet("k", unwanted),
        cache.getMany(["k"]),
        cache.has("k"),
        cache.getEntry("k"),
      ]) {
        same(await stateOf(call, clock.settle), "resolved");
      }
    }),
    "a hung tier delays a load by its budget and no more": faulty(async (open) => {
      const { cache, clock, faults } = open();
      faults.fail({ getMany: "hang" });
      let runs = 0;
      const calls = [cache.getOrSet("k", () => ++runs), cache.getOrSet("k", () => ++runs)];
      await clock.advance(BUDGET - 1);
      same(await stateOf(calls[0]!, clock.settle), "pending");
      same(runs, 0);
      await clock.advance(1);
      equal(await Promise.all(calls), [1, 1]);
      // The second of them did not ask the tier again.
      same(faults.calls.getMany, 1);
      same(cache.stats().errors, 1);
    }),
    "every call ends within the budgets of what it needs": faulty(async (open) => {
      const calls = [
        "get",
        "set",
        "delete",
        "has",
        "touch",
        "clear",
        "keys",
        "size",
        "invalidateTags",
        "invalidatePattern",
        "evictAll",
        "prune",
        "meta",
        "getMany",
      ] as const;
      for (const name of calls) {
        const { cache, clock, faults } = open({ lower: { breaker: false } });
        faults.fail("hang");
        const call: Promise<unknown> = {
          get: () => cache.get("k"),
          set: () => cache.set("k", 1, { tags: ["t"] }),
          delete: () => cache.delete("k"),
          has: () => cache.has("k"),
          touch: () => cache.touch("k", { ttl: 1 }),
          clear: () => cache.clear(),
          keys: () => cache.keys(),
          size: () => cache.size(),
          invalidateTags: () => cache.invalidateTags(["t", "u"], { match: "all" }),
          invalidatePattern: () => cache.invalidatePattern("*"),
          evictAll: () => cache.evictAll({ tier: cache.stats().tiers[1]!.name }),
          prune: () => cache.prune(),
          meta: () => cache.meta("k"),
          getMany: () => cache.getMany(["a", "b", "c"]),
        }[name]();
        // A call may need a few operations one after the other, never many.
        await clock.advance(2 * BUDGET);
        same(await stateOf(call, clock.settle), "resolved", name);
      }
    }),
    "a hung write is acknowledged after the budget, and memory has the value": faulty(async (open) => {
      const { cache, clock, faults } = open();
      faults.fail({ setMany: "hang" });
      const call = cache.set("k", "v");
      await clock.advance(BUDGET - 1);
      same(await stateOf(call, clock.settle), "pending");
      await clock.advance(1);
      await call;
      same(await cache.get("k"), "v");
      const load = cache.getOrSet("l", () => "loaded");
      await clock.advance(BUDGET);
      same(await load, "loaded");
      same(await cache.get("l"), "loaded");
    }),
    "a slow tier within its budget is waited for": faulty(async (open) => {
      const { cache, clock, faults } = open();
      await cache.set("k", "v");
      await cache.evict("k");
      faults.fail({ getMany: { delay: BUDGET - 1 } });
      const call = cache.getOrSet("k", unwanted);
      await clock.advance(BUDGET - 1);
      same(await call, "v");
      same(cache.stats().errors, 0);
    }),
    "the answer of a read that comes too late is no one's": faulty(async (open) => {
      const { cache, clock, faults } = open();
      await cache.set("k", "v");
      await cache.evict("k");
      faults.fail({ getMany: { delay: BUDGET + 1 } });
      const call = cache.get("k");
      await clock.advance(BUDGET + 1);
      same(await call, undefined);
    }),
    "the budget is 2 s by default for a tier that is not local": async (open, stack) => {
      if (stack.name === "memory+map" || stack.name.includes("sqlite")) return;
      const { cache, clock, lower } = open();
      lower!.faults.fail({ getMany: "hang" });
      const call = cache.get("k");
      await clock.advance(1999);
      same(await stateOf(call, clock.settle), "pending");
      await clock.advance(1);
      same(await call, undefined);
    },
    "garbage is a miss, is counted and told, and harms nothing else": faulty(async (open) => {
      const { cache, faults, bottom, top } = open();
      const log: unknown[] = [];
      cache.on("corrupt", ({ key, tier }) => log.push([key, tier]));
      await cache.set("k", "v");
      await cache.set("other", "v");
      await cache.evictAll();
      faults.fail({ getMany: "corrupt" }, 1);
      same(await cache.get("k"), undefined);
      equal(log, [["k", bottom]]);
      same(cache.stats().tiers[1]!.corrupt, 1);
      same(await cache.meta("k", { tier: top }), undefined);
      same(await cache.get("other"), "v");
    }),
    "faults are counted, told with their tier and operation, and logged without values": faulty(async (open) => {
      const logged: string[] = [];
      const logger = {
        warn: (message: string) => logged.push(message),
        error: (message: string) => logged.push(message),
      };
      const { cache, faults, bottom } = open({ logger });
      const log: unknown[] = [];
      cache.on("error", ({ error, operation, tier }) =>
        log.push([(error as Error) instanceof TierError, operation, tier]),
      );
      faults.fail({ getMany: "reject", setMany: "throw" });
      await cache.getOrSet("k", () => "secret value");
      equal(log, [
        [true, "getMany", bottom],
        [true, "setMany", bottom],
      ]);
      same(cache.stats().errors, 2);
      same(cache.stats().tiers[1]!.errors, 2);
      same(logged.length, 2);
      ok(logged.every((line) => line.includes(bottom) && !line.includes("secret")));
    }),
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
      same(await cache.getOrSet("x", ({ skip }) => (skip(), 1)), 1);
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
      const { cache, clock, faults } = open({ lower: { breaker: { failures: 1, cooldown: 1000, window: "1m" } } });
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
    "onError: throw tells the caller where no other tier could answer": faulty(async (open, stack) => {
      const { cache, faults, bottom } = open({ onError: "throw", lower: { breaker: false } });
      await cache.set("k", "v");
      faults.fail("reject");
      const calls = {
        get: () => cache.get("none"),
        getMany: () => cache.getMany(["k", "none"]),
        getOrSet: () => cache.getOrSet("none", unwanted),
        set: () => cache.set("x", 1),
        setMany: () => cache.setMany([{ key: "x", value: 1 }]),
        delete: () => cache.delete("x"),
        clear: () => cache.clear(),
        ...(stack.tags && { invalidateTags: () => cache.invalidateTags(["t"]) }),
        invalidatePattern: () => cache.invalidatePattern("*"),
        evict: () => cache.evict("x", { tier: bottom }),
      };
      same(await cache.get("k"), "v");
      same(await cache.getOrSet("k", unwanted), "v");
      for (const [name, call] of Object.entries(calls)) {
        const error = await call().then(
          () => undefined,
          (reason: TierError) => reason,
        );
        ok(error instanceof TierError, name);
        equal([error.code, error.tier, (error.cause as { code?: string })?.code], ["TIER", bottom, "INJECTED"], name);
      }
    }),
    "a soft time-out is not lost while the tier is slow": faulty(async (open) => {
      const { cache, clock, faults } = open({ grace: "1h", softTimeout: 100 });
      await cache.set("k", "old", { ttl: 1000 });
      await cache.evict("k");
      await clock.advance(1000);
      faults.fail({ getMany: { delay: 300 } });
      const call = cache.getOrSet("k", () => new Promise<never>(() => {}));
      await clock.advance(299);
      same(await stateOf(call, clock.settle), "pending");
      await clock.advance(1);
      same(await stateOf(call, clock.settle), "resolved");
      same(await call, "old");
    }),
  },
  { depth: 2 },
);
