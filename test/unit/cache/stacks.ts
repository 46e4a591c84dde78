import type { Cache, CacheOptions, Capabilities, MemoryOptions, Tier, TierOptions } from "../../../mod.ts";
import { createCache, defineTier, memory } from "../../../mod.ts";
import type { FakeClock, FaultyTier, MapData, TestCase } from "../../contract/mod.ts";
import { fakeClock, faultyTier, mapData, mapTier, seededRandom } from "../../contract/mod.ts";

/** Options of a rig: those of a cache, and of the tiers in it. */
export interface RigOptions extends Omit<CacheOptions, "tiers"> {
  /** For the tier on top. */
  readonly upper?: MemoryOptions;
  /** For the tier at the bottom. */
  readonly lower?: TierOptions;
}

/** A cache under test, with what the test has in its hands. */
export interface Rig {
  readonly cache: Cache;
  readonly clock: FakeClock;
  /** Name of the tier on top. */
  readonly top: string;
  /** Name of the tier at the bottom, which is the top one in a stack of one. */
  readonly bottom: string;
  /** The tier at the bottom; absent in a stack of memory alone. */
  readonly lower: FaultyTier | undefined;
  /** Another process over the same store; with another name it is another cache. Absent where nothing is shared. */
  readonly peer: ((options?: RigOptions) => Cache) | undefined;
}

/** A kind of cache that the suites run on. */
export interface Stack {
  readonly name: string;
  /** How many tiers it has. */
  readonly depth: 1 | 2;
  /** Whether the tier at the bottom outlives the cache and is seen by others. */
  readonly shared: boolean;
  /** Whether the tier at the bottom keeps tags. */
  readonly tags: boolean;
  /** Options of its caches beside those of the test. */
  readonly options?: RigOptions;
  /** Tiers over one store, at each call for another process, and what disposes of the store. */
  readonly store: () => { tiers: (options: RigOptions) => readonly Tier[]; dispose?: () => void | Promise<void> };
}

/** Makes rigs, which are closed when the test ends. */
export type Open = (options?: RigOptions) => Rig;

/** Tests of one subject on a stack. */
export type StackSuite = (stack: Stack) => TestCase[];

/** What a stack must have for a suite to make sense on it. */
export type Needs = Partial<Pick<Stack, "depth" | "shared" | "tags">>;

/** Names the tests of one subject, each of which gets rigs of its own. */
export function stackSuite(
  subject: string,
  tests: Record<string, (open: Open, stack: Stack) => void | Promise<void>>,
  needs: Needs = {},
): StackSuite {
  return (stack) =>
    Object.entries(needs).some(([need, value]) => stack[need as keyof Needs] !== value)
      ? []
      : Object.entries(tests).map(([name, run]) => ({
          name: `${stack.name}: ${subject}: ${name}`,
          run: () => runOn(stack, run),
        }));
}

async function runOn(stack: Stack, run: (open: Open, stack: Stack) => void | Promise<void>): Promise<void> {
  const ends: (() => void | Promise<void>)[] = [];
  const open: Open = (options = {}) => {
    const clock = fakeClock();
    const { tiers, dispose } = stack.store();
    const lowers: FaultyTier[] = [];
    const make = ({ upper, lower, ...rest }: RigOptions, all: readonly Tier[]): Cache => {
      lowers.push(...all.filter((tier): tier is FaultyTier => "faults" in tier));
      const cache = createCache({
        clock,
        random: seededRandom(1),
        sweepInterval: 0,
        ...stack.options,
        ...rest,
        tiers: all,
      });
      ends.unshift(async () => {
        const closed = cache.close();
        // What was left hanging in the background is waited for by the cache's clock.
        await clock.advance("10s");
        await closed;
      });
      return cache;
    };
    if (dispose) ends.unshift(dispose);
    const own = tiers(options);
    const cache = make(options, own);
    ends.unshift(async () => {
      for (const { faults } of lowers) {
        faults.heal();
        faults.release();
      }
      await clock.advance("1m");
    });
    return {
      cache,
      clock,
      top: own[0]!.name,
      bottom: own.at(-1)!.name,
      lower: own.find((tier): tier is FaultyTier => "faults" in tier),
      peer: stack.shared ? (others = {}) => make(others, tiers(others)) : undefined,
    };
  };
  try {
    await run(open, stack);
  } finally {
    for (const end of ends) await end();
  }
}

/** A rig whose key `k` has the value "old", which expires in 1000 ms. */
export async function aged(open: (options?: object) => Rig, age: number, options: object = {}): Promise<Rig> {
  const rig = open(options);
  await rig.cache.set("k", "old", { ttl: 1000 });
  await rig.clock.advance(age);
  return rig;
}

/** A tier that answers with promises alone, is not local, and has no synchronous face. */
export function remoteTier(inner: Tier, capabilities: Capabilities = {}): Tier {
  const { sync: _sync, fresh: _fresh, ...rest } = inner;
  const slow = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      typeof value === "function" && name !== "open" ? async (...args: unknown[]) => value.apply(inner, args) : value,
    ]),
  );
  return { ...rest, ...slow, capabilities: { ...inner.capabilities, sync: false, local: false, ...capabilities } };
}

/** The same without what is optional: it lists keys, and that is all. */
export function plainTier(inner: Tier): Tier {
  const {
    invalidate: _invalidate,
    journal: _journal,
    release: _release,
    touchMany: _touchMany,
    prune: _prune,
    ...rest
  } = inner;
  return remoteTier(rest, { tags: false, leases: false, journal: false });
}

/** A faulty tier, finished. */
export function faulty(tier: Tier): FaultyTier {
  return defineTier(faultyTier(tier));
}

function mapStore(tiers: (data: MapData, options: RigOptions) => readonly Tier[]): Stack["store"] {
  return () => {
    const data = mapData();
    return { tiers: (options) => tiers(data, options) };
  };
}

/** Memory alone, which needs no stack of tiers at all. */
export const memoryAlone: Stack = {
  name: "memory",
  depth: 1,
  shared: false,
  tags: false,
  store: () => ({ tiers: ({ upper = {} }) => [memory(upper)] }),
};

/** A shared tier alone, where every call takes its time. */
export const sharedAlone: Stack = {
  name: "shared",
  depth: 1,
  shared: true,
  tags: true,
  store: mapStore(
    (data, { upper: { name: _, maxEntries: _m, maxBytes: _b, sizeOf: _s, ...upper } = {}, lower = {} }) => [
      faulty(remoteTier(mapTier({ ...upper, ...lower, data }))),
    ],
  ),
};

/** Memory over a shared tier that answers at once. */
export const memoryOverMap: Stack = {
  name: "memory+map",
  depth: 2,
  shared: true,
  tags: true,
  store: mapStore((data, { upper = {}, lower = {} }) => [memory(upper), faulty(mapTier({ ...lower, data }))]),
};

/** Memory over a shared tier that takes its time. */
export const memoryOverRemote: Stack = {
  name: "memory+remote",
  depth: 2,
  shared: true,
  tags: true,
  store: mapStore((data, { upper = {}, lower = {} }) => [
    memory(upper),
    faulty(remoteTier(mapTier({ ...lower, data }))),
  ]),
};

/** Memory over a shared tier that takes its time and has none of the optional operations. */
export const memoryOverPlain: Stack = {
  name: "memory+plain",
  depth: 2,
  shared: true,
  tags: false,
  store: mapStore((data, { upper = {}, lower = {} }) => [
    memory(upper),
    faulty(plainTier(mapTier({ ...lower, data }))),
  ]),
};

/** The stacks that every runtime has. */
export const STACKS: readonly Stack[] = [memoryAlone, sharedAlone, memoryOverMap, memoryOverRemote, memoryOverPlain];

/** A cache over these very tiers. */
export function openTiers(tiers: readonly Tier[], options: CacheOptions = {}): { cache: Cache; clock: FakeClock } {
  const clock = fakeClock();
  return { clock, cache: createCache({ tiers, clock, sweepInterval: 0, ...options }) };
}
