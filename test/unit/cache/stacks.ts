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
  /** Whether calls that need not wait are made by the synchronous face. */
  readonly sync?: boolean;
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

/** Tests of what takes its time, which there is nothing of where all is done at once: their schemas, tiers or queues answer later. */
const LATER = new Set([
  "schemas: a hit from every tier is what the schema gives back",
  "schemas: what does not fit is a miss",
  "schemas: what does not fit is thrown when asked, with the schema's issues and without the value",
  "closing: writes behind are stored by the close",
  "tiers: a batch is one round trip per tier, and only what misses goes down",
  "tiers: write behind: acknowledged at once, read back at once, stored later, the last one of a key",
  "tiers: write behind: what is deleted before it was stored is never stored",
  "tiers: write behind: tags invalidate what waits",
  "tiers: write behind: a tier that fails is tried again",
  "faults below: a hung write is acknowledged after the budget, and memory has the value",
  "recovery: a slow tier that missed more than it can be told in its time budget is told all the same",
  "faults below: the budget is 2 s by default for a tier that is not local",
  "recovery: while the breaker is half-open one probe alone goes through",
  "interleavings: a mutation of another key costs a promotion nothing",
  "coherence: a tier that hangs holds up a hit in memory for its budget, once in that time",
  "coherence: a pattern also hits what was copied up while it was at work, and is found below no more",
]);

/** Tests with another process over the same store, which a tier of this process alone has none of. */
const OF_PEERS = new Set([
  "promotion: the first hit wins, and a fresh one below beats a stale one above",
  "promotion: of two stale values the younger one is served",
  "promotion: an older stale value below does not take the place of a younger one above",
  "tiers: write behind: acknowledged at once, read back at once, stored later, the last one of a key",
  "tiers: write behind: what is deleted before it was stored is never stored",
  "tiers: write behind: a tier that fails is tried again",
  "faults below: what a load has waited for its lease is taken off the wait for its write as well",
  "faults below: a load waits for no more than one budget in all, whatever its tier is asked for before",
  "recovery: what a tier missed while it failed is replayed before it serves again",
  "recovery: what a tier missed is told while nothing is asked of it here, as other processes read it",
  "recovery: a write that arrives after a newer one is told at once, as other processes read it",
  "recovery: what a tier missed is told by the close, though its breaker is open",
  "recovery: a key that a tier cannot forget holds up no other",
  "recovery: a replay that fails is tried again, and until then the tier does not serve what it missed",
]);

/** Names the tests of one subject, each of which gets rigs of its own. */
export function stackSuite(
  subject: string,
  tests: Record<string, (open: Open, stack: Stack) => void | Promise<void>>,
  needs: Needs = {},
): StackSuite {
  return (stack) =>
    Object.entries(needs).some(([need, value]) => stack[need as keyof Needs] !== value)
      ? []
      : Object.entries(tests)
          .filter(([name]) => !(stack.sync && LATER.has(`${subject}: ${name}`)))
          .filter(([name]) => stack.shared || !OF_PEERS.has(`${subject}: ${name}`))
          .map(([name, run]) => ({ name: `${stack.name}: ${subject}: ${name}`, run: () => runOn(stack, run) }));
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
      return stack.sync ? bySync(cache) : cache;
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

/** A cache whose calls, loads apart, are made by its synchronous face, and answer with promises all the same. */
export function bySync(cache: Cache): Cache {
  const own = cache as unknown as Record<string, (...args: unknown[]) => unknown>;
  const face = cache.sync as Record<string, (...args: unknown[]) => unknown>;
  const verb =
    (name: string) =>
    (...args: unknown[]) => {
      const signal = args.map((arg) => (arg as { signal?: AbortSignal } | undefined)?.signal).find(Boolean);
      return settled(() => {
        if (!cache.closed && signal instanceof AbortSignal) signal.throwIfAborted();
        return face[name]!(...args);
      });
    };
  return new Proxy(cache, {
    get(_, name: string) {
      if (name === "namespace" || name === "scope") return (...args: unknown[]) => bySync(own[name]!(...args) as Cache);
      if (name === "entries" || name === "metas") {
        return async function* (...args: unknown[]) {
          yield* face[name]!(...args) as Iterable<unknown>;
        };
      }
      if (typeof face[name] === "function" && !name.startsWith("getOrSet")) return verb(name);
      return typeof own[name] === "function" ? own[name].bind(cache) : own[name];
    },
  });
}

async function settled<T>(call: () => T): Promise<T> {
  return call();
}

/** The same stack by its synchronous face. */
export function syncStack(stack: Stack): Stack {
  return { ...stack, name: `${stack.name} by sync`, sync: true };
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

/** A tier of this process's own that keeps tags itself, as SQLite does in memory. */
export const ownTags: Stack = {
  name: "own tags",
  depth: 1,
  shared: false,
  tags: true,
  store: () => ({
    tiers: ({ upper: { name: _, maxEntries: _m, maxBytes: _b, sizeOf: _s, ...upper } = {}, lower = {} }) => [
      faulty(mapTier({ ...upper, ...lower })),
    ],
  }),
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

/** Memory over a tier of this process alone that takes its time, as a SQLite database in memory is. */
export const memoryOverOwn: Stack = {
  name: "memory+own",
  depth: 2,
  shared: false,
  tags: true,
  store: () => ({
    tiers: ({ upper = {}, lower = {} }) => [memory(upper), faulty(remoteTier(mapTier(lower)))],
  }),
};

/** The stacks that every runtime has. */
export const STACKS: readonly Stack[] = [
  memoryAlone,
  syncStack(memoryAlone),
  sharedAlone,
  ownTags,
  memoryOverMap,
  syncStack(memoryOverMap),
  memoryOverRemote,
  memoryOverPlain,
  memoryOverOwn,
];

/** A cache over these very tiers. */
export function openTiers(tiers: readonly Tier[], options: CacheOptions = {}): { cache: Cache; clock: FakeClock } {
  const clock = fakeClock();
  return { clock, cache: createCache({ tiers, clock, sweepInterval: 0, ...options }) };
}
