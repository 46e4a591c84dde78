import type { TestCase } from "../../contract/mod.ts";
import { same, seededRandom } from "../../contract/mod.ts";
import { onStacks, STACKS } from "./pair.ts";

const KEYS = ["k1", "k2", "k3"];

// Without leases a load in one process may overwrite what another has deleted below: no bus can help there.
const FENCED = STACKS.filter(({ shared, tags }) => tags || !shared);

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = onStacks("bus, interleavings", FENCED, {
  "when all is delivered nobody serves what was there before a change, whatever came when": async (open) => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seededRandom(seed);
      const one = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)]!;
      const { a, b, net, clock, more } = open();
      const caches = [a, b, more()];
      const truth = new Map(KEYS.map((key) => [key, 0]));
      const work: Promise<unknown>[] = [];
      const steps: (() => Promise<unknown> | undefined)[] = [
        ...[1, 2, 3, 4].map(() => () => {
          const key = one(KEYS);
          const load = async (): Promise<number | undefined> => {
            const value = truth.get(key);
            await clock.sleep(Math.floor(random() * 20));
            return value;
          };
          return one(caches).getOrSet(key, load, { tags: [key, "all"], ttl: "1h" });
        }),
        () => {
          const key = one(KEYS);
          truth.set(key, truth.get(key)! + 1);
          const cache = one(caches);
          return one([
            () => cache.delete(key),
            () => cache.invalidateTags(key),
            () => cache.invalidateTags([key, "all"], { match: one(["all", "exact"]) }),
            () => cache.clear(),
          ])();
        },
        () => {
          const some = net.parcels.filter(() => random() < 0.3);
          // Half of them come again.
          for (const parcel of some) if (random() < 0.5) net.parcels.splice(net.parcels.indexOf(parcel), 1);
          net.deliver(some);
          return undefined;
        },
      ];
      for (let step = 0; step < 60; step++) {
        const done = one(steps)();
        if (done) work.push(done);
        await clock.advance(Math.floor(random() * 6));
      }
      await clock.advance("1m");
      await Promise.all(work);
      net.deliver();
      await clock.settle();
      for (const [i, cache] of caches.entries())
        for (const [key, value] of truth) {
          const got = await cache.get(key);
          if (got !== undefined) same(got, value, `seed ${seed}, cache ${i}, ${key}`);
        }
    }
  },
});
