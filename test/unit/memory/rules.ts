import type { EvictionRule, MemoryView } from "../../../mod.ts";
import { createCache, hardLimit, lfu, lifetime, lru, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapTier, rejects, same, suite, throws } from "../../contract/mod.ts";
import { open } from "./open.ts";

export const tests: TestCase[] = suite("eviction rules", {
  "lru(max) holds its bound, and the lowest of several bounds counts": () => {
    for (const options of [
      { rules: [lru(2)] },
      { policy: lru(2) },
      { policy: lru(), maxEntries: 2 },
      { rules: [lfu(5), lru(2)], maxEntries: 3 },
    ]) {
      const { put, keys, usage } = open(options);
      for (const key of ["a", "b", "c"]) put(key, 1);
      same(keys().length, 2);
      same(usage().maxEntries, 2);
    }
  },
  "hardLimit refuses new keys silently, and never an old one": () => {
    const { put, keys, get, removed, drop } = open({ rules: [hardLimit(2, "reject")] });
    for (const key of ["a", "b", "c"]) put(key, 1);
    equal(keys(), ["a", "b"]);
    put("a", 2);
    same(get("a"), 2);
    drop("b");
    put("c", 3);
    equal(keys(), ["a", "c"]);
    equal(removed, []);
  },
  "hardLimit that throws rejects the write before any tier is changed": async () => {
    const lower = mapTier();
    for (const tiers of [
      [memory({ rules: [hardLimit(2, "throw")] })],
      [memory({ rules: [hardLimit(2, "throw")] }), lower],
    ]) {
      const cache = createCache({ tiers, sweepInterval: 0 });
      await cache.set("a", 1);
      await rejects(
        cache.setMany([
          { key: "b", value: 1 },
          { key: "c", value: 1 },
        ]),
        "TIER_LIMIT",
      );
      equal(await cache.keys(), ["a"]);
      await cache.set("b", 1);
      await rejects(cache.set("c", 1), "TIER_LIMIT");
      await cache.set("b", 2);
      same(await cache.getOrSet("c", () => 3), 3, "a loader's caller has its value all the same");
      equal((await cache.keys()).sort(), ["a", "b"]);
      await cache.delete("a");
      await cache.set("c", 1);
      await cache.close();
    }
  },
  "lifetime lets what is over go before what is not": async () => {
    const { put, keys, clock, removed } = open({ rules: [lifetime(), lru(4)] });
    put("old", 1);
    for (const key of ["x", "y", "z"]) put(key, 1, { freshUntil: clock.now() + 10, staleUntil: clock.now() + 10 });
    await clock.advance(10);
    put("new", 1);
    equal(keys().includes("old"), true);
    equal(
      removed.every((text) => text.endsWith(" ttl")),
      true,
    );
  },
  "lifetime does so where bytes are the bound": async () => {
    const { put, keys, clock } = open({ maxBytes: 4, sizeOf: () => 2, rules: [lifetime(), lru()] });
    put("live", 1);
    put("old", 1, { freshUntil: clock.now() + 10, staleUntil: clock.now() + 10 });
    await clock.advance(10);
    put("new", 1);
    equal(keys(), ["live", "new"]);
  },
  "behind lifetime, hardLimit refuses nobody while there are entries whose time is over": async () => {
    for (const lower of [[], [mapTier()]]) {
      const clock = fakeClock();
      const tier = memory({ rules: [lifetime(), hardLimit(2, "throw")] });
      const cache = createCache({ tiers: [tier, ...lower], sweepInterval: 0, clock });
      await cache.set("a", 1, { ttl: "1s" });
      await cache.set("b", 1);
      await rejects(cache.set("c", 1), "TIER_LIMIT");
      await clock.advance("1s");
      await cache.set("c", 1);
      equal([await cache.get("b"), await cache.get("c")], [1, 1]);
      await rejects(cache.set("d", 1), "TIER_LIMIT");
      await cache.close();
    }
  },
  "under a hardLimit above the default bound none gives way either": () => {
    const { put, size, usage, removed } = open({ rules: [hardLimit(10_005)] });
    for (let i = 0; i < 10_010; i++) put(`k${i}`, i);
    equal([size(), usage().maxEntries, removed.length], [10_005, 10_005, 0]);
  },
  "a rule sees what the rules before it have swept": async () => {
    const seen: number[] = [];
    const sweeper: EvictionRule = { admit: (_, view) => view.sweep(Infinity) >= 0 };
    const watcher: EvictionRule = { admit: (_, { entries }) => seen.push(entries) > 0 };
    const { tier, put, entry, clock } = open({ rules: [sweeper, watcher], maxEntries: 5 });
    for (const key of ["x", "y"]) put(key, 1, { freshUntil: clock.now() + 10, staleUntil: clock.now() + 10 });
    await clock.advance(10);
    seen.length = 0;
    tier.prepare!(["a", "b"].map((key) => ({ key, entry: entry(1) })));
    equal(seen, [0, 1]);
  },
  "a sweep without a limit looks at every entry once": async () => {
    const swept: number[] = [];
    const sweeper: EvictionRule = { admit: (_, view) => swept.push(view.sweep(Infinity)) > 0 };
    const { put, keys, clock } = open({ rules: [sweeper] });
    put("old", 1, { freshUntil: clock.now() + 10, staleUntil: clock.now() + 10 });
    put("young", 1);
    await clock.advance(10);
    put("new", 1);
    equal(
      [swept, keys()],
      [
        [0, 0, 1],
        ["new", "young"],
      ],
    );
  },
  "rules are asked in their order, before anything is changed, and one that refuses ends it": () => {
    const asked: string[] = [];
    const rule = (name: string, answer: (key: string, view: MemoryView) => boolean): EvictionRule => ({
      admit({ key, value }, view) {
        asked.push(`${name} ${key} ${value} ${view.entries} of ${view.maxEntries}`);
        return answer(key, view);
      },
    });
    const { tier, put, keys, removed, entry, clock } = open({
      maxEntries: 2,
      rules: [rule("first", (key) => key !== "bad"), rule("second", () => true)],
    });
    tier.sync.setMany([{ key: "a", entry: entry(1) }], clock.now());
    equal(asked.splice(0), ["first a 1 0 of 2", "second a 1 0 of 2"]);
    put("b", 2);
    tier.sync.setMany([{ key: "bad", entry: entry(3) }], clock.now());
    same(asked.at(-1), "first bad 3 2 of 2");
    equal(keys(), ["a", "b"]);
    equal(removed, [], "nobody gives way to what is refused");
    asked.length = 0;
    put("a", 4);
    equal(asked, [], "what is overwritten is not asked about");
  },
  "a rule is asked once for a new key, and its answer stands": async () => {
    for (const lower of [[], [mapTier()]]) {
      const asked: string[] = [];
      const seen = new Set<string>();
      // Takes a key the second time that it comes.
      const doorkeeper: EvictionRule = {
        admit({ key }) {
          asked.push(key);
          return seen.size === seen.add(key).size;
        },
      };
      const cache = createCache({ tiers: [memory({ rules: [doorkeeper] }), ...lower], sweepInterval: 0 });
      const kept = () => cache.tier("memory").sync!.scan!({ prefix: "", limit: Infinity, now: 0 }).keys;
      await cache.set("a", 1);
      equal([asked.length, kept().length], [1, 0]);
      await cache.set("a", 1);
      equal([asked.length, kept().length], [2, 1]);
      await cache.setMany(["a", "b", "c"].map((key) => ({ key, value: 1 })));
      equal(
        asked.slice(2),
        ["b", "c"].map((key) => asked.find((text) => text.endsWith(key))!),
      );
      equal(kept().length, 1);
      await cache.setMany(["b", "c"].map((key) => ({ key, value: 1 })));
      equal([asked.length, kept().length], [6, 3]);
    }
  },
  "one that is refused takes no room of the others": () => {
    const odd: EvictionRule = { admit: ({ value }) => (value as number) % 2 === 0 };
    const { tier, keys, entry, clock } = open({ rules: [odd, hardLimit(2)] });
    const writes = [1, 2, 3, 4].map((n) => ({ key: `k${n}`, entry: entry(n) }));
    tier.sync.setMany(tier.prepare!(writes) as typeof writes, clock.now());
    equal(keys(), ["k2", "k4"]);
  },
  "hardLimit holds for what is prepared at one time": () => {
    const { tier, keys, entry, clock } = open({ rules: [hardLimit(1)] });
    const prepared = ["a", "b"].map((key) => tier.prepare!([{ key, entry: entry(1) }]) as never);
    for (const writes of prepared) tier.sync.setMany(writes, clock.now());
    equal(keys(), ["a"]);
  },
  "what is written stays, though a rule has just swept all else away": async () => {
    const all: EvictionRule = { admit: (_, view) => view.entries < view.maxEntries || view.sweep(Infinity) > 0 };
    const { tier, put, get, keys, usage, entry, clock } = open({ maxEntries: 2_000, rules: [all] });
    for (let i = 0; i < 2_000; i++) put(`k${i}`, i, { freshUntil: clock.now() + 10, staleUntil: clock.now() + 10 });
    await clock.advance(10);
    tier.sync.setMany([{ key: "new", entry: entry(1) }], clock.now());
    same(get("new"), 1);
    put("next", 2);
    equal(keys(), ["new", "next"]);
    same(usage().entries, 2);
  },
  "a rule that throws tells the caller and changes nothing": async () => {
    const cache = createCache({
      tiers: [
        memory({
          rules: [
            {
              admit() {
                throw new RangeError("no");
              },
            },
          ],
        }),
      ],
    });
    await rejects(cache.set("a", 1), RangeError);
    same(await cache.size(), 0);
  },
  "wrong bounds and modes are refused": () => {
    throws(() => lru(0), "CONFIG");
    throws(() => lfu(1.5), "CONFIG");
    throws(() => hardLimit(-1), "CONFIG");
    throws(() => hardLimit(1, "ignore" as "throw"), "CONFIG");
  },
});
