import type { EvictionRule, MemoryOptions } from "../../../mod.ts";
import { createCache, lifetime, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, ok, same, suite } from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";
import { open } from "./open.ts";

type Opened = ReturnType<typeof openCache>;

function openCache(options?: MemoryOptions) {
  const clock = fakeClock();
  return { cache: createCache({ clock, tiers: [memory(options)], sweepInterval: 0 }), clock };
}

/** A full tier of 64, in which a few entries are over. */
async function withSomeOver(): Promise<Opened> {
  const { cache, clock } = openCache({ maxEntries: 64, rules: [lifetime()] });
  for (let i = 0; i < 64; i++) cache.sync.set(`k${i}`, i, i % 20 === 10 ? { ttl: 10 } : { ttl: 1e6 });
  await clock.advance(1_000);
  return { cache, clock };
}

export const tests: TestCase[] = suite("who hears what leaves memory", {
  "may store it anew: nothing is lost, however much leaves at once": async () => {
    for (const face of ["sync", "async"] as const) {
      const { cache, clock } = openCache({ maxEntries: 50_000 });
      const errors: unknown[] = [];
      let depth = 0;
      let deepest = 0;
      cache.on("error", ({ error }) => errors.push(error));
      cache.on("expire", ({ key }) => {
        deepest = Math.max(deepest, ++depth);
        if (face === "sync") cache.sync.set(key, "again", { ttl: "1h" });
        else void cache.set(key, "again", { ttl: "1h" });
        depth--;
      });
      const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
      for (const key of keys) cache.sync.set(key, "first", { ttl: 10 });
      await clock.advance(100);
      await cache.set("another", 1);
      await cache.prune();
      ok(deepest <= 2, `${deepest} deep`);
      equal(
        keys.filter((key) => cache.sync.get(key) !== "again"),
        [],
      );
      equal(errors, []);
    }
  },
  "may store the very key that a rule makes room for": async () => {
    const { cache } = await withSomeOver();
    cache.on("expire", () => cache.sync.set("new", "of the listener"));
    await cache.set("new", "mine");
    same(cache.sync.get("new"), "mine");
    await cache.prune();
    same(cache.stats().size, cache.sync.keys().length);
    cache.sync.clear();
    same(cache.stats().size, 0);
  },
  "a rule may store the very key that it is asked about": () => {
    for (const isPrepared of [true, false]) {
      let asked = 0;
      const rule: EvictionRule = {
        admit({ key }) {
          if (asked++ === 0) put(key, "inner");
          return true;
        },
      };
      const { tier, put, get, keys, usage, drop, entry, clock } = open({ maxEntries: 3, rules: [rule] });
      if (isPrepared) put("a", "outer");
      else tier.sync.setMany([{ key: "a", entry: entry("outer") }], clock.now());
      same(get("a"), "outer");
      drop("a");
      equal([get("a"), usage().entries], [undefined, 0]);
      for (let i = 0; i < 10; i++) put(`x${i}`, i);
      equal([usage().entries, keys().length], [3, 3]);
      tier.sync.clear("", clock.now());
      same(usage().entries, 0);
    }
  },
  "may delete what is being loaded: its value does not become visible": async () => {
    const { cache } = await withSomeOver();
    cache.on("expire", () => void cache.delete("profile"));
    same(await cache.getOrSet("profile", async () => "old"), "old");
    same(await cache.get("profile"), undefined);
  },
  "may delete what is loaded together with what took its room": async () => {
    const { cache } = openCache({ maxEntries: 2 });
    const off = cache.on("evict", () => {
      off();
      void cache.delete("b");
    });
    cache.sync.set("x", 1);
    cache.sync.set("y", 1);
    await cache.getOrSetMany(["a", "b"], async () => ["old", "old"]);
    same(await cache.get("b"), undefined);
  },
  "a value that is weighed or copied may be deleted by that": async () => {
    const inner: { cache?: Opened["cache"] } = {};
    const remove = <T>(answer: T): T => {
      inner.cache!.sync.delete("k");
      return answer;
    };
    for (const options of [{ maxBytes: 1_000, sizeOf: () => remove(1) }, { clone: (value: never) => remove(value) }]) {
      const { cache } = openCache(options);
      inner.cache = cache;
      await cache.getOrSet("k", async () => "old");
      same(cache.stats().size, 0);
    }
  },
  "a load that ends after the close leaves nothing": async () => {
    const { cache } = openCache();
    const gate = deferred<string>();
    const loads = [
      cache.getOrSet("k", () => gate.promise),
      cache.getOrSetMany(["m"], async () => [await gate.promise]),
    ];
    await cache.close();
    gate.resolve("late");
    const [one] = await Promise.all(loads);
    same(one, "late");
    same(cache.stats().size, 0);
    ok(cache.closed);
  },
});
