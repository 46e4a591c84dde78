import { TierError } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { BUDGET, faulty } from "./budget.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, stateOf, unwanted } from "./tools.ts";

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
    "a tier that answers what it may not is one that fails": async (open) => {
      const entry = { value: 1, createdAt: 0, freshUntil: Infinity, staleUntil: Infinity, tags: [42], loadTime: 0 };
      const more = [{ entries: [{}] }, { entries: [entry] }, { keys: [5], refused: 5, changes: 5 }];
      for (const answer of [undefined, null, 5, {}, ...more]) {
        const { cache, lower } = open({ coherence: 0, lower: { breaker: false } });
        await cache.set("k", "v", { tags: ["t"] });
        const failures: string[] = [];
        cache.on("error", ({ error }) => void failures.push((error as TierError).code));
        const operations = ["getMany", "setMany", "deleteMany", "touchMany", "prune", "scan", "size"] as const;
        for (const name of [...operations, "invalidate", "journal"] as const)
          for (const face of [lower!, lower!.sync]) if (face?.[name]) Object.assign(face, { [name]: () => answer });
        same(await cache.get("none"), undefined);
        same(await cache.getOrSet("l", () => "loaded"), "loaded");
        await cache.set("s", 1);
        await cache.touch("s", { ttl: "1h" });
        await cache.delete("s");
        await cache.keys();
        await cache.size();
        await cache.invalidateTags(["t"]);
        await cache.prune();
        await cache.clear();
        ok(failures.length > 0 && failures.every((code) => code === "TIER"), String(failures));
      }
    },
    "a hung tier does not delay a hit in memory": faulty(async (open) => {
      const { cache, clock, faults } = open();
      await cache.set("k", "v", { tags: ["t"] });
      // The first read asks where the journal stands.
      await cache.get("k");
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
    "a load whose read has taken the budget does not wait for the write as well": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: false }, coherence: "forever" });
      await cache.has("first");
      faults.fail("hang");
      let loads = 0;
      const load = () => `loaded ${++loads}`;
      const call = cache.getOrSet("k", load);
      await clock.advance(BUDGET);
      same(await stateOf(call, clock.settle), "resolved");
      same(await call, "loaded 1");
      // Who comes while it is written joins.
      same(await cache.getOrSet("k", load), "loaded 1");
      await clock.advance(BUDGET);
      same(await cache.getOrSet("k", load), "loaded 1");
      same(loads, 1);
    }),
    "who comes after an invalidation while a load is still written begins another": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: false }, coherence: "forever" });
      await cache.has("first");
      faults.fail({ getMany: "hang", setMany: "hang" });
      const call = cache.getOrSet("k", () => "old", { tags: ["t"] });
      await clock.advance(BUDGET);
      same(await call, "old");
      await cache.invalidateTags(["t"]);
      const next = cache.getOrSet("k", () => "new", { tags: ["t"] });
      await clock.advance(2 * BUDGET);
      same(await next, "new");
    }),
    "a load whose read has taken half of the budget waits for the write for the rest of it": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: false } });
      await cache.has("first");
      faults.fail({ getMany: { delay: BUDGET / 2 }, setMany: "hang" });
      const call = cache.getOrSet("k", () => "loaded", { lease: false });
      await clock.advance(BUDGET - 1);
      same(await stateOf(call, clock.settle), "pending");
      await clock.advance(1);
      same(await call, "loaded");
    }),
    "what a load has waited for its lease is taken off the wait for its write as well": faulty(async (open) => {
      const { cache, clock, faults, peer } = open({ lower: { breaker: false }, coherence: "forever" });
      const theirs = deferred<string>();
      const failing = peer!().getOrSet("k", () => theirs.promise);
      await clock.settle();
      const call = cache.getOrSet("k", () => "ours");
      await clock.advance(BUDGET / 2);
      faults.fail({ setMany: "hang" });
      theirs.reject(new Error("theirs failed"));
      await rejects(failing, Error);
      await clock.advance(BUDGET / 2);
      same(await stateOf(call, clock.settle), "resolved");
      same(await call, "ours");
    }),
    "a load waits for no more than one budget in all, whatever its tier is asked for before": faulty(async (open) => {
      const { cache, clock, faults, peer } = open({ lower: { breaker: false }, coherence: "forever", lease: "1h" });
      await cache.set("k", "old");
      await cache.evict("k");
      faults.fail({ deleteMany: "reject" });
      await cache.delete("gone");
      const slow = { delay: 0.6 * BUDGET };
      faults.fail({ deleteMany: slow, getMany: slow, setMany: "hang" });
      let loads = 0;
      const load = () => `loaded ${++loads}`;
      const calls = [cache.getOrSet("k", load), cache.getOrSetMany(["l"], () => [load()])];
      await clock.advance(BUDGET - 1);
      for (const call of calls) same(await stateOf(call, clock.settle), "pending");
      await clock.advance(1);
      equal(await Promise.all(calls), ["loaded 1", new Map([["l", "loaded 2"]])]);
      await clock.advance(2 * BUDGET);
      faults.heal();
      await clock.advance(2 * BUDGET);
      // The leases that came too late are given back: another process waits for nobody.
      const theirs = ["k", "l"].map((key) => peer!().getOrSet(key, () => "theirs"));
      for (const call of theirs) same(await stateOf(call, clock.settle), "resolved");
      same(await cache.getOrSet("n", load), "loaded 3");
      for (const key of ["k", "l"]) await cache.delete(key);
      equal([await cache.getOrSet("k", load), await cache.getOrSet("l", load)], ["loaded 4", "loaded 5"]);
    }),
    "who joined a load that is too old for it has waited for the tiers as long as that one": faulty(async (open) => {
      const { cache, clock, faults } = open({ lower: { breaker: false }, coherence: "forever" });
      await cache.has("first");
      faults.fail({ deleteMany: "reject" });
      await cache.delete("gone");
      faults.fail({ deleteMany: { delay: 0.15 * BUDGET }, getMany: { delay: 0.9 * BUDGET }, setMany: "hang" });
      let loads = 0;
      const load = () => `loaded ${++loads}`;
      const calls = [cache.getOrSet("k", load, { tags: ["t"] })];
      await clock.settle();
      const told = cache.invalidateTags(["t"]);
      await clock.advance(0.2 * BUDGET);
      await told;
      calls.push(cache.getOrSet("k", load, { tags: ["t"] }));
      await clock.advance(0.8 * BUDGET);
      for (const call of calls) same(await stateOf(call, clock.settle), "resolved");
      equal(await Promise.all(calls), ["loaded 1", "loaded 2"]);
      faults.release();
      await clock.advance(BUDGET);
    }),
    "what a caller has waited for the load of another is no time of its tiers": faulty(async (open) => {
      const { cache, clock, faults } = open({ coherence: "forever" });
      const first = deferred<string>();
      const theirs = cache.getOrSet("k", () => first.promise, { tags: ["t"] });
      await clock.settle();
      await cache.invalidateTags(["t"]);
      // Joins that load, whose value is too old for it in the end.
      const ours = cache.getOrSet("k", () => "new");
      await clock.advance(3 * BUDGET);
      faults.fail({ getMany: { delay: 10 } });
      first.resolve("old");
      await clock.advance(BUDGET);
      equal(await Promise.all([theirs, ours]), ["old", "new"]);
      faults.heal();
      same(await cache.getOrSet("k", unwanted), "new");
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
    "a logger that throws or rejects harms nobody and is told": faulty(async (open) => {
      for (const fail of [
        () => {
          throw new RangeError("no disk");
        },
        async () => Promise.reject(new RangeError("no disk")),
      ]) {
        const { cache, clock, faults } = open({
          logger: { warn: fail, error: fail },
          lower: { breaker: { failures: 2 } },
        });
        const told: unknown[] = [];
        cache.on("error", ({ error, operation }) => {
          if (operation === "logger") told.push((error as Error).message);
        });
        faults.fail("reject");
        await cache.set("k", 1);
        same(await cache.get("none"), undefined);
        await clock.settle();
        equal(told, ["no disk", "no disk", "no disk"]);
      }
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
