import { type Cache, createCache, defineTier, lru, memory, type Tier } from "../../../mod.ts";
import {
  equal,
  fakeClock,
  mapTier,
  ok,
  rejects,
  same,
  seededRandom,
  suite,
  type TestCase,
} from "../../contract/mod.ts";

/** Random calls by the synchronous face; returns how many reads there were. */
async function play(
  cache: Cache,
  clock: ReturnType<typeof fakeClock>,
  seed: number,
  operations: number,
): Promise<number> {
  const random = seededRandom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const sync = cache.sync as unknown as import("../../../mod.ts").SyncCache;
  const inner = cache.namespace("n").sync as typeof sync;
  let reads = 0;
  for (let i = 0; i < operations; i++) {
    const face = pick(4) === 0 ? inner : sync;
    const key = `k${Math.floor(200 * random() ** 2)}`;
    const roll = pick(100);
    if (roll < 40) {
      face.get(key);
      reads++;
    } else if (roll < 60) face.set(key, i, roll < 50 ? { ttl: 1 + pick(500), tags: [`t${pick(5)}`] } : {});
    else if (roll < 75) {
      face.getOrSet(key, () => i, { ttl: 1 + pick(500), grace: pick(100) });
      reads++;
    } else if (roll < 80) {
      face.getMany([key, `k${pick(200)}`]);
      reads += 2;
    } else if (roll < 88) face.delete(key);
    else if (roll < 90) face.touch(key, { ttl: 1 + pick(100) });
    else if (roll < 92) face.invalidateTags([`t${pick(5)}`]);
    else if (roll < 93) face.invalidatePattern("k1?");
    else if (roll < 94) face.evict(key);
    else if (roll < 95 && pick(10) === 0) face.clear();
    else if (roll < 97 && pick(10) === 0) face.prune();
    else if (roll < 98) cache.tier("memory").shed!(pick(3));
    else await clock.advance(pick(20));
    if (i % 10_000 === 0) reconcile(cache, reads);
  }
  reconcile(cache, reads);
  return reads;
}

function reconcile(cache: Cache, reads: number): void {
  const { hits, misses, staleHits, tiers } = cache.stats();
  same(hits + misses + staleHits, reads, "hits and misses are all reads");
  for (const { name, entries, added, deletes, expiries, evictions } of tiers)
    if (entries !== undefined) same(added - deletes - expiries - evictions, entries, `entries of ${name}`);
}

function open(tiers: readonly Tier[]) {
  const clock = fakeClock();
  return { clock, cache: createCache({ clock, sweepInterval: 0, random: seededRandom(3), tiers }) };
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("stats", {
  "over 100,000 random calls counts and entries of memory reconcile": async () => {
    const { cache, clock } = open([memory({ maxEntries: 100 })]);
    await play(cache, clock, 1, 100_000);
    const { evictions, tiers } = cache.stats();
    same(evictions.capacity! + evictions["memory-pressure"]!, tiers[0]!.evictions);
    same(evictions.ttl, tiers[0]!.expiries);
    ok(evictions.capacity! > 100 && evictions.ttl! > 100 && evictions.manual! > 100 && evictions.pattern! > 10);
  },
  "and with bytes as bound, and with a tier below": async () => {
    const bounded = open([memory({ maxBytes: 5_000, sizeOf: () => 50, policy: lru() })]);
    await play(bounded.cache, bounded.clock, 2, 30_000);
    const stacked = open([memory({ maxEntries: 50 }), defineTier(mapTier())]);
    await play(stacked.cache, stacked.clock, 3, 30_000);
    ok(stacked.cache.stats().tiers[1]!.deletes > 100);
  },
  "a value that is above the whole bound was added and given up": async () => {
    const { cache } = open([memory({ maxBytes: 100, sizeOf: (value) => value as number })]);
    await cache.set("k", 1_000);
    const [tier] = cache.stats().tiers;
    equal([tier!.added, tier!.evictions, tier!.entries, tier!.sets], [1, 1, 0, 1]);
  },
  "evictions are those of the namespace, and of all in the root": async () => {
    const { cache } = open([memory({ maxEntries: 2, policy: lru() })]);
    const [a, b] = [cache.namespace("a"), cache.namespace("b").namespace("c")];
    for (let i = 0; i < 5; i++) await a.set(`${i}`, i);
    for (let i = 0; i < 3; i++) await b.set(`${i}`, i);
    await cache.set("k", 1);
    equal([a.stats().evictions, b.stats().evictions], [{ capacity: 5 }, { capacity: 2 }]);
    equal(cache.stats().evictions, { capacity: 7 });
    b.resetStats();
    equal([a.stats().evictions, b.stats().evictions], [{ capacity: 5 }, {}]);
    cache.resetStats();
    equal([cache.stats().evictions, a.stats().evictions], [{}, {}]);
  },
  "reads, sets and loads of a function are its own": async () => {
    const { cache } = open([memory()]);
    const double = cache.wrap(async (n: number) => 2 * n, { name: "double" });
    await double(1);
    await double(1);
    await cache.set("k", 1);
    const { hits, misses, loads, sets } = await double.info();
    equal([hits, misses, loads, sets], [1, 1, 1, 1]);
    same(cache.stats().sets, 2);
  },
  "what was invalidated by tag is counted in memory until it is overwritten, and by size() no more": async () => {
    const cache = createCache({ clock: fakeClock(), sweepInterval: 0 });
    await cache.set("k", 1, { tags: ["t"] });
    await cache.set("other", 1, { tags: ["t"] });
    await cache.invalidateTags("t");
    same(await cache.get("k"), undefined);
    equal([cache.stats().size, await cache.size()], [2, 0]);
    await cache.set("k", 2);
    equal([cache.stats().size, await cache.size()], [2, 1]);
  },
  "a read whose validate throws counts nowhere": async () => {
    const cache = createCache({ clock: fakeClock(), sweepInterval: 0 });
    await cache.set("k", 1);
    const validate = () => {
      throw new RangeError("no");
    };
    await rejects(cache.get("k", { validate }), RangeError);
    await rejects(
      cache.getOrSet("k", () => 2, { validate }),
      RangeError,
    );
    const { hits, misses, staleHits } = cache.stats();
    equal([hits, misses, staleHits], [0, 0, 0]);
  },
  "views beyond the first 1,000 have numbers of their own, which count in the root's": async () => {
    const cache = createCache();
    await cache.set("x", 1);
    await cache.get("x");
    for (let i = 0; i < 1_000; i++) cache.namespace(`n${i}`);
    const late = cache.namespace("late");
    same(late.stats().hits, 0);
    const f = late.wrap(async (n: number) => n, { name: "f" });
    await f(1);
    await f(1);
    const { hits, loads } = await f.info();
    equal([hits, loads], [1, 1]);
    await late.set("x", 1);
    await late.get("x");
    const { hits: own, sets } = late.stats();
    equal([own, sets], [1, 1]);
    same(cache.stats().hits, 3);
    late.resetStats();
    same(late.stats().hits, 0);
    same(cache.stats().hits, 3);
    await late.get("x");
    equal([late.stats().hits, cache.stats().hits], [1, 4]);
    cache.resetStats();
    same(cache.stats().hits, 0);
    await late.get("x");
    same(cache.stats().hits, 1);
  },
  "a reset sets the numbers of the tiers to 0, and not the entries": async () => {
    const { cache } = open([memory({ maxEntries: 10 })]);
    for (let i = 0; i < 20; i++) await cache.set(`${i}`, i);
    await cache.delete("19");
    cache.resetStats();
    const [tier] = cache.stats().tiers;
    equal([tier!.added, tier!.deletes, tier!.evictions, tier!.expiries, tier!.sets], [0, 0, 0, 0, 0]);
    ok(tier!.entries! > 0);
    await cache.set("new", 1);
    same(cache.stats().tiers[0]!.added, 1);
  },
  "what memory gives up on demand is the least valuable, by its policy": async () => {
    const { cache } = open([memory({ maxEntries: 10, policy: lru() })]);
    const gone: unknown[] = [];
    cache.on("evict", (event) => gone.push(event));
    for (const key of ["a", "b", "c"]) await cache.set(key, key);
    await cache.get("a");
    cache.tier("memory").shed!(2);
    equal(gone, [
      { key: "b", tier: "memory", reason: "memory-pressure" },
      { key: "c", tier: "memory", reason: "memory-pressure" },
    ]);
    cache.tier("memory").shed!(100);
    equal([await cache.size(), cache.stats().evictions], [0, { "memory-pressure": 3 }]);
    await cache.set("d", 1);
    same(await cache.get("d"), 1);
  },
});
