import type { Cache, CacheOptions, Tier } from "../../../mod.ts";
import { createCache, memory } from "../../../mod.ts";
import type { FakeClock, FaultyTier, TestCase } from "../../contract/mod.ts";
import { fakeClock, mapData, mapTier, same, seededRandom } from "../../contract/mod.ts";
import {
  faulty,
  memoryAlone,
  memoryOverMap,
  memoryOverPlain,
  memoryOverRemote,
  remoteTier,
  type Stack,
} from "../cache/stacks.ts";
import { type Network, network } from "./network.ts";

/** Memory over a shared tier that counts invalidations, but keeps no journal. */
const memoryOverCounting: Stack = {
  name: "memory+counting",
  depth: 2,
  shared: true,
  tags: true,
  store: () => {
    const data = mapData();
    return { tiers: () => [memory(), faulty(remoteTier(mapTier({ data }), { journal: false }))] };
  },
};

/** Stacks on which a bus matters. */
export const STACKS: readonly Stack[] = [
  memoryAlone,
  memoryOverMap,
  memoryOverRemote,
  memoryOverPlain,
  memoryOverCounting,
];

/** Whether the tier at the bottom keeps a journal, so that messages are no more than a reason to look. */
export function hasJournal({ name }: Stack): boolean {
  return name === "memory+map" || name === "memory+remote";
}

/** Two caches on one bus, as in two processes. */
export interface Pair {
  readonly a: Cache;
  readonly b: Cache;
  readonly net: Network;
  readonly clock: FakeClock;
  /** The shared tier of `a`, and of `b`. */
  readonly lower: readonly (FaultyTier | undefined)[];
  /** Errors that either told of. */
  readonly errors: unknown[];
  /** Another one. */
  readonly more: (options?: CacheOptions) => Cache;
}

/** Tags of {@linkcode fill}. */
export const TAGS: readonly string[] = ["t", "u"];

/** Tests of a subject on each of these stacks. By default messages alone tell of changes. */
export function onStacks(
  subject: string,
  stacks: readonly Stack[],
  tests: Record<string, (open: (options?: CacheOptions) => Pair, stack: Stack) => void | Promise<void>>,
): TestCase[] {
  return stacks.flatMap((stack) =>
    Object.entries(tests).map(([name, run]) => ({
      name: `${stack.name}: ${subject}: ${name}`,
      async run() {
        const clock = fakeClock();
        const caches: Cache[] = [];
        const tiersOf: (readonly Tier[])[] = [];
        const open = (options: CacheOptions = {}): Pair => {
          const { tiers } = stack.store();
          const net = network();
          const errors: unknown[] = [];
          const more = (others: CacheOptions = {}): Cache => {
            const own = tiers({});
            tiersOf.push(own);
            const cache = createCache({
              tiers: own,
              clock,
              random: seededRandom(1),
              sweepInterval: 0,
              coherence: "forever",
              bus: net.bus,
              ...options,
              ...others,
            });
            cache.on("error", ({ error }) => errors.push(error));
            caches.push(cache);
            return cache;
          };
          const begun = tiersOf.length;
          const [a, b] = [more(), more()];
          const lower = tiersOf.slice(begun).map((own) => own.find((tier): tier is FaultyTier => "faults" in tier));
          return { a, b, net, clock, errors, lower, more };
        };
        try {
          await run(open, stack);
        } finally {
          for (const own of tiersOf)
            for (const tier of own as Partial<FaultyTier>[]) {
              tier.faults?.heal();
              tier.faults?.release();
            }
          for (const cache of caches) {
            const closed = cache.close();
            await clock.advance("10s");
            await closed;
          }
        }
      },
    })),
  );
}

/** Puts "old" under `k`, tagged, and 1 under `untouched` into the memory of both, of which nobody is told. */
export async function fill({ a, b, net }: Pick<Pair, "a" | "b" | "net">, stack: Stack, space = ""): Promise<void> {
  for (const cache of [a, b]) {
    const view = space === "" ? cache : cache.namespace(space);
    if (cache === a || !stack.shared) {
      await view.set("k", "old", { tags: TAGS });
      await view.set("untouched", 1, { tags: ["v"] });
    }
    same(await view.get("k"), "old");
    same(await view.get("untouched"), 1);
  }
  net.parcels.length = 0;
}
