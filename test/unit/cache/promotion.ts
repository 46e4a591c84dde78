import { equal, ok, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { unwanted } from "./tools.ts";

export const promotion: StackSuite = stackSuite(
  "promotion",
  {
    "what only the lower tier has is found and copied up, by every read": async (open) => {
      const { cache, top, bottom } = open();
      const reads: Record<string, () => Promise<unknown>> = {
        get: () => cache.get("k"),
        getEntry: () => cache.getEntry("k").then((entry) => entry?.value),
        getMany: () => cache.getMany(["k"]).then((found) => found.get("k")),
        getOrSet: () => cache.getOrSet("k", unwanted),
        getOrSetMany: () => cache.getOrSetMany(["k"], unwanted).then((found) => found.get("k")),
      };
      const promoted: unknown[] = [];
      cache.on("promote", (event) => promoted.push(event));
      for (const [name, read] of Object.entries(reads)) {
        await cache.set("k", "v");
        await cache.evict("k");
        same(await cache.meta("k", { tier: top }), undefined, name);
        same(await read(), "v", name);
        same((await cache.meta("k", { tier: top }))?.tier, top, name);
        equal(promoted.splice(0), [{ key: "k", from: bottom, to: top }], name);
      }
      same(cache.stats().tiers[0]!.promotions, 5);
    },
    "a promoted entry keeps its time, tags and version, and never lives longer": async (open) => {
      const { cache, clock, top } = open();
      const createdAt = clock.now();
      await cache.set("k", "v", { ttl: "10s", grace: "5s", tags: ["t", "u"], version: "3" });
      await cache.evict("k");
      await clock.advance("9s");
      same(await cache.get("k", { version: "3" }), "v");
      const meta = (await cache.meta("k", { tier: top }))!;
      equal([meta.ttl, meta.tags, meta.version, meta.createdAt], [1000, ["t", "u"], "3", createdAt]);
      await clock.advance(999);
      same(await cache.get("k", { version: "3" }), "v");
      await clock.advance(1);
      same(await cache.get("k", { version: "3" }), undefined);
      same(await cache.getOrSet("k", () => Promise.reject(new RangeError()), { version: "3", grace: "5s" }), "v");
      await clock.advance(4999);
      ok(await cache.meta("k"));
      await clock.advance(1);
      same(await cache.meta("k"), undefined);
    },
    "a promoted entry is invalidated by its tags": async (open) => {
      const { cache } = open();
      for (const match of ["any", "all", "exact"] as const) {
        await cache.set("k", "v", { tags: ["t", "u"] });
        await cache.evict("k");
        same(await cache.get("k"), "v");
        await cache.invalidateTags(["u", "t"], { match });
        same(await cache.get("k"), undefined, match);
      }
    },
    "promote: false copies nothing up": async (open) => {
      const { cache, top } = open();
      await cache.set("k", "v");
      await cache.evict("k");
      same(await cache.get("k", { promote: false }), "v");
      same((await cache.getMany(["k"], { promote: false })).get("k"), "v");
      same((await cache.getEntry("k", { promote: false }))?.value, "v");
      same(await cache.meta("k", { tier: top }), undefined);
      same(cache.stats().tiers[0]!.promotions, 0);
    },
    "looking is not promoting": async (open) => {
      const { cache, top } = open();
      await cache.set("k", "v");
      await cache.evict("k");
      await cache.has("k");
      await cache.meta("k");
      await cache.keys();
      for await (const _ of cache.entries());
      await cache.touch("k", { ttl: "1h" });
      same(await cache.meta("k", { tier: top }), undefined);
    },
    "a stale entry is not copied up": async (open) => {
      const { cache, clock, top } = open({ grace: "1h", swr: "1h" });
      await cache.set("k", "v", { ttl: 1000 });
      await cache.evict("k");
      await clock.advance(1000);
      same(await cache.getOrSet("k", () => new Promise<never>(() => {})), "v");
      same(await cache.meta("k", { tier: top }), undefined);
    },
    "the first hit wins, and a fresh one below beats a stale one above": async (open) => {
      const { cache, clock, peer } = open({ grace: "1h" });
      await cache.set("k", "old", { ttl: 1000 });
      await clock.advance(1000);
      await peer!().set("k", "new");
      same(await cache.get("k"), "new");
      same(await cache.getOrSet("k", unwanted), "new");
    },
    "of two stale values the younger one is served": async (open) => {
      const { cache, clock, peer } = open({ grace: "1h", ttl: 1000 });
      await cache.set("k", "old");
      await clock.advance(1000);
      await peer!({ grace: "1h", ttl: 1000 }).set("k", "newer");
      await clock.advance(1000);
      same(await cache.getOrSet("k", () => Promise.reject(new RangeError())), "newer");
    },
    "an older stale value below does not take the place of a younger one above": async (open) => {
      const { cache, clock, peer } = open({ grace: "1h", ttl: 1000, coherence: "forever" });
      const behind = { now: () => clock.now() - 500, setTimer: clock.setTimer, clearTimer: clock.clearTimer };
      await cache.set("k", "younger");
      await peer!({ grace: "1h", ttl: 1000, clock: behind } as never).set("k", "older");
      await clock.advance(1000);
      same(await cache.getOrSet("k", () => Promise.reject(new RangeError())), "younger");
    },
  },
  { depth: 2 },
);
