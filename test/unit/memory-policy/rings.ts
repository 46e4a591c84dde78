import { TinyLfu } from "../../../src/memory/policy/tiny-lfu.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, seededRandom, suite } from "../../contract/mod.ts";
import { hashOf, readThrough } from "./read-through.ts";

const COUNT = 15;
const VISITED = 16;
const [WINDOW, PROBATION, PROTECTED] = [0, 1, 2] as const;

/** The slots of a ring, from its head. */
function ring({ tails, next }: TinyLfu, which: number): number[] {
  const slots: number[] = [];
  const tail = tails[which]!;
  for (let slot = tail; tail >= 0 && (slots.length === 0 || slot !== tail); ) {
    slot = next[slot]!;
    slots.push(slot);
  }
  return slots;
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("memory rings", {
  "what was asked for in the window stays in it for another turn": () => {
    const { policy, ask, slot } = readThrough(1_000);
    for (let key = 0; key < 2_000; key++) ask(key);
    const inWindow = ring(policy, WINDOW);
    ok(inWindow.length > 5);
    const [first, second] = inWindow as [number, number];
    policy.hit(first);
    ask(10_000);
    equal(ring(policy, WINDOW).includes(first), true);
    equal(ring(policy, WINDOW).includes(second), false);
    // The hand has taken its mark away, so that the next time it must go.
    same(policy.meta[first]! & VISITED, 0);
    for (let key = 20_000; key < 20_000 + inWindow.length; key++) ask(key);
    equal(ring(policy, WINDOW).includes(first), false);
    ok(slot(20_000 + inWindow.length - 1) >= 0);
  },
  "at most four in five of the main part are protected, the others must prove themselves": () => {
    const { policy, ask } = readThrough(1_000);
    for (let key = 0; key < 1_500; key++) ask(key);
    const random = seededRandom(1);
    for (let round = 0; round < 20; round++) {
      for (let slot = 0; slot < 1_000; slot++) if (random() < 0.7) policy.hit(slot);
      for (let i = 0; i < 20; i++) ask(10_000 + 100 * round + i);
      const [window, , guarded] = policy.sizes as [number, number, number];
      ok(guarded <= 0.8 * (1_000 - window) + 1, `${guarded} are protected, and ${window} in the window`);
    }
    ok(policy.sizes[PROTECTED]! > 700, `${policy.sizes[PROTECTED]} are protected`);
  },
  "of the protected those give up their place that were not asked for": () => {
    const { policy, ask } = readThrough(1_000);
    for (let key = 0; key < 1_500; key++) ask(key);
    // All are promoted, as far as there is room.
    for (let round = 0; round < 3; round++) {
      for (let slot = 0; slot < 1_000; slot++) policy.hit(slot);
      for (let i = 0; i < 10; i++) ask(10_000 + 100 * round + i);
    }
    for (let i = 0; i < 10; i++) ask(20_000 + i);
    const guarded = ring(policy, PROTECTED);
    const asked = guarded.filter((_, i) => i % 2 === 0);
    for (const slot of asked) policy.hit(slot);
    // Others are promoted, for which some of the protected must go.
    for (const slot of ring(policy, PROBATION)) policy.hit(slot);
    for (let i = 0; i < 50; i++) ask(30_000 + i);
    const left = new Set(ring(policy, PROTECTED));
    const [stayed, gone] = [guarded.filter((slot) => left.has(slot)), guarded.filter((slot) => !left.has(slot))];
    ok(gone.length > 20, `${gone.length} of ${guarded.length} gave up their place`);
    const unasked = new Set(guarded.filter((slot) => !asked.includes(slot)));
    ok(
      gone.every((slot) => unasked.has(slot)),
      `${gone.filter((slot) => !unasked.has(slot)).length} gave up their place though they were asked for, ${stayed.length} stayed`,
    );
  },
  "a promotion is a sign for the main part only where a candidate was turned away": () => {
    // The working set moves on slowly. Nearly all that is promoted has never been contended with.
    const random = seededRandom(1);
    const requests = Array.from({ length: 40_000 }, (_, i) => Math.floor(i / 5) + Math.floor(random() * 1_000));
    const { ask } = readThrough(1_000);
    const hits = requests.filter((key) => ask(key)).length / requests.length;
    ok(hits > 0.65, `${hits} of the requests`);
  },
  "one eviction passes by a bounded number of entries, on probation as well": () => {
    const policy = new TinyLfu(20_001, hashOf);
    for (let i = 0; i <= 20_000; i++) policy.insert(policy.take());
    for (let i = 0; i < 30; i++) policy.insert(policy.evict() && policy.take());
    ok(policy.sizes[PROBATION]! > 15_000, `${policy.sizes} in the rings`);
    for (const slot of ring(policy, PROBATION)) policy.hit(slot);
    for (const slot of ring(policy, WINDOW)) policy.meta[slot]! &= ~VISITED;
    const before = policy.meta.filter((bits) => bits & VISITED).length;
    policy.evict();
    const passed = before - policy.meta.filter((bits) => bits & VISITED).length;
    ok(passed > 100 && passed < 2_500, `${passed} of ${before} were passed by`);
  },
  "all counts are halved once in ten evictions for each entry": () => {
    const { policy, ask } = readThrough(100);
    for (let key = 0; key < 200; key++) ask(key);
    for (let round = 0; round < 20; round++) for (let slot = 0; slot <= 100; slot++) policy.hit(slot);
    const counts = (): number[] => ring(policy, PROTECTED).map((slot) => policy.meta[slot]! & COUNT);
    // What was asked for is protected now.
    for (let key = 1_000; key < 1_010; key++) ask(key);
    ok(counts().length > 50 && counts().every((count) => count >= 7));
    for (let key = 2_000; key < 3_000; key++) ask(key);
    const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;
    ok(mean(counts()) > 6 && mean(counts()) < 9, `after ten evictions for each entry ${mean(counts())} of 15`);
    for (let key = 3_000; key < 4_000; key++) ask(key);
    ok(mean(counts()) > 3 && mean(counts()) < 5, `after twenty ${mean(counts())} of 15`);
  },
  "of newcomers no more are looked up than a poll needs": () => {
    for (const [room, most] of [
      [10_000, 0.3],
      [50_000, 0.1],
    ] as const) {
      const { policy, ask } = readThrough(room);
      // A loop, in which what left comes back, keeps it awake.
      for (let i = 0; i < 3 * room; i++) ask(i % (1.5 * room));
      let hashed = 0;
      const probe = new TinyLfu(room + 1, (slot) => {
        hashed++;
        return hashOf(slot);
      });
      for (let i = 0; i <= room; i++) probe.insert(probe.take());
      let asked = 0;
      for (let i = 0; i < 4 * room; i++) {
        probe.evict();
        const slot = probe.take();
        const before = hashed;
        probe.insert(slot);
        asked += hashed - before;
      }
      ok(asked > 0 && asked < most * 4 * room, `${asked} of ${4 * room} newcomers, room for ${room}`);
      same(policy.count, room);
    }
  },
  "the history grows with the number of entries": () => {
    const { policy, ask, drop } = readThrough(1_000, true);
    // Ten entries at first, then a thousand.
    for (let key = 0; key < 40; key++) ask(-1 - key, 100);
    for (let key = 0; key < 40; key++) drop(-1 - key);
    for (let key = 0; key < 3_000; key++) ask(1_000_000 + key);
    same(policy.count, 1_000);
    let hits = 0;
    for (let i = 0; i < 30_000; i++) if (ask(i % 1_500) && i >= 15_000) hits++;
    ok(hits > 0.4 * 15_000, `${hits} hits of 15000`);
  },
  "what is heavier than the window contends at once, and the window stays as it is": () => {
    const { policy, ask, has } = readThrough(1_000, true);
    for (let key = 0; key < 3_000; key++) ask(key);
    const before = ring(policy, WINDOW);
    ask(1_000_000, 500);
    same(has(1_000_000), false);
    equal(ring(policy, WINDOW), before);
  },
  "what is heavy must have been asked for more often than all together that would have to go": () => {
    for (const [count, isTaken] of [
      [7, false],
      [10, false],
      [11, true],
    ] as const) {
      const { policy, ask, has, slot } = readThrough(1_000, true);
      for (let key = 0; key < 3_000; key++) ask(key);
      for (const one of ring(policy, PROBATION)) policy.meta[one] = (policy.meta[one]! & ~COUNT) | 2;
      ask(1_000_000, 5);
      policy.meta[slot(1_000_000)] = count;
      // It is in the window until so many others have come.
      for (let key = 0; key < 15; key++) ask(2_000_000 + key);
      same(has(1_000_000), isTaken, `asked for ${count} times`);
    }
  },
  "the newest is spared though several must go for it": () => {
    const { policy, ask, has, slot, drop, keys } = readThrough(1_000, true);
    for (let key = 0; key < 3_000; key++) ask(key);
    const window = ring(policy, WINDOW);
    for (const one of [...window, ...ring(policy, PROBATION).slice(-18 + window.length)]) drop(keys[one]!);
    for (let key = 0; key < 10; key++) ask(1_000_000 + key);
    for (let key = 0; key < 10; key++) ask(1_000_000 + key);
    ask(2_000_000, 8);
    policy.meta[slot(2_000_000)] = COUNT;
    same(policy.weight, 1_000);
    ask(3_000_000, 2);
    equal([has(2_000_000), has(3_000_000)], [true, true]);
  },
});
