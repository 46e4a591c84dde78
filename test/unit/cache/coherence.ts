import type { Cache } from "../../../mod.ts";
import { createCache, memory } from "../../../mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";
import { type Open, type Rig, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, stateOf, unwanted } from "./tools.ts";

/** What another process may do to the value "old" of `k`, which is tagged `t` and `u`. */
export const MUTATIONS: Record<string, (cache: Cache) => Promise<unknown>> = {
  delete: (cache) => cache.delete("k"),
  deleteMany: (cache) => cache.deleteMany(["x", "k"]),
  clear: (cache) => cache.clear(),
  set: (cache) => cache.set("k", "new"),
  setMany: (cache) => cache.setMany([{ key: "k", value: "new" }]),
  "set with a ttl of 0": (cache) => cache.set("k", "void", { ttl: 0 }),
  "touch to an end now": (cache) => cache.touch("k", { ttl: 0 }),
  invalidatePattern: (cache) => cache.invalidatePattern("k*"),
  "tags any": (cache) => cache.invalidateTags(["t"]),
  "tags all": (cache) => cache.invalidateTags(["t", "u"], { match: "all" }),
  "tags exact": (cache) => cache.invalidateTags(["u", "t"], { match: "exact" }),
  "tags expire": (cache) => cache.invalidateTags(["t"], { mode: "expire" }),
  "tags all, expire": (cache) => cache.invalidateTags(["t", "u"], { match: "all", mode: "expire" }),
  "tags exact, expire": (cache) => cache.invalidateTags(["t", "u"], { match: "exact", mode: "expire" }),
};

const TAGS = ["t", "u"];

/** Two processes, of which both have read "old". */
async function pair(open: Open, options: Parameters<Open>[0] = {}): Promise<Rig & { other: Cache }> {
  const rig = open(options);
  const other = rig.peer!(options);
  await rig.cache.set("k", "old", { tags: TAGS });
  await rig.cache.set("untouched", 1, { tags: ["v"] });
  equal([...(await other.getMany(["k", "untouched"])).values()], ["old", 1]);
  return { ...rig, other };
}

async function isGone(cache: Cache, what: string): Promise<void> {
  ok((await cache.get("k")) !== "old", `${what}: get`);
  ok((await cache.getMany(["k"])).get("k") !== "old", `${what}: getMany`);
  ok((await cache.getEntry("k"))?.value !== "old", `${what}: getEntry`);
  same(await cache.getOrSet("k", () => "new"), "new", `${what}: getOrSet`);
}

export const coherence: StackSuite = stackSuite(
  "coherence",
  {
    "another process serves what was changed no longer than the bound": async (open) => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, other, clock } = await pair(open);
        await mutate(cache);
        await clock.advance(1000);
        await isGone(other, what);
        if (what !== "clear") same(await other.get("untouched"), 1, what);
      }
    },
    "with a bound of 0 it does not serve it at all": async (open) => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, other } = await pair(open, { coherence: 0 });
        await mutate(cache);
        await isGone(other, what);
      }
    },
    "a namespace is told apart from its neighbours": async (open) => {
      const { cache, peer, clock } = open();
      const other = peer!();
      for (const name of ["a", "b"]) {
        await cache.namespace(name).set("k", name, { tags: ["t"] });
        await other.namespace(name).get("k");
      }
      await cache.namespace("a").clear();
      await clock.advance(1000);
      same(await other.namespace("a").get("k"), undefined);
      same(await other.namespace("b").get("k"), "b");
      await cache.namespace("b").invalidateTags(["t"]);
      await clock.advance(1000);
      same(await other.namespace("b").get("k"), undefined);
    },
    "what another cache in the same store changes is nothing to us": async (open) => {
      const { cache, peer, clock, lower } = open();
      const other = peer!({ name: "other" });
      await cache.set("k", "ours", { tags: ["t"] });
      await other.set("k", "theirs", { tags: ["t"] });
      await clock.advance(1000);
      lower!.faults.resetCalls();
      await other.invalidateTags(["t"]);
      await other.delete("k");
      await other.clear();
      await clock.advance(1000);
      same(await cache.get("k"), "ours");
    },
    "the journal is looked into once in that time, whatever is read": async (open, stack) => {
      const { cache, clock, lower } = open();
      await cache.setMany([
        { key: "a", value: 1 },
        { key: "b", value: 2, tags: ["t"] },
      ]);
      await clock.advance(1000);
      lower!.faults.resetCalls();
      for (let i = 0; i < 20; i++) {
        await cache.get("a");
        await cache.getOrSet("b", unwanted);
        await cache.getMany(["a", "b"]);
        await clock.advance(10);
      }
      const { journal, getMany } = lower!.faults.calls;
      // Without a memory there is nothing that others may have changed.
      same(journal, stack.depth - 1);
      if (stack.depth === 2) same(getMany, 0, "hits in memory must not go down");
      await clock.advance(1000);
      await cache.get("a");
      same(lower!.faults.calls.journal, 2 * (stack.depth - 1));
    },
    "what memory does not have is read without a look before it": async (open) => {
      const { cache, other, clock, lower } = await pair(open);
      await cache.evict("k");
      await other.set("k", "new");
      await clock.advance(1000);
      lower!.faults.resetCalls();
      same(await cache.get("k"), "new");
      same(await cache.get("none"), undefined);
      same(await cache.getOrSet("another", () => 1), 1);
      same(lower!.faults.calls.journal, 0);
      await other.set("k", "newer");
      await clock.advance(1000);
      same(await cache.get("k"), "newer");
    },
    "it is never looked into with a bound of forever": async (open) => {
      const { cache, other, clock, lower } = await pair(open, { coherence: "forever" });
      await cache.get("k");
      const { journal } = lower!.faults.calls;
      await clock.advance("1d");
      await other.get("k");
      await cache.get("k");
      same(lower!.faults.calls.journal, journal);
    },
    "a tier that hangs holds up a hit in memory for its budget, once in that time": async (open, stack) => {
      if (stack.depth === 1) return;
      const { cache, clock, lower } = open({ lower: { timeout: 2000, breaker: false } });
      await cache.set("k", 1);
      await cache.get("k");
      await clock.advance(1000);
      lower!.faults.fail("hang");
      const held = [cache.get("k"), cache.getOrSet("k", unwanted)];
      await clock.advance(1999);
      same(await stateOf(held[0]!, clock.settle), "pending");
      await clock.advance(1);
      equal(await Promise.all(held), [1, 1]);
      same(await stateOf(cache.get("k"), clock.settle), "resolved");
      await clock.advance(999);
      same(await stateOf(cache.get("k"), clock.settle), "resolved");
    },
    "what is set before the first read is known to others, and theirs to it": async (open) => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, peer } = open({ coherence: 0 });
        const other = peer!({ coherence: 0 });
        await cache.set("k", "old", { tags: TAGS });
        await mutate(other);
        await isGone(cache, what);
      }
    },
    "those who ask at once share one look": async (open, stack) => {
      const { cache, clock, lower } = open();
      await cache.set("k", 1);
      await clock.advance(1000);
      lower!.faults.resetCalls();
      await Promise.all(Array.from({ length: 20 }, () => cache.get("k")));
      same(lower!.faults.calls.journal, stack.depth - 1);
    },
    "while the tier below fails, memory serves what it has; what was changed meanwhile is dropped after": async (
      open,
      stack,
    ) => {
      if (stack.depth === 1) return;
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, other, clock, lower } = await pair(open, { lower: { breaker: false } });
        // The peer's handle on the store works on.
        lower!.faults.fail({ journal: "reject", getMany: "reject" });
        await clock.advance(1000);
        same(await cache.get("k"), "old", what);
        await mutate(other);
        await clock.advance(1000);
        same(await cache.get("k"), "old", what);
        lower!.faults.heal();
        await clock.advance(1000);
        await isGone(cache, what);
      }
    },
    "a store that could not be asked at the start may have changed anything": async (open, stack) => {
      if (stack.depth === 1) return;
      const { cache, peer, clock, lower } = open({ lower: { breaker: false } });
      const other = peer!();
      await other.set("k", "old");
      lower!.faults.fail({ journal: "reject" });
      same(await cache.get("k"), "old");
      await other.delete("k");
      lower!.faults.heal();
      await clock.advance(1000);
      same(await cache.get("k"), undefined);
    },
    "a load under way is not joined after another process has changed its key": async (open) => {
      for (const what of ["delete", "set", "clear", "tags any"]) {
        const { cache, peer } = open({ coherence: 0, lease: false });
        const other = peer!({ coherence: 0, lease: false });
        const loaded = deferred<string>();
        const first = other.getOrSet("k", () => loaded.promise, { tags: TAGS });
        await other.get("x");
        await MUTATIONS[what]!(cache);
        const second = other.getOrSet("k", () => "new", { tags: TAGS });
        same(what === "tags any" ? "new" : await second, "new", what);
        loaded.resolve("old");
        same(await first, "old", "its own caller gets what it waited for");
        same(await second, "new", what);
      }
    },
    "what was loaded before another process invalidated its tag gets into no tier": async (open) => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        if (!what.startsWith("tags")) continue;
        const { cache, peer } = open({ coherence: "forever" });
        const other = peer!({ coherence: "forever" });
        await other.get("x");
        const loaded = deferred<string>();
        const loading = other.getOrSet("k", () => loaded.promise, { tags: TAGS });
        await other.get("x");
        await mutate(cache);
        loaded.resolve("old");
        same(await loading, "old");
        same(await other.get("k"), undefined, `${what}: in the process that loaded it`);
        same(await cache.get("k"), undefined, `${what}: in the one that invalidated`);
      }
    },
    "what another process changes while it is on its way up into memory is dropped": async (open, stack) => {
      if (stack.depth === 1) return;
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, peer, clock, lower } = open({ coherence: 0, lower: { timeout: "1h" } });
        const other = peer!({ coherence: 0 });
        await other.set("k", "old", { tags: TAGS });
        // It has read the old value, whose answer is on its way.
        lower!.faults.fail({ getMany: "mute" });
        const read = cache.get("k");
        await clock.settle();
        lower!.faults.heal();
        await mutate(other);
        lower!.faults.release();
        await read;
        await isGone(cache, what);
      }
    },
    "a pattern also hits what was copied up while it was at work, and is found below no more": async (open, stack) => {
      if (stack.depth === 1) return;
      const { cache, peer, clock, lower } = open({ coherence: "forever", lower: { timeout: "1h" } });
      const other = peer!({ coherence: "forever" });
      await cache.set("k", "old");
      await cache.evict("k");
      await other.get("x");
      lower!.faults.fail({ scan: "hang" });
      const invalidated = cache.invalidatePattern("k*");
      await clock.settle();
      lower!.faults.heal();
      same(await cache.get("k"), "old");
      await other.delete("k");
      lower!.faults.release();
      await invalidated;
      same(await cache.get("k"), undefined);
    },
    "an entry of a process whose clock is 10 minutes ahead is invalidated by one whose clock is right": async (
      open,
    ) => {
      const { cache, peer, clock } = open({ coherence: 0 });
      const ahead = fakeClock(clock.now() + 600_000);
      const other = peer!({ coherence: 0, clock: ahead });
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        await other.set("k", "old", { tags: TAGS });
        same(await cache.get("k"), "old", `${what}: before`);
        await mutate(cache);
        await isGone(other, `${what}, by the right clock`);
        await cache.set("k", "old", { tags: TAGS });
        same(await other.get("k"), "old", `${what}: before`);
        await mutate(other);
        await isGone(cache, `${what}, by the wrong clock`);
      }
    },
    "a clock that is set back does not stretch the bound": async (open) => {
      const { cache, other, clock } = await pair(open);
      clock.stepWall(-3_600_000);
      await cache.delete("k");
      await clock.advance(1000);
      same(await other.get("k"), undefined);
    },
    "an expired entry is served by grace while it refreshes, in every process; a deleted one never": async (open) => {
      const options = { grace: "1h", softTimeout: 0, coherence: 0 } as const;
      const { cache, other, clock } = await pair(open, options);
      await cache.invalidateTags(["t"], { mode: "expire" });
      const refreshed = deferred<string>();
      const served = other.getOrSet("k", () => refreshed.promise, { tags: TAGS });
      await clock.advance(1);
      same(await served, "old");
      refreshed.resolve("new");
      await cache.set("d", "old", { tags: TAGS });
      same(await other.get("d"), "old");
      await cache.invalidateTags(["t"]);
      same(await other.getOrSet("d", () => "loaded"), "loaded");
    },
  },
  { shared: true, tags: true },
);

/** What concerns no stack in particular. */
export const tests = suite("coherence", {
  "a bound that is none is refused": () => {
    throws(() => createCache({ coherence: -1 }), "CONFIG");
    throws(() => createCache({ coherence: "soon" as "1s" }), "CONFIG");
    throws(() => createCache({ onLeaseTimeout: "wait" as "run" }), "CONFIG");
    throws(() => createCache({ lease: -1 }), "CONFIG");
  },
  "a wrong option of a call is refused": async () => {
    const cache = createCache();
    await rejects(
      cache.getOrSet("k", () => 1, { lease: Number.NaN }),
      "CONFIG",
    );
    await rejects(
      cache.getOrSet("k", () => 1, { leaseTimeout: "soon" as "1s" }),
      "CONFIG",
    );
    await rejects(
      cache.getOrSet("k", () => 1, { onLeaseTimeout: "wait" as "run" }),
      "CONFIG",
    );
  },
  "a journal that has forgotten too much empties memory": async () => {
    const clock = fakeClock();
    const data = mapData({ journal: 10 });
    const make = (): Cache => createCache({ tiers: [memory(), mapTier({ data })], clock, sweepInterval: 0 });
    const [cache, other] = [make(), make()];
    await cache.set("k", "old");
    same(await other.get("k"), "old");
    await cache.delete("k");
    for (let i = 0; i < 50; i++) await cache.set(`x${i}`, i);
    await clock.advance(1000);
    same(await other.get("k"), undefined);
    same(await other.get("x49"), 49);
    await cache.set("x49", 50);
    await clock.advance(1000);
    same(await other.get("x49"), 50, "it follows again");
  },
  "memory over a tier above the journal: both are told": async () => {
    const clock = fakeClock();
    const data = mapData();
    const make = (): Cache =>
      createCache({
        tiers: [memory(), mapTier({ name: "local", data: mapData() }), mapTier({ name: "shared", data })],
        clock,
        coherence: 0,
        sweepInterval: 0,
      });
    for (const [what, mutate] of Object.entries(MUTATIONS)) {
      const [cache, other] = [make(), make()];
      await cache.set("k", "old", { tags: TAGS });
      same(await other.get("k"), "old", what);
      await mutate(cache);
      await isGone(other, what);
      await cache.clear();
    }
  },
});
