import { createCache, hardLimit, type MemoryOptions, memory } from "../../../mod.ts";
import { estimateBytes } from "../../../src/memory/weight.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapTier, ok, rejects, same, seededRandom, suite, throws } from "../../contract/mod.ts";
import { open } from "./open.ts";

export const tests: TestCase[] = suite("memory", {
  "it holds exactly as many entries as it may": () => {
    for (const maxEntries of [1, 2, 3, 64, 65, 1000]) {
      const { put, size, usage, removed } = open({ maxEntries });
      for (let i = 0; i < maxEntries * 3; i++) {
        put(`k${i}`, i);
        same(size(), Math.min(i + 1, maxEntries));
      }
      same(usage().entries, maxEntries);
      same(removed.length, maxEntries * 2);
    }
  },
  "what was just written is there, even where one entry has room": () => {
    const { put, get, removed } = open({ maxEntries: 1 });
    put("a", 1);
    put("b", 2);
    same(get("b"), 2);
    same(get("a"), undefined);
    equal(removed, ["a capacity"]);
  },
  "overwriting evicts nobody": () => {
    const { put, get, removed } = open({ maxEntries: 2 });
    put("a", 1);
    put("b", 2);
    for (let i = 0; i < 10; i++) put("a", i);
    equal([get("a"), get("b"), removed.length], [9, 2, 0]);
  },
  "a key that is asked for stays longer than one that is not": () => {
    const { put, get } = open({ maxEntries: 100 });
    for (let i = 0; i < 100; i++) put(`k${i}`, i);
    for (let round = 0; round < 200; round++) {
      get("k0");
      put(`new${round}`, round);
    }
    same(get("k0"), 0);
  },
  "a victim is told with its key, and its room is used again": () => {
    const { put, drop, size, removed, keys } = open({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) put(key, key);
    equal(drop("b", "none"), [true, false]);
    put("d", "d");
    equal(removed, []);
    equal(keys(), ["a", "c", "d"]);
    put("e", "e");
    same(removed.length, 1);
    same(size(), 3);
  },
  "deleting, clearing and pruning in any order never loses count": () => {
    const { put, drop, get, size, usage, tier, clock, prune, keys } = open({ maxEntries: 50 });
    const random = seededRandom(20261121);
    const model = new Map<string, number>();
    const pick = () => `k${Math.floor(random() * 120)}`;
    for (let step = 0; step < 3000; step++) {
      const chance = random();
      const key = pick();
      if (chance < 0.6) {
        put(key, step, random() < 0.3 ? { freshUntil: clock.now() + 1, staleUntil: clock.now() + 1 } : {});
        model.set(key, step);
      } else if (chance < 0.8) drop(key) && model.delete(key);
      else if (chance < 0.95) {
        const value = get(key);
        ok(value === undefined || value === model.get(key), `${key} is ${value}`);
      } else if (chance < 0.99) prune(3);
      else tier.sync.clear(random() < 0.5 ? "k1" : "", clock.now());
      ok(usage().entries <= 50);
      ok(size() <= usage().entries);
      if (step % 100 === 0) clock.stepWall(1);
    }
    same(new Set(keys()).size, size());
    tier.sync.clear("", clock.now());
    equal([size(), usage().entries], [0, 0]);
    put("again", 1);
    same(get("again"), 1);
  },
  "with maxBytes what is kept weighs no more": () => {
    const { put, get, usage, removed } = open({ maxBytes: 100, sizeOf: (value) => value as number });
    put("a", 40);
    put("b", 40);
    same(usage().bytes, 80);
    put("c", 30);
    ok(usage().bytes <= 100);
    same(get("c"), 30);
    same(removed.length, 1);
    // An entry that grows pushes others out, never itself.
    put("c", 100);
    equal([usage().bytes, usage().entries, get("c")], [100, 1, 100]);
  },
  "what is heavier than all the room is refused, and the old value goes": () => {
    const { put, get, usage, removed } = open({ maxBytes: 100, sizeOf: (value) => value as number });
    put("other", 10);
    put("k", 50);
    put("k", 101);
    same(get("k"), undefined);
    same(get("other"), 10);
    equal(usage().bytes, 10);
    equal(removed, ["k capacity"]);
    put("k", 90);
    same(get("k"), 90);
  },
  "both bounds hold together": () => {
    const { put, usage } = open({ maxBytes: 100, maxEntries: 3, sizeOf: (value) => value as number });
    for (let i = 0; i < 10; i++) put(`k${i}`, 1);
    same(usage().entries, 3);
    put("heavy", 99);
    ok(usage().bytes <= 100 && usage().entries <= 3);
  },
  "a weight that is none is refused and changes nothing": () => {
    for (const weight of [Number.NaN, -1, -0.5, Infinity, -Infinity, "5", 5n, null, undefined] as never[]) {
      const { put, get, usage, tier, entry, clock } = open({
        maxBytes: 100,
        sizeOf: (value) => (value === "bad" ? weight : 10),
      });
      put("k", "good");
      throws(() => put("k", "bad"), "VALUE");
      throws(() => put("new", "bad"), "VALUE");
      throws(() => tier.sync.setMany([{ key: "k", entry: entry("bad") }], clock.now()), "VALUE");
      equal([get("k"), usage().bytes, usage().entries], ["good", 10, 1]);
    }
  },
  "a value without a weight is refused before any tier is changed": async () => {
    const sizeOf = (value: unknown) => (value === "bad" ? Number.NaN : 1);
    for (const tiers of [[memory({ maxBytes: 100, sizeOf })], [memory({ maxBytes: 100, sizeOf }), mapTier()]]) {
      const cache = createCache({ tiers, sweepInterval: 0 });
      await cache.set("b", "good");
      await rejects(
        cache.setMany([
          { key: "a", value: "good" },
          { key: "b", value: "bad" },
        ]),
        "VALUE",
      );
      equal([await cache.keys(), await cache.get("b")], [["b"], "good"]);
      await cache.close();
    }
  },
  "a value is weighed once for a write": async () => {
    let weighed = 0;
    const sizeOf = () => ++weighed;
    const cache = createCache({ tiers: [memory({ maxBytes: 100, sizeOf })] });
    await cache.set("k", 1);
    same(weighed, 1);
    same(cache.stats().tiers[0]!.bytes, 1);
  },
  "fractions of a byte are rounded up, so that sums are exact": () => {
    const { put, usage, drop, keys, removed } = open({ maxBytes: 10, sizeOf: (value) => value as number });
    for (let i = 0; i < 10; i++) put(`k${i}`, 0.1);
    equal([usage().bytes, removed.length], [10, 0]);
    put("one more", 0.1);
    equal([usage().bytes, removed.length], [10, 1]);
    drop(...keys());
    put("k", 9.5);
    same(usage().bytes, 10);
    put("k", 0);
    same(usage().bytes, 0);
    put("other", 2.000001);
    drop("k");
    same(usage().bytes, 3);
  },
  "what weighs nothing is kept, and bounded by the number of entries": () => {
    const { put, usage, removed } = open({ maxBytes: 10, maxEntries: 20, sizeOf: () => 0 });
    for (let i = 0; i < 50; i++) put(`k${i}`, i);
    equal([usage().entries, usage().bytes, removed.length], [20, 0, 30]);
  },
  "the weight of a deleted, expired or overwritten entry is given back": () => {
    const { put, drop, clock, get, usage, tier } = open({ maxBytes: 1000, sizeOf: (value) => value as number });
    put("a", 100);
    put("a", 10);
    same(usage().bytes, 10);
    put("b", 100, { freshUntil: clock.now() + 1, staleUntil: clock.now() + 1 });
    clock.stepWall(1);
    same(get("b"), undefined);
    same(usage().bytes, 10);
    drop("a");
    same(usage().bytes, 0);
    put("c", 5);
    tier.sync.clear("", clock.now());
    same(usage().bytes, 0);
  },
  "an expired entry is gone when it is asked for, and told": () => {
    const { put, clock, get, peek, removed, usage } = open();
    put("k", 1, { freshUntil: clock.now() + 5, staleUntil: clock.now() + 5 });
    clock.stepWall(4);
    same(get("k"), 1);
    clock.stepWall(1);
    same(peek("k"), undefined);
    equal([removed, usage().entries], [[], 1]);
    same(get("k"), undefined);
    equal([removed, usage().entries], [["k ttl"], 0]);
  },
  "prune takes at most its limit, and in the end everything": () => {
    const { put, clock, prune, size, removed } = open();
    for (let i = 0; i < 100; i++)
      put(`k${i}`, i, i % 2 ? {} : { freshUntil: clock.now() + 1, staleUntil: clock.now() + 1 });
    equal(prune(10), []);
    clock.stepWall(1);
    const pruned = new Set<string>();
    for (let call = 0; call < 5; call++) {
      const keys = prune(10);
      same(keys.length, 10);
      for (const key of keys) pruned.add(key);
    }
    equal([prune(10), pruned.size, size(), removed.length], [[], 50, 50, 50]);
  },
  "the fast path gives what is fresh, and nothing else": () => {
    const { tier, put, clock } = open();
    const fresh = (key: string, sequence = 0) => tier.fresh!(key, sequence);
    same(fresh("k"), undefined);
    put("k", 1);
    same(fresh("k"), 1);
    put("short", 1, { freshUntil: clock.now() + 5, staleUntil: clock.now() + 50 });
    clock.stepWall(4);
    same(fresh("short"), 1);
    clock.stepWall(1);
    same(fresh("short"), undefined);
    put("versioned", 1, { version: "1" });
    same(fresh("versioned"), undefined);
    put("tagged", 1, { tags: ["t"], sequence: 7 });
    equal([fresh("tagged", 7), fresh("tagged", 8)], [1, undefined]);
    put("expired by tag", 1, { freshUntil: 0 });
    same(fresh("expired by tag"), undefined);
    put("untagged", 1, { sequence: 0 });
    same(fresh("untagged", 99), 1);
  },
  "the fast path of a write evicts, sweeps and counts as a write does": () => {
    const { tier, clock, get, size, removed } = open({ maxEntries: 3 });
    const keep = (key: string, end = Infinity) => tier.keep!(key, key, clock.now(), end, end);
    keep("short", clock.now() + 5);
    keep("b");
    keep("b");
    same(size(), 2);
    clock.stepWall(5);
    for (let i = 0; i < 3; i++) keep("b");
    equal(removed, ["short ttl"]);
    keep("c");
    keep("d");
    same(size(), 3);
    keep("e");
    equal([size(), get("e"), removed.length], [3, "e", 2]);
  },
  "the fast path of a write is a use": () => {
    const { tier, clock, put, get } = open({ maxEntries: 100 });
    for (let i = 0; i < 100; i++) put(`k${i}`, i);
    for (let round = 0; round < 200; round++) {
      tier.keep!("k0", "kept", clock.now(), Infinity, Infinity);
      put(`new${round}`, round);
    }
    same(get("k0"), "kept");
  },
  "there is no fast path of a write where values are weighed, copied, frozen, ruled or capped": () => {
    const all: MemoryOptions[] = [
      { maxBytes: 1000 },
      { clone: "structured" },
      { freeze: true },
      { rules: [hardLimit(5, "reject")] },
      { ttl: 1000 },
    ];
    for (const options of all) {
      same(open(options).tier.keep, undefined);
    }
  },
  "the fast path is a use": () => {
    const { tier, put, get } = open({ maxEntries: 100 });
    for (let i = 0; i < 100; i++) put(`k${i}`, i);
    for (let round = 0; round < 200; round++) {
      tier.fresh!("k0", 0);
      put(`new${round}`, round);
    }
    same(get("k0"), 0);
  },
  "values are kept by reference": () => {
    const { put, get } = open();
    const value = { a: 1 };
    put("k", value);
    same(get("k"), value);
  },
  "bytes are estimated by the heap: text, numbers, parts, cycles once": () => {
    same(estimateBytes(5), 8);
    same(estimateBytes(null), 8);
    const sparse: unknown[] = [];
    sparse[2_000_000] = "x";
    ok(estimateBytes(sparse) < 100, "holes take nothing");
    ok(estimateBytes("x".repeat(1000)) >= 1000 && estimateBytes("x".repeat(1000)) < 1100);
    ok(estimateBytes("ж".repeat(1000)) >= 2000);
    ok(estimateBytes(new Uint8Array(5000)) >= 5000 && estimateBytes(new Uint8Array(5000)) < 5200);
    ok(estimateBytes(new ArrayBuffer(5000)) >= 5000);
    const cycle: Record<string, unknown> = { text: "x".repeat(100) };
    cycle.self = cycle;
    ok(estimateBytes(cycle) < 300);
    const shared = "x".repeat(100);
    ok(estimateBytes([shared, shared]) >= 200);
    ok(estimateBytes(new Map([["k", "x".repeat(500)]])) >= 500);
    ok(estimateBytes(new Set(["x".repeat(500)])) >= 500);
    ok(estimateBytes({ a: { b: { c: "x".repeat(500) } } }) >= 500);
    // Of a large one a part is looked at, and the rest taken to be like it.
    const large = estimateBytes(Array.from({ length: 100_000 }, () => "x".repeat(100)));
    ok(large > 8_000_000 && large < 20_000_000, String(large));
    for (const odd of [undefined, Symbol("s"), () => {}, 5n, new Date(), /x/, new Error("e"), Object.create(null)])
      ok(estimateBytes(odd) > 0);
  },
  "bytes are estimated by 1,000 parts at most, and nothing of a user is run for it": () => {
    const touched: unknown[] = [];
    // Who looks at more than it may is told by the array itself.
    const watched = (items: unknown[]) =>
      new Proxy(items, {
        get(array, name, receiver) {
          if (typeof name === "string" && /\d/.test(name)) touched.push(name);
          return Reflect.get(array, name, receiver);
        },
      });
    const bytes = estimateBytes(watched(Array.from({ length: 50_000 }, (_, i) => i)));
    ok(touched.length <= 1_000, `${touched.length} parts`);
    ok(bytes > 390_000 && bytes < 420_000, String(bytes));
    for (const collection of [new Set(Array.from({ length: 50_000 }, (_, i) => i)), Array(50_000).fill(1)]) {
      const estimate = estimateBytes(collection);
      ok(estimate > 390_000 && estimate < 420_000, String(estimate));
    }
    let runs = 0;
    const lazy = {
      text: "x".repeat(100),
      get made() {
        runs++;
        throw new RangeError("not now");
      },
    };
    ok(estimateBytes(lazy) >= 100);
    ok(estimateBytes([lazy, lazy]) >= 100);
    same(runs, 0);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    ok(estimateBytes(["x".repeat(100), proxy]) >= 100);
  },
  "usage tells of what can be measured, where a sizeOf throws": () => {
    const { put, usage } = open({
      sizeOf: (value) => {
        if (value === "bad") throw new RangeError("no size");
        return 10;
      },
    });
    put("a", "bad");
    same(usage().bytes, 0);
    put("b", "good");
    put("c", "good");
    same(usage().bytes, 30);
  },
  "wrong bounds are refused": () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, "5", true, 2 ** 60] as never[]) {
      throws(() => memory({ maxEntries: wrong }), "CONFIG");
      throws(() => memory({ maxBytes: wrong }), "CONFIG");
    }
    throws(() => memory({ maxEntries: Infinity }), "CONFIG");
    same(memory({ maxEntries: Infinity, maxBytes: 10 }).usage!().maxEntries, Infinity);
    same(memory({ maxBytes: 10 }).usage!().maxEntries, Infinity);
    same(memory().usage!().maxEntries, 10_000);
  },
});
