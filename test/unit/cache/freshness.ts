import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { aged, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, stateOf, unwanted } from "./tools.ts";

const down = () => Promise.reject(new RangeError("down"));

export const freshness: StackSuite = stackSuite("freshness", {
  "grace serves the old value when the load fails, to its last millisecond": async (open) => {
    for (const [age, served] of [
      [1000, true],
      [3999, true],
      [4000, false],
    ] as const) {
      const { cache } = await aged(open, age, { grace: 3000 });
      if (served) same(await cache.getOrSet("k", down), "old");
      else await rejects(cache.getOrSet("k", down), RangeError);
      same(cache.stats().staleHits, served ? 1 : 0);
    }
  },
  "grace waits for the loader, which is told the old value": async (open) => {
    const { cache } = await aged(open, 1000, { grace: 3000 });
    same(await cache.getOrSet("k", async ({ stale }) => `after ${stale}`), "after old");
    same(await cache.get("k"), "after old");
    same(cache.stats().staleHits, 0);
  },
  "grace covers a loader that throws at once, and one that is too late": async (open) => {
    const thrown = await aged(open, 1000, { grace: 3000 });
    same(
      await thrown.cache.getOrSet("k", () => {
        throw new RangeError();
      }),
      "old",
    );
    const late = await aged(open, 1000, { grace: 3000, hardTimeout: 50 });
    const call = late.cache.getOrSet("k", () => new Promise<never>(() => {}));
    await late.clock.advance(50);
    same(await call, "old");
  },
  "the grace of the call counts, if the entry was kept for as long": async (open) => {
    const { cache } = await aged(open, 2000, { grace: 3000 });
    await rejects(cache.getOrSet("k", down, { grace: 1000 }), RangeError);
    await rejects(cache.getOrSet("k", down, { grace: 0 }), RangeError);
    same(await cache.getOrSet("k", down, { grace: 1001 }), "old");
    const short = await aged(open, 2000, { grace: 500 });
    await rejects(short.cache.getOrSet("k", down, { grace: "1h" }), RangeError);
  },
  "swr serves the old value at once and loads in the background, one load at a time": async (open) => {
    const { cache, clock } = await aged(open, 1000, { swr: 3000 });
    const gate = deferred<string>();
    let runs = 0;
    const loader = ({ stale }: { stale: unknown }) => {
      runs++;
      return gate.promise.then((value) => `${value} after ${stale}`);
    };
    equal(await Promise.all([1, 2, 3].map(() => cache.getOrSet("k", loader))), ["old", "old", "old"]);
    await clock.settle();
    same(await cache.getOrSet("k", loader), "old");
    same(runs, 1);
    gate.resolve("new");
    await clock.settle();
    same(await cache.getOrSet("k", unwanted), "new after old");
    equal([cache.stats().staleHits, cache.stats().hits, cache.stats().misses], [4, 1, 0]);
  },
  "what was expired by tag is refreshed once for many callers": async (open) => {
    for (const match of ["any", "all", "exact"] as const) {
      const { cache, clock } = open({ swr: "1h" });
      await cache.set("k", "old", { tags: ["t", "u"] });
      await cache.invalidateTags(["t", "u"], { match, mode: "expire" });
      const gate = deferred<string>();
      let runs = 0;
      for (let i = 0; i < 5; i++) {
        same(
          await cache.getOrSet(
            "k",
            () => {
              runs++;
              return gate.promise;
            },
            { tags: ["t", "u"] },
          ),
          "old",
        );
        await clock.settle();
      }
      same(runs, 1, match);
      gate.resolve("new");
      await clock.settle();
      same(await cache.get("k"), "new", match);
    }
  },
  "a caller who gives up does not cancel a refresh in the background": async (open) => {
    const { cache, clock } = await aged(open, 1000, { swr: 3000 });
    const gate = deferred<string>();
    let seen: AbortSignal | undefined;
    same(
      await cache.getOrSet("k", ({ signal }) => {
        seen = signal;
        return gate.promise;
      }),
      "old",
    );
    const mine = new AbortController();
    const waiting = cache.getOrSet("k", unwanted, { swr: 0, signal: mine.signal });
    await clock.settle();
    mine.abort(new RangeError());
    await rejects(waiting, RangeError);
    same(seen?.aborted, false);
    gate.resolve("new");
    await clock.settle();
    same(await cache.get("k"), "new");
  },
  "swr ends to the millisecond": async (open) => {
    const inside = await aged(open, 3999, { swr: 3000 });
    same(await inside.cache.getOrSet("k", () => "new"), "old");
    const over = await aged(open, 4000, { swr: 3000 });
    same(await over.cache.getOrSet("k", () => "new"), "new");
    const call = await aged(open, 1500, { swr: 3000 });
    same(await call.cache.getOrSet("k", () => "new", { swr: 500 }), "new");
  },
  "a refresh in the background that fails harms nobody and is told": async (open) => {
    const { cache, clock } = await aged(open, 1000, { swr: 3000 });
    const errors: unknown[] = [];
    cache.on("error", ({ error, operation, key }) => errors.push([(error as Error).message, operation, key]));
    same(await cache.getOrSet("k", down), "old");
    await clock.settle();
    equal(errors, [["down", "refresh", "k"]]);
    same(await cache.getOrSet("k", () => "new"), "old");
    await clock.settle();
    same(await cache.get("k"), "new");
  },
  "work in the background goes to waitUntil, the call's before the cache's": async (open) => {
    const works: Promise<unknown>[][] = [[], []];
    const { cache, clock } = await aged(open, 1000, {
      swr: 3000,
      waitUntil: (work: Promise<unknown>) => works[0]!.push(work),
    });
    const base = works[0]!.length;
    const gate = deferred<string>();
    await cache.getOrSet("k", () => gate.promise);
    ok(works[0]!.length > base);
    same(await stateOf(works[0]!.at(-1)!, clock.settle), "pending");
    gate.reject(new RangeError());
    // Never a rejection: the host would take it for a failed request.
    for (const work of works[0]!) same(await stateOf(work, clock.settle), "resolved");
    const before = works[0]!.length;
    await cache.getOrSet("k", () => "new", { waitUntil: (work) => works[1]!.push(work) });
    same(works[0]!.length, before);
    ok(works[1]!.length > 0);
    await Promise.all(works[1]!);
    same(await cache.get("k"), "new");
  },
  "a waitUntil that throws or rejects is an error event, and harms neither loads, stale hits nor sweeps": async (
    open,
  ) => {
    for (const waitUntil of [
      () => {
        throw new RangeError("no request");
      },
      (() => Promise.reject(new RangeError("no request"))) as () => void,
    ]) {
      const { cache, clock } = await aged(open, 1000, { swr: "1h", waitUntil, sweepInterval: 10_000 });
      const operations = new Set<string>();
      cache.on("error", ({ operation }) => operations.add(operation));
      same(await cache.getOrSet("k", () => "new"), "old");
      await clock.settle();
      same(await cache.get("k"), "new");
      same(await cache.getOrSet("other", async () => "loaded", { waitUntil, ttl: 1000 }), "loaded");
      await clock.advance(30_000);
      equal([...operations], ["waitUntil"]);
    }
  },
  "softTimeout serves the old value while the loader goes on": async (open) => {
    const { cache, clock } = await aged(open, 1000, { grace: 3000, softTimeout: 100 });
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise);
    await clock.advance(99);
    same(await stateOf(call, clock.settle), "pending");
    await clock.advance(1);
    same(await call, "old");
    gate.resolve("new");
    await clock.settle();
    same(await cache.get("k"), "new");
    equal([cache.stats().staleHits, cache.stats().loads], [1, 1]);
  },
  "softTimeout without an old value waits for the loader": async (open) => {
    const { cache, clock } = open({ grace: 3000, softTimeout: 100 });
    const gate = deferred<string>();
    const call = cache.getOrSet("k", () => gate.promise);
    await clock.advance(5000);
    same(await stateOf(call, clock.settle), "pending");
    gate.resolve("new");
    same(await call, "new");
    const expired = await aged(open, 1000, { softTimeout: 100 });
    const other = expired.cache.getOrSet("k", () => gate.promise);
    same(await other, "new");
  },
  "softTimeout runs from the beginning of the load, for those who join too": async (open) => {
    const { cache, clock } = await aged(open, 1000, { grace: 30_000, softTimeout: 100 });
    const first = cache.getOrSet("k", () => new Promise<never>(() => {}));
    await clock.advance(60);
    const joined = cache.getOrSet("k", unwanted);
    await clock.advance(40);
    same(await first, "old");
    same(await joined, "old");
  },
  "a loader that ends before softTimeout leaves no timer behind": async (open) => {
    const { cache, clock } = await aged(open, 1000, { grace: 3000, softTimeout: 100, hardTimeout: 200 });
    const before = clock.pendingTimers;
    same(await cache.getOrSet("k", async () => "new"), "new");
    await rejects(cache.getOrSet("other", down), RangeError);
    await clock.settle();
    same(clock.pendingTimers, before);
  },
  "hardTimeout rejects all who wait, aborts the loader, and its late value is not stored": async (open) => {
    const { cache, clock } = open({ hardTimeout: 100 });
    const gate = deferred<string>();
    let seen: AbortSignal | undefined;
    const calls = [1, 2].map(() =>
      cache.getOrSet("k", ({ signal }) => {
        seen = signal;
        return gate.promise;
      }),
    );
    const rejected = calls.map((call) => rejects(call, "LOAD_TIMEOUT"));
    await clock.advance(99);
    same(seen?.aborted, false);
    same(await stateOf(calls[0]!, clock.settle), "pending");
    await clock.advance(1);
    await Promise.all(rejected);
    same(seen?.aborted, true);
    gate.resolve("late");
    await clock.settle();
    same(await cache.get("k"), undefined);
    same(cache.stats().loadErrors, 1);
  },
  "hardTimeout ends a refresh in the background too": async (open) => {
    const { cache, clock } = await aged(open, 1000, { swr: 30_000, hardTimeout: 100 });
    same(await cache.getOrSet("k", () => new Promise<never>(() => {})), "old");
    await clock.advance(100);
    same(await cache.getOrSet("k", () => "new"), "old");
    await clock.settle();
    same(await cache.get("k"), "new");
  },
  "a value that is made anew has a new life": async (open) => {
    const { cache, clock } = await aged(open, 1000, { ttl: 1000, swr: 3000 });
    await cache.getOrSet("k", () => "new");
    await clock.settle();
    await clock.advance(999);
    same(await cache.get("k"), "new");
    await clock.advance(1);
    same(await cache.get("k"), undefined);
    // Its staleness counts from then too.
    await clock.advance(2999);
    same(await cache.getOrSet("k", () => new Promise<never>(() => {})), "new");
  },
  "a reader with another version has no old value to be served": async (open) => {
    const { cache } = await aged(open, 1000, { grace: 3000, swr: 3000 });
    same(await cache.getOrSet("k", ({ stale }) => String(stale), { version: "2" }), "undefined");
  },
});
