import { createCache, defineTier, memoize, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, faultyTier, mapData, mapTier, rejects, same, suite } from "../../contract/mod.ts";
import { HUNDRED } from "../cache/tools.ts";

/** Faults that caches for functions had, each of which must not come in here. */
export const tests: TestCase[] = suite("faults of other caches of functions", {
  "cacheable: falsy results in a lower tier are misses": async () => {
    const cache = createCache({ tiers: [memory(), mapTier({ data: mapData() })] });
    let runs = 0;
    const give = cache.wrap(async (value: unknown) => [value, runs++][0], {
      name: "give",
      key: (value) => [value as string],
    });
    for (const value of [0, false, "", null, undefined]) {
      await give(value);
      await cache.namespace("fn:give").evictAll();
      same(await give(value), value);
    }
    same(runs, 5);
  },
  "cacheable: errors of the function become undefined": async () => {
    const fail = createCache().wrap(
      async () => {
        throw new RangeError("down");
      },
      { name: "fail" },
    );
    await rejects(fail(), RangeError);
    await rejects(fail.refresh(), RangeError);
  },
  "bentocache: a failing function runs once for each of those who wait": async () => {
    let runs = 0;
    const fail = createCache().wrap(
      async () => {
        runs++;
        throw new RangeError("down");
      },
      { name: "fail" },
    );
    await Promise.all(HUNDRED.map(() => rejects(fail(), RangeError)));
    same(runs, 1);
  },
  "cachified: a cache that is down rejects the caller": async () => {
    const data = mapData();
    const lower = defineTier(faultyTier(mapTier({ data })));
    const cache = createCache({ tiers: [memory(), lower] });
    const find = cache.wrap(async (id: number) => id, { name: "find" });
    lower.faults.fail("throw");
    same(await find(1), 1);
    same(await find(1), 1);
    same(await find.get(1), 1);
    same(await find.refresh(1), 1);
  },
  "async-cache-dedupe: clear of the call with 0 removes all calls": async () => {
    const find = createCache().wrap(async (id: number) => id, { name: "find" });
    for (const id of [0, 1, -0]) await find(id);
    same(await find.invalidate(0), true);
    equal([await find.has(0), await find.has(1), await find.has(-0)], [false, true, true]);
  },
  "async-cache-dedupe: clear of a function removes those whose names begin with its own": async () => {
    const cache = createCache();
    const get = cache.wrap(async () => 1, { name: "get" });
    const getUser = cache.wrap(async () => 2, { name: "getUser" });
    await get();
    await getUser();
    await get.clear();
    equal([await get.has(), await getUser.has()], [false, true]);
  },
  "cache-manager: a ttl is seconds here and milliseconds there": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const number = cache.wrap(async () => 1, { name: "number", ttl: 1000 });
    const text = cache.wrap(async () => 1, { name: "text", ttl: "1s" });
    const told = cache.wrap(async () => 1, { name: "told", ttl: () => 1000 });
    const set = cache.wrap(async () => 1, { name: "set", ttl: () => "1s" });
    for (const fn of [number, text, told]) await fn();
    await set.set([], 1);
    await clock.advance(999);
    for (const fn of [number, text, told, set]) same(await fn.has(), true);
    await clock.advance(1);
    for (const fn of [number, text, told, set]) same(await fn.has(), false);
  },
  "layered-loader: an invalidation while the function runs is undone by its result": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    let resolve!: (value: string) => void;
    const answers = [new Promise<string>((done) => (resolve = done)), Promise.resolve("new")];
    const read = cache.wrap(() => answers.shift()!, { name: "read" });
    const call = read();
    await clock.settle();
    await read.invalidate();
    resolve("old");
    await call;
    same(await read(), "new");
  },
  "lodash memoize: the first argument alone is the key": async () => {
    const add = memoize(async (a: number, b: number) => a + b);
    equal([await add(1, 1), await add(1, 2)], [2, 3]);
  },
  "p-memoize and others: keys by JSON take Map, Set, Date, -0 and NaN for one another": async () => {
    let runs = 0;
    const count = memoize(async (_: unknown) => ++runs);
    const values = [new Map([["a", 1]]), new Map([["a", 2]]), new Set([1]), new Set([2]), {}, -0, 0, Number.NaN, null];
    for (const value of values) await count(value);
    same(runs, values.length);
  },
  "cachu: get of an entry that validate rejects answers with it, and so does one of set with a ttl of the result":
    async () => {
      const clock = fakeClock();
      const cache = createCache({ clock });
      const price = cache.wrap(async (_: string) => 5, {
        name: "price",
        ttl: "1h",
        validate: ({ age }) => age < 60_000,
      });
      await price("a");
      await clock.advance("1m");
      same(await price.get("a"), undefined);
      const config = cache.wrap(async () => ({ seconds: 5 }), { name: "config", ttl: ({ seconds }) => seconds * 1000 });
      await config.set([], { seconds: 60 });
      await clock.advance("59s");
      equal(await config.get(), { seconds: 60 });
      await clock.advance("1s");
      same(await config.get(), undefined);
    },
  "cachu: a failed refresh has removed the old result": async () => {
    let isDown = false;
    const read = createCache().wrap(
      async () => {
        if (isDown) throw new RangeError("down");
        return "old";
      },
      { name: "read" },
    );
    await read();
    isDown = true;
    await rejects(read.refresh(), RangeError);
    same(await read(), "old");
  },
  "cachka: a recursive function waits for itself": async () => {
    const cache = createCache();
    const depth = cache.wrap(async (n: number): Promise<number> => (n === 0 ? 0 : 1 + (await depth(n - 1))), {
      name: "depth",
    });
    same(await depth(500), 500);
  },
});
