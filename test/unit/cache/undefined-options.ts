import type {
  CacheOptions,
  ClearOptions,
  GetOptions,
  InvalidateTagsOptions,
  ListOptions,
  LoadOptions,
  MemoryOptions,
  SetOptions,
  TierOptions,
  WrapOptions,
} from "../../../mod.ts";
import { createCache, defineTier, memoizeSync, memory } from "../../../mod.ts";
import { equal, mapTier, same, suite, type TestCase } from "../../contract/mod.ts";

type AllUndefined<T> = { [K in keyof T]-?: undefined };

const none = undefined;

const LIFETIMES = {
  ttl: none,
  grace: none,
  swr: none,
  jitter: none,
  softTimeout: none,
  hardTimeout: none,
  refreshAhead: none,
  earlyRefresh: none,
  negativeTtl: none,
  lease: none,
  leaseTimeout: none,
  onLeaseTimeout: none,
};
const CACHE: AllUndefined<CacheOptions> = {
  ...LIFETIMES,
  name: none,
  tiers: none,
  prefix: none,
  scopes: none,
  maxEntries: none,
  version: none,
  tags: none,
  profile: none,
  codec: none,
  onError: none,
  coherence: none,
  bus: none,
  sweepInterval: none,
  waitUntil: none,
  logger: none,
  clock: none,
  random: none,
};
const TIER: AllUndefined<TierOptions> = { name: none, ttl: none, write: none, timeout: none, breaker: none };
const MEMORY: AllUndefined<Omit<MemoryOptions, "maxBytes">> = {
  ...TIER,
  maxEntries: none,
  sizeOf: none,
  policy: none,
  rules: none,
  clone: none,
  freeze: none,
};
const SET: AllUndefined<SetOptions> = {
  signal: none,
  ttl: none,
  grace: none,
  swr: none,
  jitter: none,
  tags: none,
  shouldCache: none,
  version: none,
  codec: none,
};
const ACCEPTED = { schema: none, onInvalid: none, validate: none };
const GET: AllUndefined<GetOptions> = { ...ACCEPTED, signal: none, default: none, promote: none, version: none };
const LOAD: AllUndefined<LoadOptions> = { ...LIFETIMES, ...SET, ...ACCEPTED, waitUntil: none };
const LIST: AllUndefined<ListOptions> = { signal: none, pattern: none, tier: none, limit: none };
const INVALIDATE: AllUndefined<InvalidateTagsOptions> = { signal: none, match: none, mode: none };
const CLEAR: AllUndefined<ClearOptions> = {
  tier: none,
  tags: none,
  match: none,
  profile: none,
  fn: none,
  ttl: none,
};
const WRAP: AllUndefined<Omit<WrapOptions, "name">> = {
  ...LIFETIMES,
  ...ACCEPTED,
  tags: none,
  shouldCache: none,
  version: none,
  codec: none,
  waitUntil: none,
  key: none,
  excludeArgs: none,
  excludeProps: none,
  instance: none,
  reuse: none,
  tiers: none,
  maxEntries: none,
  onKeyError: none,
};

export const tests: TestCase[] = suite("options that are undefined", {
  "are as good as left out: of a cache, of tiers, and of the calls of both": async () => {
    const remote = defineTier(mapTier({ ...TIER, name: "remote" }));
    for (const cache of [createCache(CACHE), createCache({ ...CACHE, tiers: [memory(MEMORY), remote] })]) {
      same(cache.name, "default");
      await cache.set("k", 1, SET);
      await cache.setMany([{ key: "l", value: 2, ...SET }], SET);
      same(await cache.get("k", GET), 1);
      same((await cache.getEntry("k", GET))?.ttl, Infinity);
      equal(await cache.getMany(["k", "l"], GET), new Map([["k", 1], ["l", 2]])); // biome-ignore format: one line
      same(await cache.getOrSet("m", () => 3, LOAD), 3);
      equal(await cache.getOrSetMany(["n"], () => [4], LOAD), new Map([["n", 4]]));
      equal((await cache.keys(LIST)).sort(), ["k", "l", "m", "n"]);
      for await (const { tier } of cache.entries(LIST)) same(typeof tier, "string");
      for await (const { tier } of cache.metas(LIST)) same(typeof tier, "string");
      same(await cache.size({ tier: none, signal: none }), 4);
      same(await cache.touch("k", { ttl: "5m", grace: none, signal: none }), true);
      await cache.invalidateTags("t", INVALIDATE);
      same(await cache.evict("n", { tier: none }), true);
      same((await cache.health({ entries: none, signal: none })).status, "ok");
      cache.configure(LIFETIMES);
      cache.disable({ tags: none }).enable();
      await cache.clear({ ...CLEAR, signal: none });
      same(await cache.size(), 0);
      const double = cache.wrap((n: number) => n * 2, { ...WRAP, name: "double" });
      same(await double.with({ mode: none, signal: none, ttl: none })(21), 42);
      await cache.close({ timeout: none });
    }
  },
  "are so without promises, too": () => {
    const { sync } = createCache({ tiers: [memory(MEMORY)], ...LIFETIMES });
    sync.set("k", 1, SET);
    same(sync.get("k", GET), 1);
    same(
      sync.getOrSet("l", () => 2, LOAD),
      2,
    );
    equal(sync.keys(LIST).sort(), ["k", "l"]);
    sync.clear(CLEAR);
    same(sync.size({ tier: none }), 0);
    const double = memoizeSync((n: number) => n * 2, { maxEntries: none, ttl: none, shouldCache: none, key: none });
    same(double(21), 42);
  },
});
