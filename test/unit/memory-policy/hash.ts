import { hashKey } from "../../../src/memory/policy/hash.ts";
import type { TestCase } from "../../contract/mod.ts";
import { ok, same, suite } from "../../contract/mod.ts";

const shapes: Record<string, (i: number) => string> = {
  numbers: String,
  prefixed: (i) => `tenant:acme:user:${i}`,
  suffixed: (i) => `${i}:profile:view:summary`,
  padded: (i) => `item${String(i).padStart(12, "0")}`,
  "of two bytes": (i) => `ключ-${i}-鍵`,
};

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("memory hash", {
  "is 32 bits, the same for the same key and seed": () => {
    for (const key of ["", "a", "ab", "abc", "🙂", "x".repeat(512)]) {
      same(hashKey(key, 7), hashKey(key, 7));
      same(hashKey(key, 7), hashKey(key, 7) | 0);
    }
  },
  "spreads keys of every shape, by its high bits and by its low ones": () => {
    for (const [shape, keyOf] of Object.entries(shapes)) {
      for (const seed of [0, 1, -1, 0x1234567]) {
        for (const part of [(hash: number) => hash >>> 24, (hash: number) => hash & 255]) {
          const counts = new Array<number>(256).fill(0);
          for (let i = 0; i < 25_600; i++) counts[part(hashKey(keyOf(i), seed))]!++;
          const [least, most] = [Math.min(...counts), Math.max(...counts)];
          ok(least > 50 && most < 160, `${shape} with seed ${seed}: between ${least} and ${most} of 100`);
        }
      }
    }
  },
  "what collides with one seed does not with another": () => {
    const keyOf = (i: number): string => `k${i.toString(36)}`;
    const seen = new Map<number, number>();
    const pairs: [number, number][] = [];
    for (let i = 0; i < 300_000; i++) {
      const hash = hashKey(keyOf(i), 1);
      const other = seen.get(hash);
      if (other !== undefined) pairs.push([other, i]);
      seen.set(hash, i);
    }
    ok(pairs.length > 0 && pairs.length < 600, `${pairs.length} of 300000 collide`);
    const still = pairs.filter(([one, two]) => hashKey(keyOf(one), 2) === hashKey(keyOf(two), 2));
    ok(still.length < 5, `${still.length} of ${pairs.length} collide with another seed`);
  },
});
