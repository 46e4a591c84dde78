import type { EvictionRule } from "../../../mod.ts";
import { fifo, lfu, lru } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, same, seededRandom, suite } from "../../contract/mod.ts";
import { open } from "./open.ts";

/** What a policy is said to do, as plainly as possible. */
interface Reference {
  insert(key: string): void;
  hit(key: string): void;
  remove(key: string): void;
  victim(): string;
}

function byOrder(movesOnHit: boolean): Reference {
  const order: string[] = [];
  const remove = (key: string): void => void order.splice(order.indexOf(key), 1);
  return {
    insert: (key) => order.push(key),
    remove,
    hit(key) {
      if (!movesOnHit) return;
      remove(key);
      order.push(key);
    },
    victim: () => order[0]!,
  };
}

function byUses(): Reference {
  const uses = new Map<string, number>();
  return {
    insert: (key) => uses.set(key, 0),
    remove: (key) => uses.delete(key),
    hit(key) {
      const count = Math.min(255, uses.get(key)! + 1);
      uses.delete(key);
      uses.set(key, count);
    },
    // Of equals the one that came to so many uses first.
    victim: () => [...uses].reduce((least, one) => (one[1] < least[1] ? one : least))[0],
  };
}

const POLICIES: Record<string, [rule: () => EvictionRule, reference: () => Reference]> = {
  lru: [lru, () => byOrder(true)],
  fifo: [fifo, () => byOrder(false)],
  lfu: [lfu, byUses],
};

/** Runs the same random operations on the tier and on the reference. */
function compare(rule: EvictionRule, reference: Reference, seed: number, steps: number, capacity: number): void {
  const random = seededRandom(seed);
  const { put, get, drop, removed, keys, size } = open({ policy: rule, maxEntries: capacity });
  const live = new Map<string, number>();
  for (let step = 0; step < steps; step++) {
    // A few keys are asked for often.
    const key = `k${Math.floor(random() ** 2 * capacity * 3)}`;
    const what = random();
    if (what < 0.5) {
      same(get(key), live.get(key), `step ${step}`);
      if (live.has(key)) reference.hit(key);
    } else if (what < 0.92) {
      const victim = !live.has(key) && live.size === capacity ? reference.victim() : undefined;
      put(key, step);
      equal(removed.splice(0), victim === undefined ? [] : [`${victim} capacity`], `step ${step}`);
      if (victim !== undefined) {
        live.delete(victim);
        reference.remove(victim);
      }
      if (live.has(key)) reference.hit(key);
      else reference.insert(key);
      live.set(key, step);
    } else {
      equal(drop(key), [live.has(key)], `step ${step}`);
      if (live.delete(key)) reference.remove(key);
    }
    same(size(), live.size, `step ${step}`);
  }
  equal(keys(), [...live.keys()].sort());
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite(
  "eviction policies",
  Object.fromEntries(
    Object.entries(POLICIES).flatMap(([name, [rule, reference]]) =>
      [1, 2, 7, 100].map((capacity) => [
        `${name} does what it says, with room for ${capacity}`,
        () => {
          for (let seed = 1; seed <= 5; seed++) compare(rule(), reference(), seed, 2_000, capacity);
        },
      ]),
    ),
  ),
);
