import type { Tier } from "../../../mod.ts";
import { CodecError, createCache, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, rejects, same, suite } from "../../contract/mod.ts";
import { faulty, plainTier, remoteTier } from "./stacks.ts";
import { stateOf } from "./tools.ts";

/** A tier that refuses to keep functions, as one of bytes does. */
function encoding(tier: Tier): Tier {
  return {
    ...tier,
    prepare(writes) {
      for (const { entry } of writes)
        if (typeof entry.value === "function") throw new CodecError("a function cannot be encoded");
      return writes;
    },
  };
}

/** A tier that holds its callers to its limits. */
function limited(tier: Tier, limits: { maxBatch?: number; minTtl?: number; maxKeyBytes?: number }): Tier {
  const { maxBatch = Infinity, minTtl = 0, maxKeyBytes = Infinity } = limits;
  const broken: string[] = [];
  const hold = (keys: readonly string[]): void => {
    if (keys.length > maxBatch) broken.push(`${keys.length} keys`);
    for (const key of keys)
      if (new TextEncoder().encode(key).length > maxKeyBytes) broken.push(`a key of ${key.length}`);
  };
  return {
    ...tier,
    capabilities: { ...tier.capabilities, ...limits },
    client: broken,
    getMany: (keys, options) => (hold(keys), tier.getMany(keys, options)),
    setMany(writes, now) {
      hold(writes.map(({ key }) => key));
      for (const { entry } of writes)
        if (entry.staleUntil - now < minTtl) broken.push(`a ttl of ${entry.staleUntil - now}`);
      return tier.setMany(writes, now);
    },
    deleteMany: (keys, now) => (hold(keys), tier.deleteMany(keys, now)),
    ...(tier.touchMany && {
      touchMany: (touches, now) => (hold(touches.map(({ key }) => key)), tier.touchMany!(touches, now)),
    }),
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);

function open(tiers: readonly Tier[], options = {}) {
  const clock = fakeClock();
  return { clock, cache: createCache({ tiers, clock, sweepInterval: 0, ...options }) };
}

export const tests: TestCase[] = suite("tiers in any order", {
  "a failing tier on top never hides a hit below": async () => {
    for (const fault of ["throw", "reject"] as const) {
      const top = faulty(memory());
      const { cache } = open([top, faulty(mapTier({ data: mapData() }))]);
      await cache.set("k", "v");
      top.faults.fail(fault);
      same(await cache.get("k"), "v");
      same(await cache.getOrSet("k", () => "loaded"), "v");
      same(await cache.has("k"), true);
      // Memory whose sizeOf throws takes no value, and gives back what it has.
      top.faults.fail({ setMany: fault });
      await cache.set("k", "new");
      same(await cache.get("k"), "new");
      equal(await cache.keys(), ["k"]);
      top.faults.heal();
      // What it missed is not what it serves.
      same(await cache.get("k"), "new");
    }
  },
  "a hung tier on top delays a hit below by its budget": async () => {
    const top = faulty(remoteTier(mapTier({ name: "top", timeout: 500, data: mapData() })));
    const { cache, clock } = open([top, faulty(mapTier({ data: mapData() }))]);
    await cache.set("k", "v");
    top.faults.fail({ getMany: "hang" });
    const call = cache.get("k");
    await clock.advance(499);
    same(await stateOf(call, clock.settle), "pending");
    await clock.advance(1);
    same(await call, "v");
    top.faults.release();
  },
  "garbage on top is a miss there and a hit below": async () => {
    const top = faulty(mapTier({ name: "top", data: mapData() }));
    const { cache } = open([top, faulty(mapTier({ data: mapData() }))]);
    const corrupt: unknown[] = [];
    cache.on("corrupt", ({ tier }) => corrupt.push(tier));
    await cache.set("k", "v");
    top.faults.fail({ getMany: "corrupt" }, 1);
    same(await cache.get("k"), "v");
    equal(corrupt, ["top"]);
  },
  "a promotion that fails is counted, and the hit is a hit": async () => {
    const top = faulty(mapTier({ name: "top", data: mapData() }));
    const { cache } = open([top, faulty(mapTier({ data: mapData() }))]);
    await cache.set("k", "v");
    await cache.evict("k");
    top.faults.fail({ setMany: "reject" }, 1);
    same(await cache.get("k"), "v");
    await cache.close();
    const [stats] = cache.stats().tiers;
    equal([stats!.promotions, stats!.promotionErrors], [0, 1]);
  },
  "a promotion that hangs delays nobody": async () => {
    const top = faulty(remoteTier(mapTier({ name: "top", data: mapData() })));
    const { cache, clock } = open([top, faulty(mapTier({ data: mapData() }))]);
    await cache.set("k", "v");
    await cache.evict("k");
    top.faults.fail({ setMany: "hang" });
    same(await stateOf(cache.get("k"), clock.settle), "resolved");
    await clock.advance("1m");
    top.faults.release();
  },
  "a delete that races a promotion wins": async () => {
    for (const fault of ["hang", "mute"] as const) {
      for (const ms of [0, 3000]) {
        const middle = faulty(remoteTier(mapTier({ name: "middle", data: mapData() })));
        const { cache, clock } = open([memory(), middle, faulty(mapTier({ name: "bottom", data: mapData() }))]);
        for (const mutate of [
          () => cache.delete("k"),
          () => cache.set("k", "new"),
          () => cache.clear(),
          () => cache.invalidatePattern("*"),
        ]) {
          await cache.set("k", "old");
          await cache.evict("k");
          await cache.evict("k", { tier: "middle" });
          middle.faults.fail({ setMany: fault }, 1);
          same(await cache.get("k"), "old");
          // Past its time-out or not, the promotion arrives after the mutation.
          await clock.advance(ms);
          const mutated = mutate();
          await clock.settle();
          middle.faults.release();
          await mutated;
          await clock.settle();
          for (const tier of ["memory", "middle", "bottom"]) {
            ok((await cache.get("k")) !== "old", `${mutate} after ${fault} of ${ms} ms, above ${tier}`);
            await cache.evict("k", { tier });
          }
          await cache.clear();
        }
      }
    }
  },
  "at no time after a delete does a promotion under way show the old value": async () => {
    const middle = faulty(remoteTier(mapTier({ name: "middle", data: mapData() })));
    const { cache, clock } = open([memory(), middle, faulty(mapTier({ name: "bottom", data: mapData() }))]);
    await cache.set("k", "old");
    await cache.evict("k");
    await cache.evict("k", { tier: "middle" });
    middle.faults.fail({ setMany: { delay: 20 }, deleteMany: { delay: 5 } });
    same(await cache.get("k"), "old");
    let isDeleted = false;
    void cache.delete("k").then(() => {
      isDeleted = true;
    });
    for (let ms = 0; ms < 60; ms++) {
      await clock.advance(1);
      if (!isDeleted) continue;
      await cache.evictAll();
      same(await cache.get("k", { promote: false }), undefined, `${ms} ms after`);
    }
    ok(isDeleted);
  },
  "nothing is copied into a tier in the middle while a mutation is under way below": async () => {
    const middle = faulty(remoteTier(mapTier({ name: "middle", data: mapData() })));
    const bottom = faulty(mapTier({ name: "bottom", data: mapData() }));
    const { cache, clock } = open([memory(), middle, bottom]);
    for (const mutate of [
      () => cache.delete("k"),
      () => cache.set("k", "new"),
      () => cache.clear(),
      () => cache.invalidatePattern("*"),
    ]) {
      await cache.set("k", "old");
      await cache.evict("k");
      await cache.evict("k", { tier: "middle" });
      bottom.faults.fail({ deleteMany: "hang", setMany: "hang", clear: "hang" }, 1);
      const mutated = mutate();
      await clock.settle();
      await cache.get("k");
      await clock.settle();
      bottom.faults.release();
      await mutated;
      for (const tier of ["memory", "middle", "bottom"]) {
        ok((await cache.get("k", { promote: false })) !== "old", `${mutate}, from ${tier}`);
        await cache.evict("k", { tier });
      }
    }
  },
  "what one tier cannot encode is stored in none, and leaves the old value": async () => {
    const orders = [
      () => [memory(), faulty(encoding(mapTier({ data: mapData() })))],
      () => [faulty(mapTier({ name: "plain", data: mapData() })), faulty(encoding(mapTier({ data: mapData() })))],
      () => [
        memory(),
        faulty(encoding(remoteTier(mapTier({ data: mapData() })))),
        faulty(mapTier({ name: "last", data: mapData() })),
      ],
    ];
    for (const order of orders) {
      const { cache } = open(order());
      await cache.set("k", "old");
      await rejects(
        cache.set("k", () => {}),
        "CODEC",
      );
      await rejects(
        cache.setMany<unknown>([
          { key: "j", value: 1 },
          { key: "k", value: () => {} },
        ]),
        "CODEC",
      );
      same(await cache.get("k"), "old");
      same(await cache.get("j"), undefined);
      for (const { name } of cache.stats().tiers) equal(await cache.keys({ tier: name }), ["k"], name);
      same(cache.stats().sets, 1);
      same(cache.stats().errors, 0);
      // A loaded value has its caller already.
      const value = () => {};
      same(await cache.getOrSet("loaded", () => value), value);
      same(await cache.get("loaded"), undefined);
    }
  },
  "what a lower tier makes of a value is not what memory is given": async () => {
    const sealed = (tier: Tier): Tier => ({
      ...tier,
      prepare: (writes) =>
        writes.map((write) => ({ ...write, entry: { ...write.entry, value: ["sealed", write.entry.value] } })),
      getMany: async (keys, options) => {
        const answer = await tier.getMany(keys, options);
        return {
          ...answer,
          entries: answer.entries.map((entry) => entry && { ...entry, value: (entry.value as unknown[])[1] }),
        };
      },
    });
    const { cache } = open([
      memory(),
      faulty(sealed(mapTier({ name: "sealed", data: mapData() }))),
      faulty(mapTier({ data: mapData() })),
    ]);
    const value = { secret: 1 };
    await cache.set("k", value);
    same(await cache.get("k"), value);
    await cache.evict("k");
    same(await cache.get("k"), value);
    await cache.evict("k");
    await cache.evict("k", { tier: "sealed" });
    // Promoted through the one that seals.
    same(await cache.get("k"), value);
    await cache.evict("k");
    same(await cache.get("k"), value);
    same(await cache.getOrSet("l", () => value), value);
    same(await cache.get("l"), value);
  },
  "batches are split to what a tier takes in one call": async () => {
    const lower = limited(mapTier({ data: mapData() }), { maxBatch: 7 });
    const middle = limited(mapTier({ name: "middle", data: mapData() }), { maxBatch: 5 });
    const { cache } = open([memory(), faulty(middle), faulty(lower)]);
    const keys = numbered(50);
    await cache.setMany(keys.map((key) => ({ key, value: key, tags: ["t"] })));
    await cache.evictAll();
    await cache.evictAll({ tier: "middle" });
    same((await cache.getMany(keys)).size, 50);
    same((await cache.getOrSetMany(keys, () => [])).size, 50);
    equal([...(await cache.keys({ pattern: "k4?" }))].length, 10);
    await cache.invalidateTags(["t"], { match: "exact", mode: "expire" });
    same((await cache.getMany(keys)).size, 0);
    await cache.setMany(keys.map((key) => ({ key, value: key })));
    same(await cache.deleteMany(keys), 50);
    await cache.setMany(keys.map((key) => ({ key, value: key })));
    same(await cache.invalidatePattern("*"), 50);
    equal([lower.client, middle.client], [[], []]);
  },
  "a tier of tags in the middle is told of invalidations, which outlive the process": async () => {
    for (const match of ["any", "all", "exact"] as const) {
      for (const mode of ["delete", "expire"] as const) {
        const [middle, bottom] = [mapData(), mapData()];
        const tiers = () => [
          memory(),
          faulty(mapTier({ name: "middle", data: middle })),
          faulty(mapTier({ data: bottom })),
        ];
        const first = open(tiers()).cache;
        await first.set("k", "old", { tags: ["t", "u"] });
        await first.invalidateTags(["t", "u"], { match, mode });
        same(await first.get("k"), undefined);
        same(await open(tiers()).cache.get("k"), undefined, `${match} ${mode}`);
        await first.set("k", "new", { tags: ["t", "u"] });
        await first.evictAll();
        same(await first.get("k"), "new");
        same((await first.meta("k", { tier: "middle" }))?.stale, false);
        same(await open(tiers()).cache.get("k"), "new");
      }
    }
  },
  "a tier in the middle that is down is told later": async () => {
    const middle = faulty(mapTier({ name: "middle", data: mapData() }));
    const { cache } = open([memory(), middle, faulty(mapTier({ data: mapData() }))]);
    for (const match of ["any", "all", "exact"] as const) {
      await cache.set("k", "old", { tags: ["t", "u"] });
      middle.faults.fail({ invalidate: "reject" }, 1);
      await cache.invalidateTags(["t", "u"], { match });
      await cache.evictAll();
      same(await cache.get("k"), undefined, match);
    }
  },
  "batches are split for a tier without tags and touch, too": async () => {
    const lower = limited(plainTier(mapTier({ data: mapData() })), { maxBatch: 7 });
    const { cache } = open([memory(), faulty(lower)]);
    const keys = numbered(50);
    for (const mode of ["expire", "delete"] as const) {
      await cache.setMany(keys.map((key) => ({ key, value: key, tags: ["t"] })));
      await cache.invalidateTags(["t", "t"], { match: "exact", mode });
      await cache.evictAll();
      same((await cache.getMany(keys)).size, 0);
    }
    equal(lower.client, []);
  },
  "what a failing tier missed is replayed in batches that it takes": async () => {
    const lower = limited(mapTier({ data: mapData() }), { maxBatch: 7 });
    const tier = faulty(lower);
    const { cache } = open([memory(), tier]);
    const keys = numbered(50);
    await cache.setMany(keys.map((key) => ({ key, value: key })));
    tier.faults.fail("reject");
    await cache.deleteMany(keys);
    tier.faults.heal();
    same((await cache.getMany(keys)).size, 0);
    equal(lower.client, []);
  },
  "an entry that is too brief for a tier is not written to it, nor promoted": async () => {
    const middle = limited(mapTier({ name: "middle", data: mapData() }), { minTtl: 60_000 });
    const { cache, clock } = open([memory(), faulty(middle), faulty(mapTier({ data: mapData() }))]);
    await cache.set("long", 1, { ttl: 120_000 });
    await cache.set("brief", 1, { ttl: 59_999 });
    equal(await cache.keys({ tier: "middle" }), ["long"]);
    // A brief one takes the place of a long one everywhere.
    await cache.set("long", 2, { ttl: 1000 });
    await cache.evictAll();
    same(await cache.get("long"), 2);
    equal(await cache.keys({ tier: "middle" }), []);
    await cache.set("aging", 1, { ttl: 120_000 });
    await cache.evict("aging", { tier: "middle" });
    await cache.evictAll();
    await clock.advance(60_001);
    same(await cache.get("aging"), 1);
    await cache.touch("aging", { ttl: 10 });
    equal(middle.client, []);
  },
  "keys longer than a tier holds are found again, by every call": async () => {
    const lower = limited(mapTier({ data: mapData() }), { maxKeyBytes: 100 });
    const { cache } = open([memory(), faulty(lower)], { name: "cache-of-a-long-name" });
    const users = cache.namespace("users");
    const long = `user:${"é".repeat(300)}`;
    for (const view of [cache, users]) {
      for (const key of [long, `${long}2`, ["user", long]]) {
        await view.set(key, key, { tags: [`${long} tag`] });
        same(await view.get(key), key);
        same(await view.has(key), true);
        equal((await view.getMany([key])).get(key), key);
        same(await view.evict(key), true);
        same(await view.getOrSet(key, () => "loaded"), key);
        ok(await view.meta(key));
      }
      same(await view.size(), 3);
      same(await view.delete(long), true);
      same(await view.get(long), undefined);
      await view.invalidateTags([`${long} tag`]);
      same(await view.get(`${long}2`), undefined);
      await view.set(long, 1);
      await view.invalidatePattern("post:*");
      same(await view.get(long), 1);
      await view.invalidatePattern("user:*");
      same(await view.get(long), undefined);
    }
    equal(lower.client, []);
  },
  "a tier that cannot list its keys: patterns are refused, tags still work": async () => {
    const blind = (data = mapData()) => {
      const { scan: _, size: _size, ...rest } = plainTier(mapTier({ data }));
      return faulty({ ...rest, capabilities: { ...rest.capabilities, keys: false } });
    };
    const { cache } = open([memory(), blind()]);
    await cache.set("k", "old", { tags: ["t", "u"] });
    await rejects(cache.invalidatePattern("*"), "TIER");
    same(await cache.get("k"), "old");
    for (const match of ["any", "all", "exact"] as const) {
      for (const mode of ["delete", "expire"] as const) {
        await cache.set("k", "old", { tags: ["t", "u"] });
        await cache.invalidateTags(["u", "t"], { match, mode });
        same(await cache.get("k"), undefined);
        await cache.evictAll();
        same(await cache.get("k"), undefined, `${match} ${mode}, from below`);
      }
    }
    await cache.set("k", "v");
    await cache.clear();
    await cache.evictAll();
    same(await cache.get("k"), undefined);
  },
  "tiers above the one that keeps tags are invalidated by all and exact as well": async () => {
    for (const match of ["any", "all", "exact"] as const) {
      const { cache } = open([
        faulty(plainTier(mapTier({ name: "top", data: mapData() }))),
        faulty(mapTier({ data: mapData() })),
      ]);
      await cache.set("k", "old", { tags: ["t", "u"] });
      await cache.invalidateTags(["t", "u"], { match });
      same(await cache.get("k"), undefined, match);
      await cache.set("k", "new", { tags: ["t", "u"] });
      same(await cache.get("k"), "new", match);
    }
  },
  "when the tier that keeps tags is down, the others are invalidated all the same": async () => {
    for (const match of ["any", "all", "exact"] as const) {
      const lower = faulty(mapTier({ data: mapData(), breaker: false }));
      const { cache } = open([memory(), faulty(plainTier(mapTier({ name: "middle", data: mapData() }))), lower]);
      await cache.set("k", "old", { tags: ["t", "u"] });
      lower.faults.fail("reject");
      await cache.invalidateTags(["t", "u"], { match });
      same(await cache.get("k"), undefined, match);
      lower.faults.heal();
      for (const { name } of cache.stats().tiers) {
        same(await cache.get("k"), undefined, `${match} above ${name}`);
        await cache.evictAll({ tier: name });
      }
    }
  },
});
