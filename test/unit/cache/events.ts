import type { CacheEvents, EventName } from "../../../mod.ts";
import { lru } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type Rig, type StackSuite, stackSuite } from "./stacks.ts";
import { unwanted } from "./tools.ts";

const ALL: EventName[] = [
  "hit",
  "miss",
  "stale",
  "set",
  "delete",
  "evict",
  "expire",
  "invalidate",
  "promote",
  "load",
  "error",
  "corrupt",
  "breaker",
];

/** Notes every event of a cache, as [name, payload]. */
function listen({ cache }: Rig, names: readonly EventName[] = ALL): [EventName, CacheEvents[EventName]][] {
  const log: [EventName, CacheEvents[EventName]][] = [];
  for (const name of names) cache.on(name, (event) => log.push([name, event]));
  return log;
}

export const events: StackSuite = stackSuite("events and counts", {
  "each call tells what it did, with the key as it was given": async (open) => {
    const rig = open({ ttl: "1h" });
    const { cache, clock, top, bottom } = rig;
    const log = listen(rig);
    const next = () => log.splice(0);
    const key = ["user", 1];
    await cache.get(key);
    equal(next(), [["miss", { key }]]);
    await cache.set(key, 1, { ttl: "5s", tags: ["b", "a"] });
    equal(next(), [["set", { key, ttl: 5000, tags: ["a", "b"] }]]);
    await cache.get(key);
    await cache.getOrSet(key, unwanted);
    equal(next(), [
      ["hit", { key, tier: top }],
      ["hit", { key, tier: top }],
    ]);
    await cache.getMany([key, "none"]);
    equal(next(), [
      ["hit", { key, tier: top }],
      ["miss", { key: "none" }],
    ]);
    await cache.delete(key);
    equal(next(), [["delete", { key, existed: true }]]);
    await cache.deleteMany(["none"]);
    equal(next(), [["delete", { key: "none", existed: false }]]);
    const slow = cache.getOrSet("k", () => clock.sleep(30).then(() => 1));
    await clock.advance(30);
    await slow;
    equal(next(), [
      ["miss", { key: "k" }],
      ["load", { key: "k", duration: 30, ok: true, background: false }],
      ["set", { key: "k", ttl: 3_600_000, tags: [] }],
    ]);
    await rejects(
      cache.getOrSet("bad", () => Promise.reject(new RangeError())),
      RangeError,
    );
    equal(next(), [
      ["miss", { key: "bad" }],
      ["load", { key: "bad", duration: 0, ok: false, background: false }],
    ]);
    await cache.evict("k", { tier: bottom });
    equal(next(), [["evict", { key: "k", tier: bottom, reason: "manual" }]]);
  },
  "stale values tell why they were served": async (open) => {
    const rig = open({ ttl: 1000 });
    const { cache, clock, top } = rig;
    const log = listen(rig, ["stale", "hit", "miss", "load"]);
    const next = () =>
      log
        .splice(0)
        .map(([name, event]) => [name, (event as { reason?: string }).reason ?? (event as { ok?: boolean }).ok]);
    await cache.set("k", 1, { grace: "1h" });
    await clock.advance(1000);
    await cache.getOrSet("k", () => Promise.reject(new RangeError()), { swr: 0, grace: "1h" });
    equal(next(), [
      ["miss", undefined],
      ["load", false],
      ["stale", "error"],
    ]);
    await cache.getOrSet("k", () => 2, { swr: "1h" });
    await clock.settle();
    const swr = next();
    ok(swr.some(([name, reason]) => name === "stale" && reason === "swr"));
    ok(swr.some(([name, done]) => name === "load" && done === true));
    ok(!swr.some(([name]) => name === "miss" || name === "hit"));
    await cache.set("k", 1, { grace: "1h" });
    await clock.advance(1000);
    const call = cache.getOrSet("k", () => new Promise<never>(() => {}), { grace: "1h", softTimeout: 10 });
    await clock.advance(10);
    await call;
    equal(next(), [
      ["miss", undefined],
      ["stale", "timeout"],
    ]);
    same(cache.stats().staleHits, 3);
    equal(log, []);
    void top;
  },
  "an invalidation is one event, however many it hits": async (open) => {
    const rig = open();
    const { cache } = rig;
    await cache.setMany(["a1", "a2", "a3", "b"].map((key) => ({ key, value: 1, tags: ["t"] })));
    const log = listen(rig, ["invalidate", "delete"]);
    await cache.invalidateTags(["t", "u"]);
    equal(log.splice(0), [["invalidate", { by: "tags", what: "t, u" }]]);
    await cache.setMany(["a1", "a2", "a3", "b"].map((key) => ({ key, value: 1 })));
    await cache.invalidatePattern("a*");
    equal(log.splice(0), [["invalidate", { by: "pattern", what: "a*", count: 3 }]]);
    await cache.clear();
    equal(log.splice(0), [["invalidate", { by: "clear", what: "default" }]]);
  },
  "what leaves by itself is told with its reason": async (open) => {
    const rig = open({ upper: { maxEntries: 2, policy: lru() } });
    const { cache, clock, top } = rig;
    if (cache.stats().tiers[0]?.maxEntries !== 2) return;
    const log = listen(rig, ["evict", "expire"]);
    await cache.set("a", 1);
    await cache.set("b", 1);
    await cache.set("c", 1);
    equal(log.splice(0), [["evict", { key: "a", tier: top, reason: "capacity" }]]);
    same(cache.stats().evictions.capacity, 1);
    await cache.clear();
    await cache.set("a", 1, { ttl: 10 });
    await clock.advance(10);
    await cache.get("a");
    const gone = log.splice(0);
    ok(
      gone.some(([name, event]) => name === "expire" && (event as { key: string; tier: string }).tier === top),
      JSON.stringify(gone),
    );
    ok(cache.stats().evictions.ttl! >= 1);
  },
  "what leaves a namespace or comes up in it is told by the key that it has there": async (open) => {
    const rig = open({ upper: { maxEntries: 2, policy: lru() } });
    const { clock, top, lower } = rig;
    const inner = rig.cache.namespace("n").namespace("@m:");
    const log = listen(rig, ["evict", "expire", "promote", "corrupt"]);
    const keys = (name: string) =>
      log.splice(0).flatMap(([event, data]) => (event === name ? [(data as { key: unknown }).key] : []));
    await inner.set("@a", 1);
    await inner.evict("@a", { tier: top });
    equal(keys("evict"), ["@a"]);
    if (lower && top !== rig.bottom) {
      await inner.get("@a");
      equal(keys("promote"), ["@a"]);
      lower.faults.fail({ getMany: "corrupt" });
      await inner.evict("@a", { tier: top });
      await inner.get("@a");
      lower.faults.heal();
      ok(keys("corrupt").includes("@a"));
    }
    await inner.set(["b", 1], 1, { ttl: 10 });
    await clock.advance(10);
    await inner.get(["b", 1]);
    await rig.cache.prune();
    equal(new Set(keys("expire").map(String)), new Set(["b,1"]));
  },
  "on gives what stops it, off stops it too, and neither stops the others": async (open) => {
    const { cache } = open();
    const log: string[] = [];
    const a = () => log.push("a");
    const b = () => log.push("b");
    const stop = cache.on("miss", a);
    cache.on("miss", b);
    await cache.get("k");
    equal(log.splice(0), ["a", "b"]);
    stop();
    stop();
    await cache.get("k");
    equal(log.splice(0), ["b"]);
    cache.off("miss", b);
    cache.off("miss", () => {});
    cache.off("hit", b as never);
    await cache.get("k");
    equal(log, []);
  },
  "a listener that is given twice listens once, and growth ends with off": async (open) => {
    const { cache } = open();
    let calls = 0;
    const listener = () => calls++;
    for (let i = 0; i < 10; i++) cache.on("miss", listener);
    await cache.get("k");
    same(calls, 1);
    cache.off("miss", listener);
    await cache.get("k");
    same(calls, 1);
  },
  "a listener that throws or rejects harms nobody and is told": async (open) => {
    const { cache, clock } = open();
    const errors: unknown[] = [];
    cache.on("error", ({ error, operation }) => errors.push([(error as Error).message, operation]));
    cache.on("error", () => {
      throw new RangeError("in the error listener");
    });
    cache.on("miss", () => {
      throw new RangeError("thrown");
    });
    let second = 0;
    cache.on("miss", () => second++);
    cache.on("hit", (async () => {
      throw new RangeError("rejected");
    }) as never);
    same(await cache.getOrSet("k", () => 1), 1);
    same(second, 1);
    same(await cache.get("k"), 1);
    await clock.settle();
    equal(errors, [
      ["thrown", "listener of miss"],
      ["rejected", "listener of hit"],
    ]);
  },
  "listening changes no answer": async (open) => {
    const rig = open();
    const { cache } = rig;
    const twin = open().cache;
    listen(rig);
    const steps: ((cache: Rig["cache"]) => Promise<unknown>)[] = [
      (c) => c.set("k", 1, { tags: ["t"] }),
      (c) => c.get("k"),
      (c) => c.getOrSet("k", () => 2),
      (c) => c.invalidateTags(["t"]),
      (c) => c.get("k"),
      (c) => c.getOrSet("k", () => 3),
      (c) => c.delete("k"),
      (c) => c.delete("k"),
    ];
    for (const step of steps) equal(await step(cache), await step(twin));
    const { hits, misses, sets, deletes } = cache.stats();
    const other = twin.stats();
    equal([hits, misses, sets, deletes], [other.hits, other.misses, other.sets, other.deletes]);
  },
  "hits and misses are all reads, and the hit rate is from 0 to 1": async (open) => {
    const { cache, clock } = open({ ttl: 1000, grace: "1h" });
    same(cache.stats().hitRate, 0);
    await cache.get("k");
    await cache.getMany(["a", "b"]);
    await cache.set("k", 1);
    await cache.get("k");
    await cache.getEntry("k");
    await cache.getOrSet("k", unwanted);
    await clock.advance(1000);
    await cache.get("k");
    await cache.getOrSet("k", () => Promise.reject(new RangeError()));
    const { hits, misses, staleHits, hitRate } = cache.stats();
    equal({ hits, misses, staleHits, hitRate }, { hits: 3, misses: 4, staleHits: 1, hitRate: 0.5 });
  },
  "counts of sets, deletes and loads, and their reset": async (open) => {
    const { cache } = open();
    await cache.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 1 },
      { key: "c", value: 1, ttl: 0 },
    ]);
    await cache.deleteMany(["a", "none"]);
    await cache.getOrSet("l", () => 1);
    await rejects(
      cache.getOrSet("m", () => Promise.reject(new RangeError())),
      RangeError,
    );
    const { sets, deletes, loads, loadErrors } = cache.stats();
    equal({ sets, deletes, loads, loadErrors }, { sets: 3, deletes: 1, loads: 2, loadErrors: 1 });
    cache.resetStats();
    const after = cache.stats();
    equal(
      [after.hits, after.misses, after.sets, after.deletes, after.loads, after.loadErrors, after.errors],
      [0, 0, 0, 0, 0, 0, 0],
    );
    equal(after.evictions, {});
    ok(after.tiers.every((tier) => tier.hits === 0 && tier.misses === 0 && tier.sets === 0));
    // Only the numbers are reset.
    same(await cache.get("b"), 1);
    await cache.clear();
    same(cache.stats().hits, 1);
  },
  "size and bytes are those of memory, and tiers are listed from the top": async (open) => {
    const { cache, top } = open();
    await cache.setMany([
      { key: "a", value: "x".repeat(1000) },
      { key: "b", value: 1 },
    ]);
    const { tiers, size, bytes } = cache.stats();
    same(tiers[0]?.name, top);
    same(tiers[0]?.breaker, "closed");
    if (tiers[0]?.maxEntries === undefined) return;
    same(size, 2);
    ok(bytes >= 1000 && bytes < 10_000, String(bytes));
  },
});
