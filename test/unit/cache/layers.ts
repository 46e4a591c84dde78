import { equal, ok, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, stateOf, unwanted } from "./tools.ts";

export const layers: StackSuite = stackSuite(
  "tiers",
  {
    "a hit in memory asks nobody else, tagged or not": async (open) => {
      const { cache, lower } = open();
      await cache.set("plain", 1);
      await cache.set("tagged", 1, { tags: ["t"] });
      await cache.invalidateTags(["other"]);
      await cache.set("tagged", 2, { tags: ["t"] });
      // The first read asks where the journal stands.
      await cache.getMany(["plain", "tagged"]);
      lower!.faults.resetCalls();
      for (let i = 0; i < 3; i++) {
        same(await cache.get("plain"), 1);
        same(await cache.get("tagged"), 2);
        same(await cache.getOrSet("plain", unwanted), 1);
        equal((await cache.getMany(["plain", "tagged"])).size, 2);
      }
      equal(Object.values(lower!.faults.calls).filter(Boolean), []);
    },
    "a batch is one round trip per tier, and only what misses goes down": async (open) => {
      const { cache, lower } = open();
      const keys = ["a", "b", "c", "d"];
      lower!.faults.resetCalls();
      await cache.setMany(keys.map((key) => ({ key, value: key })));
      equal([lower!.faults.calls.setMany, lower!.faults.calls.getMany], [1, 0]);
      await cache.evict("a");
      await cache.evict("b");
      const asked: (readonly string[])[] = [];
      const { getMany } = lower!;
      Object.assign(lower!, {
        getMany: (some: readonly string[], options: never) => {
          asked.push(some);
          return getMany(some, options);
        },
      });
      same((await cache.getMany([...keys, "none"])).size, 4);
      equal(
        asked.map((some) => some.map((key) => key.slice(key.lastIndexOf(":") + 1))),
        [["a", "b", "none"]],
      );
      await cache.evictAll();
      asked.length = 0;
      await cache.getOrSetMany([...keys, "x", "y"], async (some) => some);
      equal(
        asked.map((some) => some.length),
        [6],
      );
      lower!.faults.resetCalls();
      same(await cache.deleteMany(keys), 4);
      equal(lower!.faults.calls.deleteMany, 1);
    },
    "evict takes a key from one tier, and the others keep it": async (open) => {
      const { cache, top, bottom } = open();
      const log: unknown[] = [];
      cache.on("evict", ({ key, tier, reason }) => log.push([key, tier, reason]));
      await cache.setMany(["a", "b"].map((key) => ({ key, value: key })));
      same(await cache.evict("a"), true);
      same(await cache.evict("a"), false);
      equal(await cache.keys({ tier: top }), ["b"]);
      equal((await cache.keys({ tier: bottom })).sort(), ["a", "b"]);
      same(await cache.evict("b", { tier: bottom }), true);
      equal(await cache.keys({ tier: bottom }), ["a"]);
      same(await cache.get("b"), "b");
      equal(log.splice(0), [
        ["a", top, "manual"],
        ["b", bottom, "manual"],
      ]);
      same(cache.stats().evictions.manual, 2);
      await cache.evictAll({ tier: bottom });
      equal([await cache.size({ tier: bottom }), await cache.size({ tier: top })], [0, 1]);
      equal(log, [["a", bottom, "manual"]]);
    },
    "a tier that nobody knows is refused": async (open) => {
      const { cache } = open();
      const calls = [
        () => cache.evict("k", { tier: "none" }),
        () => cache.evictAll({ tier: "none" }),
        () => cache.keys({ tier: "none" }),
        () => cache.size({ tier: "none" }),
        () => cache.meta("k", { tier: "none" }),
        async () => cache.tier("none"),
        async () => {
          for await (const _ of cache.entries({ tier: "none" }));
        },
      ];
      for (const call of calls) {
        const error = await call().then(
          () => undefined,
          (reason) => reason,
        );
        same((error as { code?: string })?.code, "CONFIG");
      }
    },
    "keys, entries and size are merged without duplicates, and told by tier": async (open) => {
      const { cache, clock, top, bottom } = open();
      await cache.setMany(["both", "below", "above"].map((key) => ({ key, value: key, ttl: "1h" })));
      await cache.set("short", 1, { ttl: 1 });
      await clock.advance(1);
      await cache.evict("below");
      await cache.evict("above", { tier: bottom });
      equal((await cache.keys()).sort(), ["above", "below", "both"]);
      equal((await cache.keys({ tier: top })).sort(), ["above", "both"]);
      equal((await cache.keys({ tier: bottom })).sort(), ["below", "both"]);
      equal([await cache.size(), await cache.size({ tier: top }), await cache.size({ tier: bottom })], [3, 2, 2]);
      const found = new Map<unknown, string>();
      for await (const { key, tier, value } of cache.entries<string>()) {
        same(value, key);
        found.set(key, tier);
      }
      equal([...found].sort(), [
        ["above", top],
        ["below", bottom],
        ["both", top],
      ]);
      const metas: unknown[] = [];
      for await (const meta of cache.metas({ tier: bottom, pattern: "b*" })) {
        ok(!("value" in meta));
        metas.push([meta.key, meta.tier]);
      }
      equal(metas.sort(), [
        ["below", bottom],
        ["both", bottom],
      ]);
    },
    "a tier caps the time to live, and a shorter one of the call counts": async (open) => {
      const { cache, clock, top, bottom } = open({ upper: { ttl: "2s" }, lower: { ttl: "1m" } });
      await cache.set("k", "v", { ttl: "1h", grace: "1h" });
      equal(
        [(await cache.meta("k", { tier: top }))?.ttl, (await cache.meta("k", { tier: bottom }))?.ttl],
        [2000, 60_000],
      );
      await cache.set("short", "v", { ttl: 500 });
      equal(
        [(await cache.meta("short", { tier: top }))?.ttl, (await cache.meta("short", { tier: bottom }))?.ttl],
        [500, 500],
      );
      await clock.advance(2000);
      same(await cache.meta("k", { tier: top }), undefined);
      same(await cache.get("k"), "v");
      // Copied up anew, for no longer than the tier may.
      same((await cache.meta("k", { tier: top }))?.ttl, 2000);
      await clock.advance(57_999);
      same(await cache.get("k"), "v");
      same((await cache.meta("k", { tier: top }))?.ttl, 1);
      await clock.advance(1);
      same(await cache.get("k"), undefined);
    },
    "touch keeps to the caps": async (open) => {
      const { cache, top, bottom } = open({ upper: { ttl: "2s" }, lower: { ttl: "1m" } });
      await cache.set("k", "v", { ttl: "1s" });
      same(await cache.touch("k", { ttl: "1h" }), true);
      equal(
        [(await cache.meta("k", { tier: top }))?.ttl, (await cache.meta("k", { tier: bottom }))?.ttl],
        [2000, 60_000],
      );
    },
    "write around: a set is not stored there, and what was is gone": async (open) => {
      const { cache, top, bottom } = open({ lower: { write: "around" } });
      await cache.set("k", "v");
      equal([await cache.size({ tier: top }), await cache.size({ tier: bottom })], [1, 0]);
      const above = open({ upper: { write: "around" } });
      await above.cache.set("k", 1);
      same(await above.cache.meta("k", { tier: above.top }), undefined);
      same(await above.cache.get("k"), 1);
      ok(await above.cache.meta("k", { tier: above.top }), "promotion fills it");
      await above.cache.set("k", 2);
      same(await above.cache.get("k"), 2);
      await above.cache.getOrSet("l", () => 1);
      same(await above.cache.get("l"), 1);
    },
    "write behind: acknowledged at once, read back at once, stored later, the last one of a key": async (open) => {
      const { cache, clock, lower, peer } = open({ lower: { write: "behind" } });
      const reader = peer!();
      lower!.faults.fail({ setMany: { delay: 100 } });
      same(await stateOf(cache.set("k", 1), clock.settle), "resolved");
      await cache.evictAll();
      same(await cache.get("k"), 1);
      await cache.set("k", 2);
      await cache.set("k", 3);
      await cache.evictAll();
      same(await cache.get("k"), 3);
      same(await reader.get("k"), undefined);
      await clock.advance(500);
      same(await reader.get("k"), 3);
    },
    "write behind: what is deleted before it was stored is never stored": async (open) => {
      const { cache, clock, lower, peer } = open({ lower: { write: "behind" } });
      lower!.faults.fail({ setMany: { delay: 100 } });
      await cache.setMany([
        { key: "k", value: 1 },
        { key: "l", value: 1 },
      ]);
      same(await cache.delete("k"), true);
      same(await cache.get("k"), undefined);
      const cleared = cache.clear();
      await clock.advance(1000);
      await cleared;
      await clock.advance(1000);
      const reader = peer!();
      equal(await reader.getMany(["k", "l"]), new Map());
      same(await cache.size(), 0);
    },
    "write behind: tags invalidate what waits": async (open) => {
      const { cache, clock, lower } = open({ lower: { write: "behind" } });
      lower!.faults.fail({ setMany: { delay: 100 } });
      const written = cache.set("k", 1, { tags: ["t"] });
      const loaded = cache.getOrSet("l", () => 1, { tags: ["t"] });
      await clock.advance(1000);
      await Promise.all([written, loaded]);
      const invalidated = cache.invalidateTags(["t"]);
      await clock.advance(1000);
      await invalidated;
      await cache.evictAll();
      equal(await cache.getMany(["k", "l"]), new Map());
    },
    "write behind: a tier that fails is tried again": async (open) => {
      const { cache, clock, lower, peer } = open({ lower: { write: "behind" } });
      lower!.faults.fail({ setMany: "reject" }, 2);
      await cache.set("k", 1);
      await clock.advance("10s");
      same(await peer!().get("k"), 1);
      ok(cache.stats().errors >= 1);
    },
    "the names of the tiers lead to them": (open) => {
      const { cache, top, bottom, lower } = open();
      same(cache.tier(top).name, top);
      same(cache.tier(bottom), lower);
    },
  },
  { depth: 2 },
);

/** What holds for a tier's own options in any stack. */
export const caps: StackSuite = stackSuite("a tier's own options", {
  "the ttl of a tier caps every entry's, in a stack of one too": async (open) => {
    const { cache, clock, top } = open({ upper: { ttl: "2s" } });
    await cache.set("k", "v", { ttl: "1h", grace: "1h" });
    same((await cache.meta("k", { tier: top }))?.ttl, 2000);
    await cache.set("short", "v", { ttl: 500 });
    same((await cache.meta("short", { tier: top }))?.ttl, 500);
    await cache.getOrSet("loaded", () => "v", { ttl: "1h" });
    same((await cache.meta("loaded", { tier: top }))?.ttl, 2000);
    await cache.touch("short", { ttl: "1h" });
    same((await cache.meta("short", { tier: top }))?.ttl, 2000);
    await clock.advance(2000);
    same(await cache.meta("k", { tier: top }), undefined);
  },
  "the number of entries in memory is exact": async (open) => {
    const { cache, top } = open({ upper: { maxEntries: 3 } });
    if (cache.stats().tiers[0]?.maxEntries !== 3) return;
    for (let i = 0; i < 10; i++) {
      await cache.set(`k${i}`, i);
      same(await cache.size({ tier: top }), Math.min(i + 1, 3));
    }
    same(cache.stats().evictions.capacity, 7);
  },
  "work of others in flight does not mix": async (open) => {
    const { cache } = open();
    const gate = deferred<number>();
    const calls = Array.from({ length: 20 }, (_, i) =>
      cache.getOrSet(`k${i}`, () => gate.promise.then((base) => base + i)),
    );
    gate.resolve(100);
    equal(
      await Promise.all(calls),
      Array.from({ length: 20 }, (_, i) => 100 + i),
    );
    for (let i = 0; i < 20; i++) same(await cache.get(`k${i}`), 100 + i);
  },
});
