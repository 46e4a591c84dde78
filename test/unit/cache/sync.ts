import {
  type Cache,
  CacheClosedError,
  createCache,
  defineScopes,
  defineTier,
  memory,
  type Tier,
} from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";
import { faulty, remoteTier } from "./stacks.ts";
import { deferred, query } from "./tools.ts";

function open(options: object = {}, data = mapData()) {
  const clock = fakeClock();
  const cache = createCache({ clock, sweepInterval: 0, tiers: [memory(), mapTierOf(data)], ...options });
  return { cache, clock, data };
}

function mapTierOf(data: ReturnType<typeof mapData>): Tier & Required<Pick<Tier, "sync">> {
  return mapTier({ data }) as never;
}

const never = (): never => {
  throw new Error("must not load");
};

export const tests: TestCase[] = suite("the synchronous face", {
  "exists where every tier has one, and names the tier that has none": () => {
    same(createCache().sync.get("k"), undefined);
    const cache = createCache({ tiers: [memory(), defineTier(remoteTier(mapTier()))] });
    const error = throws(() => cache.sync, "SYNC_UNSUPPORTED");
    ok((error as Error).message.includes("tier map"));
  },
  "is one for each view": () => {
    const { cache } = open();
    same(cache.sync, cache.sync);
    ok(cache.namespace("n").sync !== cache.sync);
  },
  "shares entries, counters and promises with the other face": async () => {
    const { cache, clock } = open();
    cache.sync.set("a", 1, { ttl: 1_000, tags: ["t"] });
    same(await cache.get("a"), 1);
    await cache.set("b", 2, { tags: ["t"] });
    same(cache.sync.get("b"), 2);
    cache.sync.invalidateTags(["t"]);
    same(await cache.get("b"), undefined);
    same(cache.sync.get("a"), undefined);
    await clock.advance(0);
    const { hits, misses, sets } = cache.stats();
    equal({ hits, misses, sets }, { hits: 2, misses: 2, sets: 2 });
  },
  "copies up what it finds below, with the time that it has left": async () => {
    const data = mapData();
    const first = open({}, data);
    first.cache.sync.set("k", "v", { ttl: 1_000 });
    const { cache, clock } = open({}, data);
    await clock.advance(400);
    same(cache.sync.getEntry("k")?.tier, "map");
    const entry = cache.sync.getEntry("k");
    equal([entry?.tier, entry?.ttl], ["memory", 600]);
    same(cache.sync.get("k", { promote: false }), "v");
  },
  "loads once, stores in every tier, and serves": () => {
    const data = mapData();
    const { cache } = open({}, data);
    let loads = 0;
    const load = () => ++loads;
    equal([cache.sync.getOrSet("k", load, { tags: ["t"] }), cache.sync.getOrSet("k", load)], [1, 1]);
    same(open({}, data).cache.sync.getOrSet("k", never), 1);
    cache.sync.invalidateTags("t");
    same(cache.sync.getOrSet("k", load), 2);
    const { loads: counted, hits, misses } = cache.stats();
    equal({ counted, hits, misses }, { counted: 2, hits: 1, misses: 2 });
  },
  "throws what the loader throws, and serves the old value while its grace lasts": async () => {
    const { cache, clock } = open();
    const fail = () => {
      throw new RangeError("no");
    };
    throws(() => cache.sync.getOrSet("k", fail), RangeError);
    cache.sync.set("k", "old", { ttl: 100, grace: 1_000 });
    await clock.advance(200);
    same(cache.sync.getOrSet("k", fail, { grace: 1_000 }), "old");
    same(cache.stats().staleHits, 1);
    await clock.advance(1_000);
    throws(() => cache.sync.getOrSet("k", fail, { grace: 1_000 }), RangeError);
  },
  "remembers a failed load for negativeTtl": async () => {
    const { cache, clock } = open();
    let loads = 0;
    const fail = () => {
      loads++;
      throw new RangeError("no");
    };
    for (let i = 0; i < 3; i++) throws(() => cache.sync.getOrSet("k", fail, { negativeTtl: 100 }), RangeError);
    same(loads, 1);
    await rejects(
      cache.getOrSet("k", () => 1),
      RangeError,
    );
    await clock.advance(100);
    same(
      cache.sync.getOrSet("k", () => 1),
      1,
    );
  },
  "the loader decides on ttl and tags, or that nothing is stored": async () => {
    const { cache, clock } = open();
    cache.sync.getOrSet("k", ({ key, setTtl, setTags, stale }) => {
      equal([key, stale], ["k", undefined]);
      setTtl(100);
      setTags(["t"]);
      return 1;
    });
    equal([cache.sync.meta("k")?.ttl, cache.sync.meta("k")?.tags], [100, ["t"]]);
    await clock.advance(100);
    same(cache.sync.has("k"), false);
    same(
      cache.sync.getOrSet("k", ({ skip }) => {
        skip();
        return 2;
      }),
      2,
    );
    same(cache.sync.has("k"), false);
    same(
      cache.sync.getOrSet("k", () => undefined),
      undefined,
    );
    same(cache.sync.has("k"), false);
  },
  "a loader that answers with a promise is refused, and leaves nothing": () => {
    const { cache, data } = open();
    throws(() => cache.sync.getOrSet("k", () => Promise.resolve(1)), "SYNC_UNSUPPORTED");
    throws(() => cache.sync.getOrSet("k", () => Promise.reject(new Error("unheard"))), "SYNC_UNSUPPORTED");
    throws(() => cache.sync.getOrSetMany(["k"], (() => Promise.resolve([1])) as never), "SYNC_UNSUPPORTED");
    throws(() => cache.sync.getOrSet("k", () => query(async () => 1)), "SYNC_UNSUPPORTED");
    same(cache.sync.has("k"), false);
    same(data.leases.size, 0);
  },
  "what was changed while the loader ran is not stored over it": () => {
    const { cache } = open();
    const value = cache.sync.getOrSet("k", () => {
      cache.sync.set("k", "newer");
      return "loaded";
    });
    equal([value, cache.sync.get("k")], ["loaded", "newer"]);
    const other = cache.sync.getOrSet(
      "tagged",
      () => {
        cache.sync.invalidateTags(["t"]);
        return "loaded";
      },
      { tags: ["t"] },
    );
    equal([other, cache.sync.get("tagged")], ["loaded", undefined]);
  },
  "loads within loads": () => {
    const { cache } = open();
    const fibonacci = (n: number): number =>
      cache.sync.getOrSet(["fib", n], () => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)));
    same(fibonacci(60), 1548008755920);
    same(cache.stats().loads, 61);
  },
  "while another process loads, it loads too, and does not store what it brings": async () => {
    const data = mapData();
    const { cache } = open({}, data);
    const { cache: other } = open({}, data);
    const gate = deferred<string>();
    const loading = other.getOrSet("k", () => gate.promise);
    await Promise.resolve();
    same(
      cache.sync.getOrSet("k", () => "mine"),
      "mine",
    );
    same(cache.sync.has("k"), false);
    gate.resolve("theirs");
    same(await loading, "theirs");
    same(cache.sync.getOrSet("k", never), "theirs");
  },
  "while a call of the other face loads, it stores nothing, and what that brings is stored": async () => {
    const { cache, clock } = open();
    const asked = deferred<string>();
    const loading = cache.getOrSet("k", () => asked.promise);
    await clock.settle();
    const stored: unknown[] = [];
    cache.on("set", ({ key }) => stored.push(key));
    same(
      cache.sync.getOrSet("k", () => "sync"),
      "sync",
    );
    equal([cache.sync.get("k"), stored], [undefined, []]);
    asked.resolve("async");
    same(await loading, "async");
    equal([cache.sync.get("k"), stored], ["async", ["k"]]);
  },
  "what is loaded in the place of another version is stored, of one key and of many": () => {
    const data = mapData();
    const [before, { cache }] = [open({ version: "1" }, data).cache, open({ version: "2" }, data)];
    const keys = ["a", "b", "c"];
    before.sync.setMany(keys.map((key) => ({ key, value: "old" })));
    same(
      cache.sync.getOrSet("a", () => "new"),
      "new",
    );
    cache.sync.getOrSetMany(keys, (some) => some.map(() => "new"));
    cache.sync.evictAll();
    equal(
      [...cache.sync.getMany(keys)],
      [
        ["a", "new"],
        ["b", "new"],
        ["c", "new"],
      ],
    );
    same(data.leases.size, 0);
  },
  "a load of many that fails keeps no other process from loading any of them": async () => {
    const keys = ["a", "b", "c"];
    const fail = () => {
      throw new RangeError("no");
    };
    const later = (() => Promise.resolve(true)) as never;
    const data = mapData();
    const { cache, clock } = open({}, data);
    throws(() => cache.sync.getOrSetMany(keys, fail), RangeError);
    same(data.leases.size, 0);
    cache.sync.set("b", "old", { ttl: 10, grace: "1h" });
    await clock.advance(20);
    const options = { validate: later, grace: "1h", swr: "1h" };
    throws(() => cache.sync.getOrSetMany(keys, never, options), "SYNC_UNSUPPORTED");
    same(data.leases.size, 0);
  },
  "a load under way in this process is overtaken by a change": async () => {
    const { cache } = open();
    const gate = deferred<string>();
    const loading = cache.getOrSet("k", () => gate.promise);
    await Promise.resolve();
    cache.sync.set("k", "newer");
    gate.resolve("older");
    same(await loading, "older");
    same(cache.sync.get("k"), "newer");
  },
  "what is loaded in the place of a value that was refused is stored, fresh or old, with a lease or without":
    async () => {
      for (const options of [{}, { lease: false as const }]) {
        for (const age of [0, 1_000]) {
          const { cache, clock, data } = open({ grace: "1h", coherence: 0 });
          const other = open({ clock, coherence: 0 }, data).cache;
          cache.sync.set("k", "old", { ttl: 1_000 });
          await clock.advance(age);
          same(
            cache.sync.getOrSet("k", () => "new", { validate: () => false, ...options }),
            "new",
          );
          equal([cache.sync.get("k"), other.sync.get("k")], ["new", "new"], `${JSON.stringify(options)} ${age}`);
          // Nor is a lease left that others would wait for.
          other.sync.evictAll();
          other.sync.set("k", "short", { ttl: 1 });
          await clock.advance(1);
          same(await other.getOrSet("k", () => "next"), "next");
        }
      }
    },
  "a stale value within swr is served at once, and refreshed afterwards": async () => {
    const { cache, clock } = open();
    cache.sync.set("k", "old", { ttl: 100, swr: 1_000 });
    await clock.advance(200);
    same(
      cache.sync.getOrSet("k", () => "new", { swr: 1_000 }),
      "old",
    );
    await clock.advance(0);
    same(cache.sync.get("k"), "new");
  },
  "loads many with one call for those that miss": () => {
    const { cache } = open();
    cache.sync.set("b", "B");
    const asked: unknown[] = [];
    const load = (keys: readonly unknown[]) => {
      asked.push([...keys]);
      return keys.map((key) => (key === "none" ? undefined : `${key}!`));
    };
    equal(
      [...cache.sync.getOrSetMany(["a", "b", "none", "a", "c"], load)],
      [
        ["a", "a!"],
        ["b", "B"],
        ["c", "c!"],
      ],
    );
    equal(asked, [["a", "none", "c"]]);
    equal([...cache.sync.getMany(["a", "none", "c"]).keys()], ["a", "c"]);
    equal([...cache.sync.getOrSetMany(["d"], (keys) => new Map(keys.map((key) => [key, 4])))], [["d", 4]]);
    equal(cache.sync.getOrSetMany([], never).size, 0);
  },
  "lists while it is iterated": () => {
    const { cache } = open();
    cache.sync.setMany([
      { key: "a", value: 1 },
      { key: ["b", 2], value: 2 },
    ]);
    equal(new Set([...cache.sync.entries()].map(({ value }) => value)), new Set([1, 2]));
    equal(
      [...cache.sync.metas({ pattern: "a" })].map(({ key }) => key),
      ["a"],
    );
  },
  "follows what other processes change": async () => {
    const data = mapData();
    const { cache, clock } = open({}, data);
    const { cache: other } = open({ clock }, data);
    cache.sync.set("k", "old");
    same(other.sync.get("k"), "old");
    cache.sync.set("k", "new");
    await clock.advance(1_000);
    same(other.sync.get("k"), "new");
  },
  "while a tier is being told what it missed, it serves nothing of that": async () => {
    const lower = faulty(mapTierOf(mapData()));
    const { cache, clock } = open({ tiers: [memory(), lower], coherence: "forever" });
    await cache.setMany(["k", "other"].map((key) => ({ key, value: "old" })));
    lower.faults.fail("reject");
    await cache.delete("k");
    lower.faults.fail({ deleteMany: { delay: 100 } });
    await clock.advance("10s");
    const told = cache.get("k");
    await clock.settle();
    cache.sync.evict("other");
    equal([cache.sync.get("k"), cache.sync.get("other")], [undefined, "old"]);
    await clock.advance(100);
    same(await told, undefined);
    equal([cache.sync.get("k"), cache.sync.get("other")], [undefined, "old"]);
  },
  "scopes inherit, and are invalidated": () => {
    const scopes = defineScopes({ org: { param: "orgId", children: { user: { param: "userId" } } } });
    const { cache } = open({ scopes });
    const typed = cache as unknown as Cache<typeof scopes, never, "sync">;
    const org = typed.scope("org", { orgId: "acme" });
    const user = typed.scope("user", { orgId: "acme", userId: "42" }, { inherit: true });
    org.sync.set("k", "org's");
    same(user.sync.get("k"), "org's");
    same(user.sync.getOrSet("k", never), "org's");
    equal(
      [...user.sync.getOrSetMany(["k", "l"], (keys) => keys.map(() => "own"))],
      [
        ["k", "org's"],
        ["l", "own"],
      ],
    );
    same(user.sync.touch("k", { ttl: 5 }), false);
    typed.sync.invalidateScope("org", { orgId: "acme" });
    equal([org.sync.get("k"), user.sync.get("l")], [undefined, undefined]);
  },
  "throws when the cache is closed, and for what is wrong": async () => {
    const { cache } = open();
    throws(() => cache.sync.set("k", undefined), "VALUE");
    throws(() => cache.sync.get("\0"), "KEY");
    throws(() => cache.sync.set("k", 1, { ttl: "soon" }), "CONFIG");
    throws(() => cache.sync.size({ tier: "none" }), "CONFIG");
    const { sync } = cache;
    await cache.close();
    for (const call of [() => sync.get("k"), () => sync.set("k", 1), () => [...sync.entries()], () => sync.clear()])
      throws(call, CacheClosedError);
  },
  "a schema that answers later is refused": () => {
    const { cache } = open();
    cache.sync.set("k", 1);
    const schema = { "~standard": { version: 1, vendor: "test", validate: async (value: unknown) => ({ value }) } };
    throws(() => cache.sync.get("k", { schema: schema as never }), "SYNC_UNSUPPORTED");
    const prompt = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: [value] }) } };
    equal(cache.sync.get("k", { schema: prompt as never }), [1]);
  },
});
