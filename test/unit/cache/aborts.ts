import { ConfigError } from "../../../mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, HUNDRED, unwanted } from "./tools.ts";

export const aborts: StackSuite = stackSuite("aborting", {
  "one caller's abort leaves the other ninety-nine alone": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const mine = new AbortController();
    let seen: AbortSignal | undefined;
    const aborted = cache.getOrSet(
      "k",
      ({ signal }) => {
        seen = signal;
        return gate.promise;
      },
      { signal: mine.signal },
    );
    await clock.settle();
    const others = HUNDRED.slice(1).map(() => cache.getOrSet("k", unwanted));
    const reason = new RangeError("mine alone");
    mine.abort(reason);
    same(await rejects(aborted, RangeError), reason);
    same(seen?.aborted, false);
    gate.resolve("value");
    equal(new Set(await Promise.all(others)), new Set(["value"]));
    same(await cache.get("k"), "value");
  },
  "the loader's signal aborts when the last caller has gone, and not before": async (open) => {
    const { cache, clock } = open();
    const controllers = [1, 2, 3].map(() => new AbortController());
    let seen: AbortSignal | undefined;
    const callers = controllers.map(({ signal }) =>
      cache.getOrSet(
        "k",
        (context) => {
          seen = context.signal;
          return new Promise<never>(() => {});
        },
        { signal },
      ),
    );
    await clock.settle();
    for (const [i, controller] of controllers.entries()) {
      same(seen?.aborted, false);
      controller.abort(new RangeError(`gone ${i}`));
      await rejects(callers[i]!, RangeError);
      await clock.settle();
    }
    same(seen?.aborted, true);
    // Nobody joins what was given up.
    same(await cache.getOrSet("k", () => "a new load"), "a new load");
  },
  "the signal is aborted for a loader that asks late": async (open) => {
    const { cache, clock } = open();
    const mine = new AbortController();
    const gate = deferred();
    let aborted: boolean | undefined;
    const call = cache.getOrSet(
      "k",
      async (context) => {
        await gate.promise;
        aborted = context.signal.aborted;
      },
      { signal: mine.signal },
    );
    await clock.settle();
    mine.abort(new RangeError());
    await rejects(call, RangeError);
    gate.resolve();
    await clock.settle();
    same(aborted, true);
  },
  "an aborted call never begins": async (open) => {
    const { cache } = open();
    const signal = AbortSignal.abort(new RangeError("before"));
    await cache.set("k", 1);
    for (const call of [
      () => cache.get("k", { signal }),
      () => cache.getOrSet("none", unwanted, { signal }),
      () => cache.getOrSetMany(["none"], unwanted, { signal }),
      () => cache.set("k", 2, { signal }),
      () => cache.delete("k", { signal }),
      () => cache.clear({ signal }),
      () => cache.keys({ signal }),
      () => cache.invalidatePattern("*", { signal }),
      () => cache.invalidateTags(["t"], { signal }),
      () => cache.touch("k", { ttl: 0, signal }),
      () => cache.has("k", { signal }),
      () => cache.getMany(["k"], { signal }),
      () => cache.setMany([{ key: "k", value: 3 }], { signal }),
      () => cache.prune({ signal }),
      () => cache.evict("k", { signal }),
      () => cache.evictAll({ signal }),
      () => cache.size({ signal }),
      () => cache.meta("k", { signal }),
    ]) {
      await rejects(call, RangeError);
    }
    same(await cache.get("k"), 1);
    same(await cache.getEntry("k").then((entry) => entry?.value), 1);
  },
  "what is no signal is refused, and no rejection is left that nobody handles": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 1);
    for (const signal of [{}, 42, "signal", () => {}]) {
      const options = { signal } as never;
      await rejects(cache.get("k", options), ConfigError);
      await rejects(cache.set("k", 2, options), ConfigError);
      await rejects(cache.getOrSet("none", unwanted, options), ConfigError);
      await clock.settle();
    }
    same(await cache.get("k"), 1);
  },
  "nothing is loaded for callers who have left before it began": async (open) => {
    const { cache, clock } = open();
    const mine = new AbortController();
    const { signal } = mine;
    const calls = [cache.getOrSet("k", unwanted, { signal }), cache.getOrSetMany(["a", "b"], unwanted, { signal })];
    mine.abort(new RangeError("gone"));
    for (const call of calls) await rejects(call, RangeError);
    await clock.settle();
    same(cache.stats().loads, 0);
    same(await cache.getOrSet("k", () => "a new load"), "a new load");
  },
  "a load of many is told when all have left": async (open) => {
    const { cache, clock } = open();
    const [early, late] = [new AbortController(), new AbortController()];
    let seen: AbortSignal | undefined;
    const both = cache.getOrSetMany(
      ["a", "b"],
      (_, { signal }) => {
        seen = signal;
        return new Promise<never>(() => {});
      },
      { signal: early.signal },
    );
    await clock.settle();
    const joined = cache.getOrSet("a", unwanted, { signal: late.signal });
    await clock.settle();
    early.abort(new RangeError("gone"));
    await rejects(both, RangeError);
    await clock.settle();
    same(seen?.aborted, false);
    late.abort(new RangeError("gone too"));
    await rejects(joined, RangeError);
    same(seen?.aborted, true);
  },
  "an abort of a refresh ends the waiting, whatever is being waited for": async (open) => {
    const { cache, clock } = open();
    const wrapped = cache.wrap(() => new Promise<never>(() => {}), { name: "f" });
    const mine = new AbortController();
    const refreshed = wrapped.with({ mode: "refresh", signal: mine.signal })();
    mine.abort(new RangeError("gone"));
    await rejects(refreshed, RangeError);
    await clock.settle();
  },
  "an abort while joining another's load": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const first = cache.getOrSet("k", () => gate.promise);
    const mine = new AbortController();
    const joined = cache.getOrSet("k", unwanted, { signal: mine.signal });
    await clock.settle();
    mine.abort(new RangeError());
    await rejects(joined, RangeError);
    gate.resolve("value");
    same(await first, "value");
  },
  "a signal of a library counts, whatever else it has not": async (open) => {
    const { cache, clock } = open();
    const signal = { aborted: false, addEventListener() {}, removeEventListener() {} } as unknown as AbortSignal;
    const wrapped = cache.wrap(async (_signal: AbortSignal, n: number) => n, { name: "f" });
    const refreshed = wrapped.refresh(signal, 1);
    await clock.settle();
    same(await refreshed, 1);
    await cache.set("k", 1, { tags: ["t"], signal } as never);
    const keys: unknown[] = [];
    for await (const { key } of cache.entries({ signal })) keys.push(key);
    await cache.clear({ tags: "t", signal });
    same(await cache.has("k"), false);
    same(keys.includes("k"), true);
  },
  "an error from an aborted load is not remembered": async (open) => {
    const { cache, clock } = open({ negativeTtl: "1h" });
    const mine = new AbortController();
    const call = cache.getOrSet(
      "k",
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      { signal: mine.signal },
    );
    await clock.settle();
    mine.abort(new RangeError("gone"));
    await rejects(call, RangeError);
    await clock.settle();
    same(await cache.getOrSet("k", () => "a new load"), "a new load");
  },
});
