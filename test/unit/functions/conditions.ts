import { ValueError } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { STACKS, stackSuite } from "../cache/stacks.ts";
import { deferred, HUNDRED, unwanted } from "../cache/tools.ts";

/** Loaders that count. */
function counted<T>(make: (run: number) => T): { load: () => Promise<T>; readonly runs: number } {
  const state = { runs: 0, load: async () => make(++state.runs) };
  return state;
}

const shouldCache = stackSuite("shouldCache", {
  "a value that is set and not wanted is not stored, and what was there is outdated": async (open) => {
    const { cache } = open();
    const seen: unknown[] = [];
    const wanted = (value: number | null, { key }: { key: unknown }): boolean => {
      seen.push([key, value]);
      return value !== null;
    };
    await cache.set("k", 1, { shouldCache: wanted });
    same(await cache.get("k"), 1);
    await cache.set("k", null, { shouldCache: wanted });
    same(await cache.get("k"), undefined);
    await cache.setMany(
      [
        { key: "a", value: null },
        { key: "b", value: 2 },
      ] as never,
      { shouldCache: wanted },
    );
    equal(await cache.keys(), ["b"]);
    equal(seen, [
      ["k", 1],
      ["k", null],
      ["a", null],
      ["b", 2],
    ]);
  },
  "a loaded value that is not wanted is returned, and loaded again by the next call": async (open) => {
    const { cache } = open();
    const found = counted((run) => (run < 3 ? [] : [run]));
    const options = { shouldCache: (list: number[]) => list.length > 0 };
    for (const list of [[], [], [3], [3]]) equal(await cache.getOrSet("k", found.load, options), list);
    same(found.runs, 3);
  },
  "one that is not wanted ends the old one, which grace would go on serving": async (open) => {
    const { cache, clock } = open();
    const options = { ttl: 1000, grace: "1h", shouldCache: (value: string | null) => value !== null };
    await cache.set("k", "old", options);
    await clock.advance(2000);
    same(await cache.getOrSet<string | null>("k", () => null, options), null);
    await rejects(
      cache.getOrSet("k", () => Promise.reject(new RangeError("down")), options),
      RangeError,
    );
  },
  "an answer that is a promise is refused, as it would be true whatever it becomes": async (open) => {
    const { cache } = open();
    await rejects(cache.set("k", 1, { shouldCache: (async () => false) as never }), ValueError);
    same(await cache.has("k"), false);
  },
});

const validate = stackSuite("validate", {
  "is told of value and age before a hit of any tier is served, and what is not valid is a miss": async (
    open,
    { depth },
  ) => {
    const { cache, clock } = open();
    const start = clock.now();
    await cache.set("k", 7);
    await clock.advance(500);
    const seen: unknown[] = [];
    let isValid = true;
    const options = {
      default: "default",
      validate: (entry: unknown, { key }: { key: unknown }) => {
        seen.push([key, entry]);
        return isValid;
      },
    };
    for (let at = 0; at < depth; at++) {
      if (at === 1) await cache.evictAll();
      same(await cache.get("k", options), 7);
      same((await cache.getEntry("k", options))?.value, 7);
    }
    equal(new Set(seen.map((entry) => JSON.stringify(entry))).size, 1);
    equal(seen[0], ["k", { value: 7, createdAt: start, age: 500 }]);
    isValid = false;
    same(await cache.get("k", options), "default");
    same(await cache.getEntry("k", options), undefined);
    equal(await cache.getMany(["k", "none"], options), new Map());
    // It concerns the call alone.
    same(await cache.get("k"), 7);
  },
  "what is not valid is loaded anew and stored in every tier": async (open, { depth }) => {
    for (const asynchronous of [false, true]) {
      const { cache } = open();
      await cache.set("k", 0);
      const { load } = counted((run) => run);
      const isAbove = ({ value }: { value: number }): boolean => value > 0;
      const options = { validate: asynchronous ? async (entry: { value: number }) => isAbove(entry) : isAbove };
      same(await cache.getOrSet("k", unwanted, {}), 0);
      same(await cache.getOrSet("k", load, options), 1);
      same(await cache.getOrSet("k", load, options), 1);
      if (depth === 2) await cache.evictAll();
      same(await cache.getOrSet("k", unwanted, options), 1);
      same(await cache.get("k"), 1);
    }
  },
  "a hundred callers to whom the same entry is not valid make one load": async (open) => {
    const { cache } = open();
    await cache.set("k", 0);
    const { promise, resolve } = deferred<number>();
    let runs = 0;
    const load = (): Promise<number> => {
      runs++;
      return promise;
    };
    const calls = HUNDRED.map(() => cache.getOrSet("k", load, { validate: ({ value }) => value > 0 }));
    await cache.get("other");
    resolve(1);
    equal(new Set(await Promise.all(calls)), new Set([1]));
    same(runs, 1);
    same(await cache.get("k"), 1);
  },
  "one caller's refusal is not another's: they share a load, not what is valid": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 0);
    const { promise, resolve } = deferred<number>();
    const strict = cache.getOrSet("k", () => promise, { validate: ({ value }) => value > 0 });
    await clock.settle();
    same(await cache.getOrSet("k", unwanted as () => number), 0);
    same(await cache.getOrSet("k", unwanted as () => number, { validate: ({ value }) => value === 0 }), 0);
    resolve(1);
    same(await strict, 1);
  },
  "who joins another's read takes what it finds only where that is valid": async (open, { depth }) => {
    const { cache, clock, lower } = open();
    if (!lower || depth === 2) return;
    await cache.set("k", 0);
    lower.faults.fail({ getMany: { delay: 100 } }, 1);
    const slow = cache.getOrSet("k", unwanted as () => number);
    const strict = cache.getOrSet("k", () => 1, { validate: ({ value }) => value > 0 });
    await clock.settle();
    await clock.advance(100);
    same(await slow, 0);
    same(await strict, 1);
  },
  "an old value that is not valid is not served when the load fails; a valid one is": async (open) => {
    const { cache, clock } = open();
    const options = { ttl: 1000, grace: "1h" };
    await cache.set("k", "old", options);
    await clock.advance(2000);
    const down = (): never => {
      throw new RangeError("down");
    };
    await rejects(cache.getOrSet("k", down, { ...options, validate: () => false }), RangeError);
    same(await cache.getOrSet<string>("k", down, { ...options, validate: ({ value }) => value === "old" }), "old");
  },
  "an error of its own is the caller's": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    const broken = {
      validate() {
        throw new RangeError("broken");
      },
    };
    await rejects(cache.get("k", broken), RangeError);
    await rejects(
      cache.getOrSet("k", () => 2, broken),
      RangeError,
    );
    same(await cache.getOrSet("k", () => 2), 1);
  },
  "an abort ends the waiting for it": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    const controller = new AbortController();
    const { promise, resolve } = deferred<boolean>();
    const call = cache.getOrSet("k", () => 2, { signal: controller.signal, validate: () => promise });
    controller.abort(new RangeError("enough"));
    await rejects(call, RangeError);
    resolve(true);
    same(await cache.getOrSet("k", () => 2), 1);
  },
  "of many keys those are loaded that are not valid": async (open) => {
    const { cache } = open();
    await cache.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 0 },
    ]);
    const asked: unknown[] = [];
    const load = (keys: readonly unknown[]) => {
      asked.push(...keys);
      return keys.map(() => 5);
    };
    const values = await cache.getOrSetMany(["a", "b", "c"], load, { validate: ({ value }) => value > 0 });
    equal(
      values,
      new Map([
        ["a", 1],
        ["b", 5],
        ["c", 5],
      ]),
    );
    equal(asked, ["b", "c"]);
  },
});

export const tests: TestCase[] = STACKS.flatMap((stack) => [...shouldCache(stack), ...validate(stack)]);
