import type { EvictionRule, Policy } from "../../../mod.ts";
import { lfu, lru } from "../../../mod.ts";
import { Lfu } from "../../../src/memory/lfu.ts";
import { Fifo, Lru } from "../../../src/memory/lru.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, suite } from "../../contract/mod.ts";
import { open } from "./open.ts";

/** First in, first out, which writes down what it is told. */
function talking(told: string[]): EvictionRule {
  return {
    policy: () => {
      const policy = new Fifo();
      told.push("made");
      return {
        take: () => policy.take(),
        insert(slot, weight) {
          told.push(`insert ${slot} ${weight}`);
          policy.insert(slot);
        },
        hit: (slot) => told.push(`hit ${slot}`),
        resize: (slot, weight) => told.push(`resize ${slot} ${weight}`),
        remove(slot) {
          told.push(`remove ${slot}`);
          policy.remove(slot);
        },
        evict() {
          const slot = policy.evict();
          told.push(`evict ${slot}`);
          return slot;
        },
      } as Policy;
    },
  };
}

/** How many of 50 entries that were used three times are left in a cache of 100 after a loop over 100 others. */
function leftOf50(use: "get" | "fresh" | "put"): number {
  const { put, get, tier, peek } = open({ maxEntries: 100 });
  for (let i = 0; i < 100; i++) put(`k${i}`, i);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 50; i++) {
      if (use === "put") put(`k${i}`, i);
      else if (use === "get") get(`k${i}`);
      else tier.fresh!(`k${i}`, 0);
    }
  }
  for (let i = 0; i < 300; i++) put(`new${i % 100}`, i);
  return Array.from({ length: 50 }, (_, i) => peek(`k${i}`)).filter((value) => value !== undefined).length;
}

export const tests: TestCase[] = suite("uses in memory", {
  "reading and overwriting is a use, peeking and touching is none": () => {
    const uses: Record<string, (tier: ReturnType<typeof open>) => unknown> = {
      get: ({ get }) => get("a"),
      fresh: ({ tier }) => tier.fresh!("a", 0),
      overwriting: ({ put }) => put("a", 2),
    };
    const others: typeof uses = {
      peek: ({ peek }) => peek("a"),
      touch: ({ tier, clock }) =>
        tier.sync.touchMany!([{ key: "a", freshUntil: Infinity, staleUntil: Infinity }], clock.now()),
      scan: ({ keys }) => keys(),
      usage: ({ usage }) => usage(),
    };
    for (const [name, use] of Object.entries({ ...uses, ...others })) {
      const tier = open({ maxEntries: 2, policy: lru() });
      tier.put("a", 1);
      tier.put("b", 1);
      use(tier);
      tier.put("c", 1);
      equal(tier.removed, [name in uses ? "b capacity" : "a capacity"], name);
    }
  },
  "with the default policy what is used outlives what is not, whichever way it is used": () => {
    // How keys meet in the history depends on a seed that nobody can know, and one cache in a hundred is unlucky: the median counts.
    for (const use of ["get", "fresh", "put"] as const) {
      const left = Array.from({ length: 21 }, () => leftOf50(use)).sort((a, b) => a - b);
      ok(left[10]! >= 45, `${left} of 50 are left, used by ${use}`);
    }
  },
  "a policy is told of every use, of weights, and of what leaves": () => {
    const told: string[] = [];
    const since = () => told.splice(0);
    const { put, get, peek, drop, clock, tier } = open({
      maxBytes: 100,
      policy: talking(told),
      sizeOf: (value) => value as number,
    });
    equal(since(), ["made"]);
    put("a", 40);
    put("b", 0);
    equal(since(), ["insert 0 40", "insert 1 1"]);
    put("b", 30.5);
    equal(since(), ["hit 1", "resize 1 31"]);
    get("a");
    peek("a");
    equal(since(), ["hit 0"]);
    put("c", 60);
    equal(since(), ["insert 2 60", "evict 0"]);
    drop("b");
    equal(since(), ["remove 1"]);
    put("c", 5, { freshUntil: clock.now() + 1, staleUntil: clock.now() + 1 });
    since();
    clock.stepWall(1);
    get("c");
    equal(since(), ["remove 2"]);
    put("d", 1);
    since();
    tier.sync.clear("", clock.now());
    equal(since(), ["remove 2"]);
  },
  "a tier that was large and is empty begins anew, a small one goes on": () => {
    for (const [count, expected] of [
      [100, 1],
      [5_000, 2],
    ] as const) {
      const told: string[] = [];
      const { put, tier, clock, usage, get } = open({ maxEntries: 10_000, maxBytes: 1e6, policy: talking(told) });
      for (let i = 0; i < count; i++) put(`k${i}`, i);
      tier.sync.clear("k", clock.now());
      same(told.filter((text) => text === "made").length, expected);
      equal(usage().bytes, 0);
      put("again", 1);
      equal([get("again"), usage().entries], [1, 1]);
    }
  },
  "all who were used more than 255 times count alike, and more than the others": () => {
    for (const often of [255, 256, 257, 300, 512]) {
      const { put, get, removed } = open({ maxEntries: 2, policy: lfu() });
      put("often", 1);
      put("seldom", 1);
      for (let i = 0; i < often; i++) get("often");
      get("seldom");
      put("new", 1);
      equal(removed, ["seldom capacity"], `${often} times`);
    }
  },
  "slots are used again, so that columns are no longer than what was there at most": () => {
    for (const policy of [new Lru(), new Fifo(), new Lfu()]) {
      const slots = Array.from({ length: 10 }, () => policy.take());
      for (const slot of slots) policy.insert(slot);
      for (let i = 0; i < 1_000; i++) {
        if (i % 2) policy.remove(slots.shift()!);
        else slots.splice(slots.indexOf(policy.evict()), 1);
        const slot = policy.take();
        ok(slot < 10, `slot ${slot}`);
        policy.insert(slot);
        slots.push(slot);
      }
    }
  },
});
