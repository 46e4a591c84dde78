import type { Cache } from "../../../mod.ts";
import { CacheClosedError } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, gather, stateOf, unwanted } from "./tools.ts";

/** Every call that needs an open cache. */
const CALLS: Record<string, (cache: Cache) => Promise<unknown>> = {
  get: (cache) => cache.get("k"),
  "get of an array key": (cache) => cache.get(["k"]),
  getEntry: (cache) => cache.getEntry("k"),
  getMany: (cache) => cache.getMany(["k"]),
  set: (cache) => cache.set("k", 1),
  setMany: (cache) => cache.setMany([{ key: "k", value: 1 }]),
  has: (cache) => cache.has("k"),
  delete: (cache) => cache.delete("k"),
  deleteMany: (cache) => cache.deleteMany(["k"]),
  getOrSet: (cache) => cache.getOrSet("k", unwanted),
  getOrSetMany: (cache) => cache.getOrSetMany(["k"], unwanted),
  touch: (cache) => cache.touch("k", { ttl: 1 }),
  keys: (cache) => cache.keys(),
  entries: (cache) => gather(cache.entries()),
  metas: (cache) => gather(cache.metas()),
  meta: (cache) => cache.meta("k"),
  size: (cache) => cache.size(),
  invalidateTags: (cache) => cache.invalidateTags(["t"]),
  invalidateScope: (cache) => cache.invalidateScope("user" as never, {} as never),
  invalidatePattern: (cache) => cache.invalidatePattern("*"),
  clear: (cache) => cache.clear(),
  prune: (cache) => cache.prune(),
  evict: (cache) => cache.evict("k"),
  evictAll: (cache) => cache.evictAll(),
  configure: async (cache) => cache.configure({}),
  health: (cache) => cache.health(),
  explain: (cache) => cache.explain("k"),
};

export const lifecycle: StackSuite = stackSuite("closing", {
  "a closed cache rejects every call": async (open) => {
    const { cache } = open();
    const inner = cache.namespace("n");
    await cache.set("k", 1);
    same(cache.closed, false);
    await cache.close();
    same(cache.closed, true);
    same(inner.closed, true);
    for (const [name, call] of Object.entries(CALLS)) {
      for (const view of [cache, inner, cache.namespace("later")]) {
        const error = await rejects(() => call(view), "CLOSED");
        ok(error instanceof CacheClosedError && error.message.includes(view.name), name);
      }
    }
  },
  "every call is covered by the test above": (open) => {
    const { cache } = open();
    const verbs = Object.getOwnPropertyNames(Object.getPrototypeOf(cache)).filter(
      (name) => name in cache && name !== "constructor",
    );
    const open_ =
      "name closed close namespace scope wrap tier stats resetStats on off sync disable enable isDisabled".split(" ");
    for (const verb of verbs)
      ok(open_.includes(verb) || verb in CALLS, `${verb} must be among the calls of a closed cache`);
  },
  "closing twice, at once or later, is closing once": async (open) => {
    const { cache, lower } = open();
    const both = [cache.close(), cache.namespace("n").close()];
    same(cache.closed, true);
    await Promise.all(both);
    await cache.close({ timeout: 1 });
    await cache[Symbol.asyncDispose]();
    if (lower) same(lower.faults.calls.close, 1);
  },
  "await using closes": async (open) => {
    const { cache } = open();
    same(typeof cache[Symbol.asyncDispose], "function");
    await cache[Symbol.asyncDispose]();
    same(cache.closed, true);
  },
  "closing waits for the work in the background": async (open) => {
    const { cache, clock } = open({ swr: "1h" });
    await cache.set("k", "old", { ttl: 1 });
    await clock.advance(1);
    const gate = deferred<string>();
    await cache.getOrSet("k", () => gate.promise);
    const closed = cache.close();
    same(await stateOf(closed, clock.settle), "pending");
    gate.resolve("new");
    same(await stateOf(closed, clock.settle), "resolved");
  },
  "closing is bounded by its time-out, 5 s by default": async (open) => {
    for (const [options, ms] of [
      [undefined, 5000],
      [{ timeout: "1s" }, 1000],
      [{ timeout: 70_000 }, 70_000],
    ] as const) {
      const { cache, clock } = open({ swr: "1h" });
      await cache.set("k", "old", { ttl: 1 });
      await clock.advance(1);
      await cache.getOrSet("k", () => new Promise<never>(() => {}));
      const closed = cache.close(options);
      await clock.advance(ms - 1);
      same(await stateOf(closed, clock.settle), "pending");
      await clock.advance(1);
      same(await stateOf(closed, clock.settle), "resolved");
    }
  },
  "a tier is closed once, also when the work in the background ends after the time-out": async (open) => {
    const { cache, clock, lower } = open({ swr: "1h" });
    await cache.set("k", "old", { ttl: 1 });
    await clock.advance(1);
    const gate = deferred<string>();
    await cache.getOrSet("k", () => gate.promise);
    const closed = cache.close({ timeout: 1000 });
    await clock.advance(1000);
    await closed;
    if (lower) same(lower.faults.calls.close, 1);
    gate.resolve("late");
    await clock.advance(1000);
    if (lower) same(lower.faults.calls.close, 1);
  },
  "a wrong time-out is refused and leaves the cache open": async (open) => {
    const { cache } = open();
    for (const timeout of ["soon", Number.NaN, -1] as never[]) await rejects(cache.close({ timeout }), "CONFIG");
    same(cache.closed, false);
    await cache.set("k", 1);
    same(await cache.get("k"), 1);
  },
  "closing leaves no timer behind": async (open) => {
    const { cache, clock } = open({ sweepInterval: "1m", ttl: "1h" });
    await cache.set("k", 1);
    await cache.close();
    same(clock.pendingTimers, 0);
    const unused = open({ sweepInterval: "1m" });
    await unused.cache.close();
    same(unused.clock.pendingTimers, 0);
  },
  "a load in flight gives its value to its caller, and nothing is thrown elsewhere": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    const closed = cache.close();
    gate.resolve("value");
    same(await call, "value");
    await closed;
    await clock.settle();
  },
  "what was acknowledged before the close is there after it": async (open) => {
    const { cache, peer } = open();
    if (!peer) return;
    const next = peer();
    await Promise.all(Array.from({ length: 50 }, (_, i) => cache.set(`k${i}`, i)));
    await cache.close();
    same((await next.getMany(Array.from({ length: 50 }, (_, i) => `k${i}`))).size, 50);
  },
  "writes behind are stored by the close": async (open) => {
    const { cache, peer, clock, lower } = open({ lower: { write: "behind" } });
    if (!peer || !lower) return;
    lower.faults.fail({ setMany: { delay: 1000 } });
    const next = peer();
    const written = Promise.all([cache.set("a", 1), cache.set("b", 2)]);
    same(await stateOf(written, clock.settle), "resolved");
    same(await next.get("a"), undefined);
    const closed = cache.close();
    await clock.advance(999);
    same(await stateOf(closed, clock.settle), "pending");
    // Not before all is stored.
    same(lower.faults.calls.close, 0);
    await clock.advance(1);
    same(await stateOf(closed, clock.settle), "resolved");
    same(lower.faults.calls.close, 1);
    equal(
      await next.getMany(["a", "b"]),
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
    );
  },
  "a tier that hangs or fails in closing holds nobody up": async (open) => {
    for (const fault of ["hang", "reject", "throw"] as const) {
      const { cache, clock, lower } = open();
      if (!lower) return;
      lower.faults.fail({ close: fault });
      const closed = cache.close({ timeout: 1000 });
      await clock.advance(1000);
      same(await stateOf(closed, clock.settle), "resolved", fault);
    }
  },
  "closing one cache leaves another over the same store": async (open) => {
    const { cache, peer } = open();
    if (!peer) return;
    const other = peer();
    await cache.close();
    await other.set("k", 1);
    same(await other.get("k"), 1);
  },
});
