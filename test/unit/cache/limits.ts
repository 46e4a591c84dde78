import type { Tier } from "../../../mod.ts";
import { memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same, suite } from "../../contract/mod.ts";
import { faulty, openTiers, plainTier } from "./stacks.ts";

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
    getMany(keys, options) {
      hold(keys);
      return tier.getMany(keys, options);
    },
    setMany(writes, now) {
      hold(writes.map(({ key }) => key));
      for (const { entry } of writes)
        if (entry.staleUntil - now < minTtl) broken.push(`a ttl of ${entry.staleUntil - now}`);
      return tier.setMany(writes, now);
    },
    deleteMany(keys, now) {
      hold(keys);
      return tier.deleteMany(keys, now);
    },
    ...(tier.touchMany && {
      touchMany(touches, now) {
        hold(touches.map(({ key }) => key));
        return tier.touchMany!(touches, now);
      },
    }),
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);

export const tests: TestCase[] = suite("limits of tiers", {
  "batches are split to what a tier takes in one call": async () => {
    const lower = limited(mapTier({ data: mapData() }), { maxBatch: 7 });
    const middle = limited(mapTier({ name: "middle", data: mapData() }), { maxBatch: 5 });
    const { cache } = openTiers([memory(), faulty(middle), faulty(lower)]);
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
        const first = openTiers(tiers()).cache;
        await first.set("k", "old", { tags: ["t", "u"] });
        await first.invalidateTags(["t", "u"], { match, mode });
        same(await first.get("k"), undefined);
        same(await openTiers(tiers()).cache.get("k"), undefined, `${match} ${mode}`);
        await first.set("k", "new", { tags: ["t", "u"] });
        await first.evictAll();
        same(await first.get("k"), "new");
        same((await first.meta("k", { tier: "middle" }))?.stale, false);
        same(await openTiers(tiers()).cache.get("k"), "new");
      }
    }
  },
  "a tier in the middle that is down is told later": async () => {
    const middle = faulty(mapTier({ name: "middle", data: mapData() }));
    const { cache } = openTiers([memory(), middle, faulty(mapTier({ data: mapData() }))]);
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
    const { cache } = openTiers([memory(), faulty(lower)]);
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
    const { cache } = openTiers([memory(), tier]);
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
    const { cache, clock } = openTiers([memory(), faulty(middle), faulty(mapTier({ data: mapData() }))]);
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
    const { cache } = openTiers([memory(), faulty(lower)], { name: "cache-of-a-long-name" });
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
    const { cache } = openTiers([memory(), blind()]);
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
      const { cache } = openTiers([
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
      const { cache } = openTiers([memory(), faulty(plainTier(mapTier({ name: "middle", data: mapData() }))), lower]);
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
