import { TinyLfu } from "../../../src/memory/policy/tiny-lfu.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, seededRandom, suite } from "../../contract/mod.ts";

const COUNT = 15;
const VISITED = 16;

const hashOf = (key: number): number => {
  const mixed = Math.imul(key ^ (key >>> 15), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) ^ (mixed >>> 16);
};

/** Which requests the policy hits, as a read-through cache of so many numbers. */
function hits(capacity: number, requests: readonly number[]): boolean[] {
  const slots = new Map<number, number>();
  const keys: number[] = [];
  const policy = new TinyLfu(capacity + 1, (slot) => hashOf(keys[slot]!));
  return requests.map((key) => {
    const known = slots.get(key);
    if (known !== undefined) {
      policy.hit(known);
      return true;
    }
    const slot = policy.take();
    keys[slot] = key;
    slots.set(key, slot);
    policy.insert(slot);
    if (policy.count > capacity) slots.delete(keys[policy.evict()]!);
    return false;
  });
}

/** The same for least recently used. */
function lruHits(capacity: number, requests: readonly number[]): boolean[] {
  const recent = new Set<number>();
  return requests.map((key) => {
    const isHit = recent.delete(key);
    recent.add(key);
    if (recent.size > capacity) recent.delete(recent.values().next().value!);
    return isHit;
  });
}

function share(which: readonly boolean[]): number {
  return which.filter(Boolean).length / which.length;
}

/** Every number comes once, and again soon after, when up to `reach` others have come. */
function twice(count: number, reach: number, seed: number): number[] {
  const random = seededRandom(seed);
  const all = Array.from({ length: count }, (_, key) => [
    [key, key] as const,
    [key, key + 1 + random() * reach] as const,
  ]).flat();
  return all.sort((one, two) => one[1] - two[1]).map(([key]) => key);
}

function popular(count: number, keys: number, first: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => first + Math.floor(random() ** 3 * keys));
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("memory window", {
  "grows where only what came lately is asked for again": () => {
    for (const [capacity, reach] of [
      [100, 35],
      [1_000, 350],
    ] as const) {
      const requests = twice(40 * capacity, reach, 1);
      const [ours, theirs] = [share(hits(capacity, requests)), share(lruHits(capacity, requests))];
      ok(ours > theirs - 0.02, `${ours} of the requests, least recently used ${theirs}, with room for ${capacity}`);
    }
  },
  "stays small where a loop goes round that is larger than the cache": () => {
    const requests = Array.from({ length: 60_000 }, (_, i) => i % 1_000);
    same(share(lruHits(500, requests)), 0);
    ok(share(hits(500, requests)) > 0.4, `${share(hits(500, requests))} of at most 0.5`);
  },
  "follows when the load is suddenly another": () => {
    const loop = Array.from({ length: 50_000 }, (_, i) => 1_000_000 + (i % 2_000));
    const phases = [
      twice(25_000, 350, 2),
      loop,
      popular(50_000, 3_000, 2_000_000, 3),
      popular(50_000, 3_000, 3_000_000, 4),
    ];
    const requests = phases.flat();
    const [ours, theirs] = [hits(1_000, requests), lruHits(1_000, requests)];
    let start = 0;
    for (const [i, phase] of phases.entries()) {
      const end = start + phase.length;
      const [our, their] = [share(ours.slice(start, end)), share(theirs.slice(start, end))];
      ok(our > their - 0.02, `phase ${i}: ${our}, least recently used ${their}`);
      start = end;
    }
  },
  "a long scan leaves most of what is asked for often": () => {
    const often = popular(50_000, 400, 0, 5);
    const scan = Array.from({ length: 20_000 }, (_, i) => 1_000_000 + i);
    const after = popular(2_000, 400, 0, 6);
    const ours = hits(500, [...often, ...scan, ...after]).slice(-after.length);
    ok(share(ours) > 0.9, `${share(ours)} after the scan`);
  },
  "what comes again and again is taken, though it has left each time": () => {
    const often = [1, 2, 3, 4].flatMap(() => Array.from({ length: 100 }, (_, key) => key));
    const again = Array.from({ length: 12 }, (_, i) => [
      ...Array.from({ length: 20 }, (_, j) => 1_000 + 20 * i + j),
      1_000_000,
    ]).flat();
    const ours = hits(100, [...often, ...again]).slice(often.length);
    const ofIt = ours.filter((_, i) => again[i] === 1_000_000);
    equal(ofIt.slice(0, 2), [false, false]);
    equal(ofIt.slice(-5), [true, true, true, true, true]);
  },
  "counts end at fifteen and leave the other bits alone": () => {
    const policy = new TinyLfu(10, hashOf);
    const slot = policy.take();
    policy.insert(slot);
    for (let i = 0; i < 100; i++) policy.hit(slot);
    same(policy.meta[slot]! & COUNT, COUNT);
    same(policy.meta[slot]! & ~COUNT, VISITED);
  },
  "counts are halved as evictions go by, so that old fame fades": () => {
    let key = 0;
    const keys: number[] = [];
    const policy = new TinyLfu(101, (slot) => hashOf(keys[slot]!));
    const put = (): number => {
      const slot = policy.take();
      keys[slot] = key++;
      policy.insert(slot);
      return slot;
    };
    const famous = Array.from({ length: 100 }, put);
    for (const slot of famous) for (let i = 0; i < 20; i++) policy.hit(slot);
    for (let i = 0; i < 3_000; i++) {
      put();
      policy.evict();
    }
    const most = Math.max(...policy.meta.map((bits) => bits & COUNT));
    ok(most <= 4, `${most} of 15 are left`);
  },
  "one eviction passes by a bounded number of entries": () => {
    const policy = new TinyLfu(20_001, hashOf);
    for (let i = 0; i <= 20_000; i++) policy.insert(policy.take());
    for (let slot = 0; slot < 20_000; slot++) policy.hit(slot);
    policy.evict();
    const visited = policy.meta.filter((bits) => bits & VISITED).length;
    ok(visited > 17_000, `${20_000 - visited} were passed by`);
  },
  "what is heavy pushes nothing out before it is weighed, and is taken when it is asked for often": () => {
    const keys: number[] = [];
    const policy = new TinyLfu(Number.POSITIVE_INFINITY, (slot) => hashOf(keys[slot]!), true);
    const put = (key: number, weight: number): number[] => {
      const slot = policy.take();
      keys[slot] = key;
      policy.insert(slot, weight);
      const gone: number[] = [];
      while (policy.weight > 1_000) gone.push(keys[policy.evict()]!);
      return gone;
    };
    for (let key = 0; key < 3_000; key++) put(key, 1);
    const heavy = 1_000_000;
    equal(put(heavy, 500), [heavy]);
    same(policy.count, 1_000);
    let tries = 1;
    while (put(heavy, 500).includes(heavy)) ok(++tries < 20_000, "it is never taken");
    ok(policy.weight <= 1_000);
  },
});
