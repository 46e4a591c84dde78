import { TinyLfu } from "../../../src/memory/policy/tiny-lfu.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, seededRandom, suite } from "../../contract/mod.ts";

/** The highest meta byte of what is an entry; above it a slot is free, or waits to be. */
const ENTRY = 3 << 6;

/** Looks at all columns: every slot is in one ring or free, counts and weights add up. */
function check(policy: TinyLfu): void {
  const { meta, next, tails, sizes, count, used, weights } = policy;
  const places = new Map<number, string>();
  const put = (slot: number, place: string): void => {
    ok(slot >= 0 && slot < used, `slot ${slot} of ${used} in ${place}`);
    ok(!places.has(slot), `slot ${slot} is in ${places.get(slot)} and in ${place}`);
    places.set(slot, place);
  };
  let entries = 0;
  tails.forEach((tail, ring) => {
    let weight = 0;
    if (tail >= 0) {
      let slot = tail;
      do {
        slot = next[slot]!;
        put(slot, `ring ${ring}`);
        if (meta[slot]! < ENTRY) {
          same(meta[slot]! >> 6, ring, `the ring of slot ${slot}`);
          entries++;
          weight += weights ? weights[slot]! : 1;
        }
      } while (slot !== tail);
    }
    ok(Math.abs(weight - sizes[ring]!) < 1e-6, `ring ${ring} weighs ${sizes[ring]}, not ${weight}`);
  });
  same(entries, count, "entries");
  for (let slot = policy.free; slot >= 0; slot = next[slot]!) put(slot, "the free ones");
  same(places.size, used, "every slot that was ever taken is somewhere");
}

/** A read-through cache of numbers, by a policy. */
function cacheOf(capacity: number, hashOf: (key: number) => number): { policy: TinyLfu; ask(key: number): boolean } {
  const slots = new Map<number, number>();
  const keys: number[] = [];
  const policy = new TinyLfu(capacity + 1, (slot) => hashOf(keys[slot]!));
  return {
    policy,
    ask(key) {
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
    },
  };
}

/** Hits of first in, first out. */
function fifoHits(capacity: number, requests: readonly number[]): number {
  const queue = new Set<number>();
  let hits = 0;
  for (const key of requests) {
    if (queue.has(key)) hits++;
    else {
      queue.add(key);
      if (queue.size > capacity) queue.delete(queue.values().next().value!);
    }
  }
  return hits;
}

/** Popular keys and such as are asked for once, which somebody may choose. */
function mixed(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => (random() < 0.5 ? Math.floor(random() ** 3 * 2_000) : 10_000 + i));
}

const mix = (key: number): number => Math.imul(key ^ (key >>> 15), 0x9e3779b1) ^ (key >>> 7);

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("tiny-lfu", {
  "all columns agree after every step, whatever is done": () => {
    for (const weighted of [false, true]) {
      for (let seed = 1; seed <= 4; seed++) {
        const random = seededRandom(seed);
        const keys: number[] = [];
        const policy = new TinyLfu(50, (slot) => mix(keys[slot]!), weighted);
        const live: number[] = [];
        for (let step = 0; step < 2_000; step++) {
          const what = random();
          const at = Math.floor(random() * live.length);
          if (what < 0.45 || live.length === 0) {
            const slot = policy.take();
            keys[slot] = Math.floor(random() * 200);
            policy.insert(slot, weighted ? 1 + Math.floor(random() * 20) : 1);
            live.push(slot);
          } else if (what < 0.7) policy.hit(live[at]!);
          else if (what < 0.8) {
            policy.remove(live[at]!);
            live.splice(at, 1);
          } else if (what < 0.85 && weighted) policy.resize(live[at]!, 1 + Math.floor(random() * 40));
          else if (live.length > 20) {
            const slot = policy.evict();
            ok(live.includes(slot), `step ${step}: slot ${slot} was no entry`);
            live.splice(live.indexOf(slot), 1);
          }
          check(policy);
        }
        for (; live.length > 0; check(policy)) {
          const slot = policy.evict();
          ok(live.includes(slot));
          live.splice(live.indexOf(slot), 1);
        }
        same(policy.count, 0);
      }
    }
  },
  "what was inserted last is the last resort": () => {
    const { policy, ask } = cacheOf(10, mix);
    for (let key = 0; key < 1_000; key++) {
      ask(key);
      same(ask(key), true, `key ${key}`);
    }
    same(policy.count, 10);
  },
  "the same requests have the same end": () => {
    const requests = mixed(5_000, 1);
    const [one, two] = [cacheOf(200, mix), cacheOf(200, mix)];
    equal(
      requests.map((key) => one.ask(key)),
      requests.map((key) => two.ask(key)),
    );
  },
  "what is asked for often stays while a scan goes by": () => {
    const { ask } = cacheOf(100, mix);
    for (let round = 0; round < 20; round++) for (let key = 0; key < 50; key++) ask(key);
    for (let key = 0; key < 5_000; key++) ask(1_000 + key);
    let hits = 0;
    for (let key = 0; key < 50; key++) if (ask(key)) hits++;
    ok(hits >= 45, `${hits} of 50 are still there`);
  },
  "keys that all collide do it no more harm than to take turns would": () => {
    for (const hashOf of [() => 0, (key: number) => key & 1, (key: number) => (key >= 10_000 ? 7 : mix(key))]) {
      for (const capacity of [20, 200, 1_000]) {
        const requests = mixed(40_000, 2);
        const { ask } = cacheOf(capacity, hashOf);
        const hits = requests.filter((key) => ask(key)).length;
        const least = fifoHits(capacity, requests);
        ok(hits >= 0.98 * least, `${hits} hits with room for ${capacity}, first in first out ${least}`);
      }
    }
  },
  "columns grow with what is in them": () => {
    const { policy, ask } = cacheOf(100_000, mix);
    for (let key = 0; key < 100; key++) ask(key);
    ok(policy.next.length < 1_000, `${policy.next.length} slots for 100 entries`);
  },
  "what is removed makes room, however it is removed": () => {
    const policy = new TinyLfu(100, (slot) => slot);
    for (let round = 0; round < 200; round++) {
      const slots = Array.from({ length: 50 }, () => policy.take());
      for (const slot of slots) policy.insert(slot);
      for (const slot of round % 2 ? slots : slots.reverse()) policy.remove(slot);
    }
    ok(policy.used <= 200, `${policy.used} slots were made for 50 entries`);
    check(policy);
  },
});
