import { type CacheOptions, createCache, type MemoryOptions, memory } from "../../../mod.ts";
import type { Clock } from "../../../src/clock.ts";
import type { Store } from "../../../src/store.ts";
import { INSIDE, type Verbs } from "../../../src/verbs/verbs.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, rejects, same, suite } from "../../contract/mod.ts";
import { deferred } from "./tools.ts";

/** A cache of memory alone that notes what is kept without an entry, and what is written as one. */
function open(options: Omit<CacheOptions, "tiers" | "scopes"> = {}, tier?: MemoryOptions) {
  const clock = fakeClock();
  const cache = createCache({ clock, ...options, tiers: [memory(tier)] });
  const store: { -readonly [K in keyof Store]: Store[K] } = (cache as object as { readonly [INSIDE]: Verbs })[INSIDE]
    .engine.store;
  const ways: string[] = [];
  const { keep, write } = store;
  if (keep) {
    store.keep = (...entry) => {
      ways.push("kept");
      keep.apply(store, entry);
    };
  }
  store.write = (...args) => {
    ways.push("written");
    return write.apply(store, args);
  };
  return { cache, clock, way: () => ways.splice(0).join(" ") };
}

export const tests: TestCase[] = suite("sets of a value alone", {
  "what has a key, a value and a ttl at most is kept without an entry": async () => {
    const { cache, way } = open({ ttl: "1h", grace: "1m" });
    await cache.set("k", 1);
    await cache.set(["array", 1], 1, {});
    await cache.set("short", 1, { ttl: "5s", tags: undefined });
    cache.sync.set("sync", 1);
    await cache.namespace("n").set("k", 1);
    same(way(), "kept kept kept kept kept");
    same(cache.stats().sets, 5);
    same(cache.namespace("n").stats().sets, 1);
    same(cache.stats().tiers[0]!.sets, 5);
  },
  "what an option says more of is written": async () => {
    const { cache, way } = open();
    await cache.set("k", 1, { tags: ["t"] });
    await cache.set("k", 1, { version: "1" });
    await cache.set("k", 1, { grace: "1m" });
    await cache.set("k", 1, { ttl: () => 5 });
    await cache.set("k", 1, { shouldCache: () => true });
    same(way(), "written written written written written");
    for (const options of [{ version: "1" }, { tags: ["t"] }, { jitter: 0.1 }, { profile: "p" }] satisfies Omit<
      CacheOptions,
      "tiers"
    >[]) {
      const another = open(options);
      await another.cache.set("k", 1);
      same(another.way(), "written");
    }
  },
  "without a lifetime it removes what is there": async () => {
    const { cache, way } = open();
    const left: unknown[] = [];
    cache.on("expire", ({ key }) => void left.push(key));
    await cache.set("k", 1);
    await cache.set("k", 2, { ttl: 0 });
    same(way(), "kept");
    equal([await cache.get("k"), cache.stats().tiers[0]!.entries, left], [undefined, 0, []]);
  },
  "a tier that copies values has them written": async () => {
    const { cache, way } = open({}, { clone: "structured" });
    const value = { a: 1 };
    await cache.set("k", value);
    same(way(), "written");
    value.a = 2;
    equal(await cache.get("k"), { a: 1 });
  },
  "an entry with an end has all of its time, one without is as old as the turn": async () => {
    let time = 5_000;
    const clock: Clock = { ...fakeClock(), now: () => time, coarse: () => 4_000 };
    const { cache, way } = open({ clock });
    await cache.set("for ever", 1);
    await cache.set("short", 1, { ttl: 10 });
    same(way(), "kept kept");
    const meta = async (key: string) => (await cache.meta(key))!;
    equal([(await meta("for ever")).createdAt, (await meta("short")).createdAt], [4_000, 5_000]);
    same((await meta("short")).ttl, 10);
    time += 10;
    equal([await cache.has("short"), await cache.has("for ever")], [false, true]);
  },
  "grace goes with it": async () => {
    const { cache, clock } = open({ ttl: "5s", grace: "5s" });
    await cache.set("k", "old");
    await clock.advance("9s");
    same(await cache.getOrSet("k", () => Promise.reject(new Error("down"))), "old");
    await clock.advance("1s");
    await rejects(
      cache.getOrSet("k", () => Promise.reject(new Error("down"))),
      Error,
    );
  },
  "it is stored before a load that is under way, which cannot be joined after it": async () => {
    const { cache, clock, way } = open();
    const { promise, resolve } = deferred<string>();
    const early = cache.getOrSet("k", () => promise);
    await clock.settle();
    await cache.set("k", "set", { ttl: "1s" });
    same(way(), "kept");
    await clock.advance("1s");
    const late = cache.getOrSet("k", () => "late");
    await clock.settle();
    resolve("early");
    equal([await early, await late], ["early", "late"]);
    same(await cache.get("k"), "late");
  },
  "a load that began before it is not stored over it": async () => {
    const { cache, clock } = open();
    const { promise, resolve } = deferred<string>();
    const early = cache.getOrSet("k", () => promise);
    await clock.settle();
    await cache.set("k", "set");
    resolve("early");
    await early;
    same(await cache.get("k"), "set");
  },
  "it is swept when its time is over": async () => {
    const { cache, clock } = open({ sweepInterval: "1m" });
    await cache.set("k", 1, { ttl: "1s" });
    await clock.advance("1m");
    same(cache.stats().tiers[0]!.entries, 0);
  },
  "listeners and a switched off cache are heeded from the next call on": async () => {
    const { cache, way } = open();
    const keys: unknown[] = [];
    const off = cache.on("set", ({ key }) => void keys.push(key));
    await cache.set("a", 1);
    off();
    await cache.set("b", 1);
    equal([way(), keys], ["written kept", ["a"]]);
    cache.disable();
    await cache.set("a", 2);
    cache.enable();
    equal([await cache.get("a"), await cache.get("b")], [undefined, 1]);
  },
});
