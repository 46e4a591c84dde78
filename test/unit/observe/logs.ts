import { createCache, lru, memory } from "../../../mod.ts";
import { memoryLog } from "../../../src/observe/log.ts";
import { accessLog, events, evictionLog, hotKeys, type LogStore } from "../../../src/observe/mod.ts";
import { SpaceSaving } from "../../../src/observe/space-saving.ts";
import { verbsOf } from "../../../src/verbs/inside.ts";
import { equal, fakeClock, nullTierWith, ok, same, seededRandom, suite, type TestCase, throws } from "./tools.ts";

function open(options: object = {}) {
  const clock = fakeClock();
  return { clock, cache: createCache({ name: "app", clock, sweepInterval: 0, ...options }) };
}

const accesses: TestCase[] = suite("access log", {
  "tells how often each key was read and when last, hit or miss, and forgets on demand": async () => {
    const { cache, clock } = open();
    const log = accessLog(cache);
    await cache.set("a", 1);
    await cache.get("a");
    await cache.getOrSet("a", () => 2);
    await clock.advance("1m");
    await cache.getMany(["a", "b"]);
    await cache.getOrSet(["c", 1], () => 3);
    const now = clock.now();
    const rows = await log.list();
    equal(
      rows.map(({ key, count }) => [key, count]).sort(),
      [
        ["a", 3],
        ["b", 1],
        [["c", 1], 1],
      ].sort(),
    );
    ok(rows.every(({ lastAt }) => lastAt === now));
    equal(
      (await log.list({ order: "count", limit: 1 })).map(({ key }) => key),
      ["a"],
    );
    same((await log.get(["c", 1]))?.count, 1);
    equal([await log.delete("a"), await log.delete("a"), await log.get("a")], [true, false, undefined]);
    await log.clear();
    equal(await log.list(), []);
    await cache.close();
  },
  "one of a namespace shows what is in there, with its keys": async () => {
    const { cache } = open();
    const users = cache.namespace("users");
    const log = accessLog(users);
    await users.get("ada");
    await cache.get("ada");
    equal(
      (await log.list()).map(({ key, count }) => [key, count]),
      [["ada", 1]],
    );
    await log.clear();
    equal(await log.list(), []);
    equal(
      (await accessLog(cache).list()).map(({ key }) => key),
      ["ada"],
    );
    await cache.close();
  },
  "attached twice it counts once, and what is stopped counts no more": async () => {
    const { cache } = open();
    const [one, two] = [accessLog(cache), accessLog(cache)];
    await cache.get("k");
    same((await one.get("k"))?.count, 1);
    await one.stop();
    await cache.get("k");
    same((await two.get("k"))?.count, 2);
    await two.stop();
    await cache.get("k");
    same((await two.get("k"))?.count, 2);
    await cache.close();
  },
  "keeps the profile and stays within its bound, the oldest going first": async () => {
    const { cache, clock } = open({ profile: "p" });
    const log = accessLog(cache, { limit: 10 });
    for (let i = 0; i < 30; i++) {
      await cache.get(`${i}`);
      await log.flush();
      await clock.advance(10);
    }
    const rows = await log.list();
    same(rows.length, 10);
    equal([rows[0]!.key, rows[9]!.key, rows[0]!.profile], ["29", "20", "p"]);
    await cache.close();
  },
  "is written within two seconds, and at close": async () => {
    const kept: string[] = [];
    const store: LogStore = {
      ...memoryLog(),
      add: (rows) => void kept.push(...rows.map(({ key, count }) => `${key} ${count}`)),
    };
    const clock = fakeClock();
    const cache = createCache({ name: "app", clock, tiers: [memory(), nullTierWith(store)], sweepInterval: 0 });
    accessLog(cache);
    await cache.get("a");
    await cache.get("a");
    await clock.advance(2_000);
    equal(kept.splice(0), ["app:a 2"]);
    await cache.get("b");
    await cache.close();
    equal(kept, ["app:b 1"]);
  },
  "a store that fails is told, loses what it was given, and harms nobody": async () => {
    const store: LogStore = {
      ...memoryLog(),
      add: () => Promise.reject(new RangeError("full")),
    };
    const clock = fakeClock();
    const cache = createCache({ name: "app", clock, tiers: [memory(), nullTierWith(store)], sweepInterval: 0 });
    const errors: unknown[] = [];
    cache.on("error", ({ error, operation }) => errors.push([(error as Error).message, operation]));
    accessLog(cache);
    await cache.get("a");
    await clock.advance(2_000);
    equal(errors, [["full", "log"]]);
    await cache.get("b");
    await cache.close();
    same(errors.length, 2);
  },
  "a bound is checked": () => {
    throws(() => accessLog(open().cache, { limit: 0 }), "CONFIG");
    throws(() => evictionLog(open().cache, { limit: 1.5 }), "CONFIG");
    throws(() => accessLog({} as never), "CONFIG");
  },
});

const evictions: TestCase[] = suite("eviction log", {
  "tells what left, why, and how often it was read": async () => {
    const { cache, clock } = open({ tiers: [memory({ maxEntries: 2, policy: lru() })], profile: "p" });
    accessLog(cache);
    const log = evictionLog(cache);
    await cache.set("a", 1);
    await cache.get("a");
    await cache.get("a");
    await cache.set("b", 1, { ttl: 10 });
    await cache.set("c", 1);
    await clock.advance(10);
    await cache.get("b");
    await cache.delete("c");
    await cache.delete("none");
    await cache.setMany(["d", "e"].map((key) => ({ key, value: 1, tags: ["t"] })));
    await cache.evict("d");
    await cache.invalidatePattern("e*");
    await cache.invalidateTags(["t", "u"]);
    await cache.clear();
    const rows = await log.list();
    equal(rows.map(({ key, reason, accesses, profile }) => [key, reason, accesses, profile]).reverse(), [
      ["a", "capacity", 2, "p"],
      ["b", "ttl", 1, "p"],
      ["c", "delete", undefined, "p"],
      ["d", "manual", undefined, "p"],
      ["e", "pattern", undefined, "p"],
      ["t, u", "tag", undefined, "p"],
      ["app", "clear", undefined, "p"],
    ]);
    same((await log.get("b"))?.at, clock.now());
    await cache.close();
  },
  "no tag that is invalidated outside is a row of a namespace": async () => {
    const { cache } = open();
    const [all, inside] = [evictionLog(cache), evictionLog(cache.namespace("a"))];
    for (const tag of ["@a:k", "[t", "\\t"]) await cache.invalidateTags(tag);
    equal(await inside.list(), []);
    equal((await all.list()).map(({ key, reason }) => [key, reason]).reverse(), [
      ["@a:k", "tag"],
      ["[t", "tag"],
      ["\\t", "tag"],
    ]);
    await cache.close();
  },
  "stays within its bound; stopped it logs no more; a close is one row": async () => {
    const { cache } = open({ tiers: [memory({ maxEntries: 1 })] });
    const log = evictionLog(cache, { limit: 5 });
    for (let i = 0; i < 30; i++) await cache.set(`${i}`, i);
    equal(
      (await log.list()).map(({ key }) => key),
      ["28", "27", "26", "25", "24"],
    );
    await log.stop();
    await cache.set("more", 1);
    same((await log.list())[0]?.key, "28");
    const again = evictionLog(cache);
    await cache.close();
    same((await again.list())[0]?.reason, "shutdown");
  },
});

const hot: TestCase[] = suite("hot keys", {
  "tells what is read most, exactly while there is room": async () => {
    const { cache } = open();
    const all = hotKeys(cache);
    await cache.set("a", 1);
    for (let i = 0; i < 5; i++) await cache.get("a");
    for (let i = 0; i < 3; i++) await cache.getOrSet("b", () => 1);
    await cache.get(["c"]);
    equal(all.top(2), [
      { key: "a", count: 5, error: 0 },
      { key: "b", count: 3, error: 0 },
    ]);
    equal([all.total, all.top().length], [9, 3]);
    all.reset();
    equal([all.total, all.top()], [0, []]);
    await all.stop();
    await cache.get("a");
    same(all.total, 0);
    await cache.close();
  },
  "of a namespace it tells the keys in there": async () => {
    const { cache } = open();
    const users = cache.namespace("users");
    const all = hotKeys(users);
    await users.get("ada");
    await cache.get("ada");
    equal(all.top(), [{ key: "ada", count: 1, error: 0 }]);
    await cache.close();
  },
  "hits of the synchronous face and of functions are reads too, and counts of stats stay the same": async () => {
    const { cache } = open();
    const all = hotKeys(cache);
    cache.sync.set("k", 1);
    for (let i = 0; i < 5_000; i++) cache.sync.get("k");
    const one = cache.wrap((n: number) => n, { name: "one" });
    await one(1);
    await one(1);
    equal(
      all.top(2).map(({ count }) => count),
      [5_000, 2],
    );
    same(cache.stats().hits, 5_001);
    await cache.close();
  },
  "no count is too low, and none too high by more than the bound": () => {
    const random = seededRandom(7);
    const sketch = new SpaceSaving(100);
    const exact = new Map<string, number>();
    let total = 0;
    for (let i = 0; i < 20_000; i++) {
      const key = `k${Math.floor(2_000 * random() ** 3)}`;
      const times = 1 + Math.floor(random() * 3);
      sketch.add(key, times);
      exact.set(key, (exact.get(key) ?? 0) + times);
      total += times;
    }
    same(sketch.total, total);
    const all = sketch.top(Infinity);
    same(all.length, 100);
    for (const { key, count, error } of all) {
      const real = exact.get(key)!;
      ok(count >= real && count - error <= real && error <= total / 100, `${key}: ${count} ± ${error} of ${real}`);
    }
    for (const [key, real] of exact)
      if (real > total / 100)
        ok(
          all.some((one) => one.key === key),
          `${key} with ${real} must be there`,
        );
  },
  "options are checked": () => {
    throws(() => hotKeys(open().cache, { capacity: 0 }), "CONFIG");
    for (const persist of [5, "yes", null]) throws(() => hotKeys(open().cache, { persist } as never), "CONFIG");
  },
});

const stream: TestCase[] = suite("event stream", {
  "gives events in their order, and ends with the loop": async () => {
    const { cache, clock } = open();
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const { name, at, event } of events(cache)) {
        seen.push([name, at, (event as { key?: string }).key]);
        if (name === "delete") break;
      }
    })();
    await cache.get("k");
    await cache.set("k", 1);
    await cache.get("k");
    await cache.delete("k");
    await watching;
    const now = clock.now();
    equal(seen, [
      ["miss", now, "k"],
      ["set", now, "k"],
      ["hit", now, "k"],
      ["delete", now, "k"],
    ]);
    await cache.close();
  },
  "ends when the cache is closed, or the signal aborted, after what was told before": async () => {
    const { cache } = open();
    const controller = new AbortController();
    const all = async (options: object) => {
      const names: string[] = [];
      for await (const { name } of events(cache, options)) names.push(name);
      return names;
    };
    const [closed, aborted] = [all({}), all({ signal: controller.signal, names: ["miss"] })];
    await cache.get("k");
    controller.abort();
    equal(await aborted, ["miss"]);
    await cache.close();
    equal(await closed, ["miss"]);
    equal(await all({}), []);
  },
  "of what nobody takes the oldest are lost, and counted": async () => {
    const { cache } = open();
    const told = events(cache, { limit: 3, names: ["miss"] });
    const iterator = told[Symbol.asyncIterator]();
    for (let i = 0; i < 20; i++) await cache.get(`${i}`);
    same(told.lost, 17);
    const keys: unknown[] = [];
    for (let i = 0; i < 3; i++) keys.push(((await iterator.next()).value as { event: { key: string } }).event.key);
    equal(keys, ["17", "18", "19"]);
    await iterator.return!();
    equal(await iterator.next(), { done: true, value: undefined });
    await cache.get("k");
    same(told.lost, 17);
    await cache.close();
  },
  "who asks for several events at once gets one each, and at the end none": async () => {
    const { cache } = open();
    const iterator = events(cache, { names: ["set"] })[Symbol.asyncIterator]();
    const steps = [1, 2, 3, 4].map(() => iterator.next());
    await cache.set("a", 1);
    await cache.set("b", 1);
    const keys = (await Promise.all(steps.slice(0, 2))).map(({ value }) => (value.event as { key: string }).key);
    equal(keys, ["a", "b"]);
    await iterator.return!();
    equal(
      (await Promise.all(steps.slice(2))).map(({ done }) => done),
      [true, true],
    );
    await cache.close();
  },
  "options are checked": () => {
    throws(() => events(open().cache, { names: ["none" as never] }), "CONFIG");
    throws(() => events(open().cache, { limit: 0 }), "CONFIG");
  },
});

const attaching: TestCase[] = suite("observers", {
  "what is stopped leaves nothing in the cache, whatever was attached besides": async () => {
    const { cache } = open();
    const { engine } = verbsOf(cache);
    const hooks = () => [engine.seen, engine.gone, engine.ending, engine.viewed, engine.around].map(Boolean);
    equal(hooks(), [false, false, false, false, false]);
    const [one, two, three] = [accessLog(cache), hotKeys(cache), evictionLog(cache)];
    equal(hooks(), [true, true, true, false, false]);
    await one.stop();
    await three.stop();
    equal(hooks(), [true, false, true, false, false]);
    await two.stop();
    equal(hooks(), [false, false, false, false, false]);
    same(engine.quick, true);
    await cache.close();
  },
  "observers of two caches do not hear of each other": async () => {
    const [one, two] = [open().cache, open().cache];
    const [first, second] = [hotKeys(one), hotKeys(two)];
    await one.get("k");
    equal([first.total, second.total], [1, 0]);
    await one.close();
    await two.close();
  },
  "many reads are thinned out, and the estimate is near": async () => {
    const { cache } = open();
    const hot = hotKeys(cache);
    cache.sync.set("a", 1);
    cache.sync.set("b", 1);
    for (let i = 0; i < 500_000; i++) cache.sync.get(i % 5 === 0 ? "b" : "a");
    const [a, b] = hot.top(2);
    ok(Math.abs(a!.count - 400_000) < 20_000 && Math.abs(b!.count - 100_000) < 10_000, `${a!.count} and ${b!.count}`);
    same(cache.stats().hits, 500_000);
    await cache.close();
  },
});

export const tests: TestCase[] = [...attaching, ...accesses, ...evictions, ...hot, ...stream];
