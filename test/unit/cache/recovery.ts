import type { Cache } from "../../../mod.ts";
import { hasTimers } from "../../../src/clock.ts";
import { equal, type FakeClock, ok, same } from "../../contract/mod.ts";
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

async function closing(cache: Cache, clock: FakeClock): Promise<void> {
  const closed = cache.close();
  await clock.advance("10s");
  await closed;
}

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
    "what a tier missed is told while nothing is asked of it here, as other processes read it": faulty(async (open) => {
      if (!hasTimers()) return;
      const { cache, clock, faults, peer } = open({ coherence: "forever" });
      const pending = clock.pendingTimers;
      const misses = [
        () => cache.delete("k"),
        () => cache.set("k", "new"),
        () => cache.clear(),
        () => cache.invalidateTags(["t"]),
        () => cache.invalidateTags(["t", "u"], { match: "all" }),
      ];
      for (const [at, miss] of misses.entries()) {
        await cache.set("k", "old", { tags: ["t", "u"] });
        faults.fail("reject");
        await miss();
        await clock.advance("1s");
        faults.heal();
        // Past the pause, and past the cooldown of the breaker.
        await clock.advance("10s");
        ok((await peer!().get("k")) !== "old", `miss ${at}`);
        same(clock.pendingTimers, pending, "nothing is left to tell");
      }
    }),
    "a write that arrives after a newer one is told at once, as other processes read it": faulty(async (open) => {
      const { cache, clock, faults, peer } = open({ coherence: "forever" });
      await cache.set("k", "first");
      faults.fail({ setMany: "hang" }, 1);
      const lost = cache.set("k", "second");
      await clock.advance(BUDGET);
      await lost;
      await cache.set("k", "third");
      faults.release();
      await clock.settle();
      ok((await peer!().get("k")) !== "second", "an older value must not be served");
    }),
    "what a tier missed is told by the close, though its breaker is open": faulty(async (open) => {
      for (const failures of [5, 1]) {
        for (const what of ["delete", "set", "clear", "tags"] as const) {
          const { cache, clock, faults, peer } = open({ lower: { breaker: { failures } } });
          await cache.set("k", "old", { tags: ["t"] });
          faults.fail("reject", 1);
          if (what === "delete") await cache.delete("k");
          else if (what === "set") await cache.set("k", "new");
          else if (what === "clear") await cache.clear();
          else await cache.invalidateTags(["t"]);
          await closing(cache, clock);
          ok((await peer!().get("k")) !== "old", `${what}, breaker after ${failures}`);
        }
      }
    }),
    "the close waits no longer than the budget for a tier that cannot be told what it missed, and says so": faulty(
      async (open) => {
        for (const fault of ["reject", "hang"] as const) {
          const { cache, clock, faults, bottom } = open();
          await cache.setMany(["a", "b"].map((key) => ({ key, value: "old" })));
          const told: string[] = [];
          cache.on("error", ({ error, operation, tier }) => {
            if (operation === "close") told.push(`${tier}: ${((error as Error).cause as Error).message}`);
          });
          faults.fail({ deleteMany: fault });
          const deleted = cache.deleteMany(["a", "b"]);
          await clock.advance(BUDGET);
          await deleted;
          const closed = cache.close();
          await clock.advance(BUDGET + 1);
          same(await stateOf(closed, () => clock.settle()), "resolved", fault);
          equal(told, [
            `${bottom}: Gave up telling tier ${bottom} what it missed as it is closed: 2 changes are not done`,
          ]);
          const { deleteMany } = faults.calls;
          await clock.advance(20 * BUDGET);
          same(faults.calls.deleteMany, deleteMany, "a tier is not asked once it is closed");
        }
      },
    ),
    "a key that a tier cannot forget holds up no other": faulty(async (open) => {
      const { cache, clock, lower, peer } = open({ lower: { breaker: false }, coherence: "forever" });
      const keys = Array.from({ length: 9 }, (_, i) => `k${i}`);
      await cache.setMany(keys.map((key) => ({ key, value: "old" })));
      for (const face of [lower, lower?.sync] as { deleteMany: (keys: readonly string[], now: number) => unknown }[]) {
        const { deleteMany } = face ?? {};
        if (!deleteMany) continue;
        face.deleteMany = (some, now) => {
          if (some.some((key) => key.endsWith("k4"))) throw new Error("not this one");
          return deleteMany.call(face, some, now);
        };
      }
      await cache.deleteMany(keys.slice(1));
      await cache.set("k5", "new");
      same(await peer!().get("k5"), "new");
      await cache.set("other", 1);
      same(await peer!().get("other"), 1);
      await closing(cache, clock);
      const found = await peer!().getMany(keys);
      equal([...found.keys()].sort(), ["k0", "k4", "k5"]);
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
      await clock.advance("5s");
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
