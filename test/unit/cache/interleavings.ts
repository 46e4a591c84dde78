import type { Cache } from "../../../mod.ts";
import { ok, same } from "../../contract/mod.ts";
import { type Open, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred } from "./tools.ts";

const TAGS = ["t", "u"];

/** What makes the old value of `k`, which is tagged `t` and `u`, invalid. */
const MUTATIONS: Record<string, (cache: Cache) => Promise<unknown>> = {
  delete: (cache) => cache.delete("k"),
  deleteMany: (cache) => cache.deleteMany(["k"]),
  clear: (cache) => cache.clear(),
  set: (cache) => cache.set("k", "new"),
  "set with a ttl of 0": (cache) => cache.set("k", "void", { ttl: 0 }),
  invalidatePattern: (cache) => cache.invalidatePattern("k*"),
  "tags any": (cache) => cache.invalidateTags(["t"]),
  "tags all": (cache) => cache.invalidateTags(["t", "u"], { match: "all" }),
  "tags exact": (cache) => cache.invalidateTags(["u", "t"], { match: "exact" }),
  "tags expire": (cache) => cache.invalidateTags(["t"], { mode: "expire" }),
};

const each =
  (
    run: (rig: ReturnType<Open>, mutate: (cache: Cache) => Promise<unknown>, what: string) => Promise<void>,
    options: Parameters<Open>[0] = {},
  ) =>
  async (open: Open) => {
    for (const [what, mutate] of Object.entries(MUTATIONS)) {
      await run(open({ ...options, lower: { timeout: 2000, breaker: false, ...options.lower } }), mutate, what);
    }
  };

/** Nobody reads "old", from whichever tier. */
async function isGone({ cache }: ReturnType<Open>, what: string): Promise<void> {
  for (const round of ["at once", "from below", "again"]) {
    const value = await cache.get("k");
    ok(value !== "old", `${what}: the old value is served ${round}`);
    if (round === "at once") await cache.evictAll();
  }
}

export const interleavings: StackSuite = stackSuite(
  "interleavings",
  {
    "a read that is overtaken by a mutation copies nothing up": each(async (rig, mutate, what) => {
      const { cache, clock, lower } = rig;
      await cache.set("k", "old", { tags: TAGS });
      await cache.evict("k");
      lower!.faults.fail({ getMany: "mute" }, 1);
      const read = cache.get("k");
      await clock.settle();
      await mutate(cache);
      lower!.faults.release();
      await read;
      await clock.settle();
      await isGone(rig, what);
    }),
    "a read that begins during a mutation copies nothing up after it": each(async (rig, mutate, what) => {
      const { cache, clock, lower } = rig;
      for (const operation of ["deleteMany", "setMany", "clear", "invalidate", "scan"] as const) {
        await cache.set("k", "old", { tags: TAGS });
        await cache.evict("k");
        lower!.faults.fail({ [operation]: "hang" }, 1);
        const mutated = mutate(cache);
        await clock.settle();
        const reads = [cache.get("k"), cache.getMany(["k"]), cache.getOrSet("k", () => "loaded", { tags: TAGS })];
        await clock.settle();
        lower!.faults.release();
        await Promise.all([mutated, ...reads]);
        await clock.settle();
        lower!.faults.heal();
        // What was loaded meanwhile may have been overtaken as well, but it is not the old value.
        await isGone(rig, `${what}, ${operation}`);
      }
    }),
    "a touch that begins during a mutation brings nothing back after it": each(async (rig, mutate, what) => {
      const { cache, clock, lower } = rig;
      await cache.set("k", "old", { tags: TAGS });
      lower!.faults.fail({
        deleteMany: { delay: 10 },
        clear: { delay: 10 },
        invalidate: { delay: 10 },
        setMany: { delay: 20 },
        touchMany: { delay: 20 },
      });
      const mutated = mutate(cache);
      await clock.settle();
      const touched = cache.touch("k", { ttl: "1h" });
      await clock.advance(100);
      await Promise.all([mutated, touched]);
      lower!.faults.heal();
      await isGone(rig, what);
    }),
    "a stale value that was read before the mutation is lent to nobody after it": each(
      async (rig, mutate, what) => {
        const { cache, clock, lower } = rig;
        await cache.set("k", "old", { ttl: 1000, tags: TAGS });
        await cache.evict("k");
        await clock.advance(1000);
        lower!.faults.fail({ getMany: "mute" }, 1);
        const gate = deferred<string>();
        const before = cache.getOrSet("k", () => gate.promise, { tags: TAGS });
        await clock.settle();
        await mutate(cache);
        lower!.faults.release();
        await clock.settle();
        const after = cache.getOrSet(
          "k",
          () => "new",
          what === "tags expire" ? { tags: TAGS, swr: 0 } : { tags: TAGS },
        );
        await clock.settle();
        // A load that began after the mutation may be shared.
        gate.resolve("new");
        same(await after, "new", what);
        await before;
      },
      { swr: "1h" },
    ),
    "a fresh value that was read before the mutation is served to nobody who comes after it": each(
      async (rig, mutate, what) => {
        const { cache, clock, lower } = rig;
        await cache.set("k", "old", { tags: TAGS });
        await cache.evict("k");
        lower!.faults.fail({ getMany: "mute" }, 1);
        const before = cache.getOrSet("k", () => "new", { tags: TAGS });
        await clock.settle();
        await mutate(cache);
        const after = cache.getOrSet("k", () => "new", { tags: TAGS });
        await clock.settle();
        lower!.faults.release();
        same(await after, "new", what);
        await before;
      },
    ),
    "a loaded value whose write is overtaken is visible in no tier": each(async (rig, mutate, what) => {
      const { cache, clock, lower } = rig;
      lower!.faults.fail({ setMany: { delay: 100 } }, 1);
      const load = cache.getOrSet("k", () => "old", { tags: TAGS });
      await clock.settle();
      const mutated = mutate(cache);
      await clock.advance(100);
      await mutated;
      same(await load, "old", what);
      await clock.settle();
      await isGone(rig, what);
    }),
    "a loaded value whose write is acknowledged late is visible in no tier": each(async (rig, mutate, what) => {
      const { cache, clock, lower } = rig;
      lower!.faults.fail({ setMany: "mute" }, 1);
      const load = cache.getOrSet("k", () => "old", { tags: TAGS });
      await clock.settle();
      const mutated = mutate(cache);
      await clock.settle();
      lower!.faults.release();
      await mutated;
      same(await load, "old", what);
      await clock.settle();
      await isGone(rig, what);
    }),
    "a loaded value whose write begins while a mutation waits for another is visible in no tier": each(
      async (rig, mutate, what) => {
        const { cache, clock, lower } = rig;
        lower!.faults.fail({ setMany: { delay: 100 } }, 1);
        const first = cache.getOrSet("first", () => 1, { tags: TAGS });
        const loaded = deferred<string>();
        const load = cache.getOrSet("k", () => loaded.promise, { tags: TAGS });
        await clock.settle();
        lower!.faults.fail({ setMany: { delay: 300 } }, 1);
        const mutated = mutate(cache);
        await clock.settle();
        loaded.resolve("old");
        await clock.advance(1_000);
        await Promise.all([first, load, mutated]);
        await isGone(rig, what);
      },
    ),
    "a touch that is overtaken brings nothing back": each(async (rig, mutate, what) => {
      const { cache, clock, lower } = rig;
      for (const operation of ["getMany", "touchMany", "setMany"] as const) {
        await cache.set("k", "old", { tags: TAGS });
        lower!.faults.fail({ [operation]: "mute" }, 1);
        const touched = cache.touch("k", { ttl: "1h" });
        await clock.settle();
        // A touch that does without this operation is over.
        lower!.faults.heal();
        const mutated = mutate(cache);
        await clock.settle();
        lower!.faults.release();
        await Promise.all([mutated, touched]);
        await clock.settle();
        await isGone(rig, `${what}, ${operation}`);
        await cache.delete("k");
      }
    }),
    "a set whose tag is invalidated while it is stored leaves no older value": async (open) => {
      for (const mode of ["delete", "expire"] as const) {
        const rig = open({ lower: { timeout: 2000 } });
        const { cache, clock, lower } = rig;
        await cache.set("k", "old");
        lower!.faults.fail({ setMany: "hang" }, 1);
        const set = cache.set("k", "new", { tags: TAGS });
        await clock.settle();
        await cache.invalidateTags(["t"], { mode });
        lower!.faults.release();
        await set;
        await isGone(rig, mode);
      }
    },
    "of sets that overtake one another memory and the tiers below agree": async (open) => {
      const { cache, clock, lower } = open({ lower: { timeout: 2000 } });
      lower!.faults.fail({ setMany: { delay: 100 } }, 1);
      const first = cache.set("k", "first");
      await clock.settle();
      await cache.set("k", "second");
      await clock.advance(100);
      await first;
      const above = await cache.get("k");
      await cache.evictAll();
      same(await cache.get("k"), above);
    },
    "a mutation of another key costs a promotion nothing": async (open) => {
      const { cache, clock, lower, top } = open({ lower: { timeout: 2000 } });
      await cache.set("k", "v");
      await cache.evict("k");
      lower!.faults.fail({ getMany: "mute" }, 1);
      const read = cache.get("k");
      await clock.settle();
      await cache.delete("other");
      lower!.faults.release();
      same(await read, "v");
      await clock.settle();
      ok(await cache.meta("k", { tier: top }));
    },
  },
  { depth: 2 },
);
