/**
 * Many calls at once over tiers that answer when they like: whatever comes in between, no call gets a value that was made before an
 * invalidation which had ended when the call began.
 */
import type { Cache, Tier } from "../../../mod.ts";
import { createCache, defineTier, memory } from "../../../mod.ts";
import type { FakeClock } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, seededRandom, suite, type TestCase } from "../../contract/mod.ts";
import { plainTier, remoteTier } from "./stacks.ts";

const KEYS = ["a", "b"];
const TAGS = ["t", "u"];
const CALLS = 40;
const SEEDS = 25;

/** A value, with what it tells of itself. */
interface Made {
  readonly key: string;
  /** When its load, or the set that brought it, began. */
  readonly begun: number;
  /** Of a set, which takes its place among others that overlap it anywhere before its end. */
  readonly isSet?: boolean;
}

interface Mutation {
  readonly key: string;
  readonly begun: number;
  ended: number;
}

type Random = (below: number) => number;
type Make = (late: (tier: Tier) => Tier) => () => readonly Tier[];

/** Each operation of it takes some time before the store is asked, and some after. */
function lateTier(tier: Tier, clock: FakeClock, random: Random, most: number): Tier {
  const late = Object.fromEntries(
    Object.entries(tier).map(([name, value]) => [
      name,
      typeof value !== "function" || ["open", "prepare", "close"].includes(name)
        ? value
        : async (...args: unknown[]) => {
            await clock.sleep(random(most));
            const answer = await value.apply(tier, args);
            await clock.sleep(random(most));
            return answer;
          },
    ]),
  );
  return defineTier(late as unknown as Tier);
}

/** One walk: calls of every kind, some of which begin before others have ended. Answers with what must not be. */
async function wander(
  seed: number,
  make: Make,
  processes: number,
  broken = (cache: Cache) => cache,
): Promise<string[]> {
  const chance = seededRandom(seed);
  const random: Random = (below) => Math.floor(chance() * below);
  const pick = <T>(...some: readonly T[]): T => some[random(some.length)]!;
  const clock = fakeClock();
  const most = pick(1, 5, 20, 50);
  const tiers = make((tier) => lateTier(tier, clock, random, most));
  const caches = Array.from({ length: processes }, () =>
    broken(createCache({ clock, sweepInterval: 0, coherence: 0, lease: pick("10s", "30ms"), tiers: tiers() })),
  );
  const faults: string[] = [];
  const mutations: Mutation[] = [];
  const setsEnded = new Map<number, number>();
  let time = 0;

  const look = (key: string, value: unknown, begun: number): void => {
    if (value === undefined) return;
    const made = value as Made;
    if (made.key !== key) faults.push(`${seed}: the value of ${made.key} under ${key}`);
    const madeBy = made.isSet ? (setsEnded.get(made.begun) ?? Infinity) : made.begun;
    for (const one of mutations)
      if (one.key === key && one.ended < begun && madeBy < one.begun)
        faults.push(`${seed}: ${key} at ${begun} from ${made.begun}, over ${one.begun} to ${one.ended}`);
  };
  const reads = async (call: () => Promise<Iterable<readonly [key: string, value: unknown]>>): Promise<void> => {
    const begun = ++time;
    for (const [key, value] of await call().catch(() => [])) look(key, value, begun);
  };
  const mutates = async (keys: readonly string[], call: (begun: number) => Promise<unknown>): Promise<void> => {
    const begun = ++time;
    const own = keys.map((key): Mutation => ({ key, begun, ended: Infinity }));
    mutations.push(...own);
    await call(begun);
    const ended = ++time;
    setsEnded.set(begun, ended);
    for (const one of own) one.ended = ended;
  };
  const load = async (keys: readonly string[]): Promise<Made[]> => {
    const begun = ++time;
    await clock.sleep(random(80));
    if (random(4) === 0) throw new RangeError("down");
    return keys.map((key) => ({ key, begun }));
  };
  const options = () => ({
    ttl: pick("30ms", "60ms", "10s"),
    tags: TAGS,
    ...(random(2) && { grace: "1h" }),
    ...(random(2) && { swr: "1h" }),
    ...(!random(5) && { refreshAhead: 0.3 }),
    ...(!random(5) && { softTimeout: 10 }),
    ...(!random(5) && { negativeTtl: 20 }),
    ...(!random(3) && { validate: () => clock.sleep(random(40)).then(() => random(2) === 0) }),
  });
  const loadOne = (key: string) => () => load([key]).then(([made]) => made);
  const calls: readonly ((cache: Cache, key: string) => Promise<unknown>)[] = [
    (cache, key) => reads(async () => [[key, await cache.get(key)]]),
    (cache) => reads(() => cache.getMany(KEYS)),
    (cache, key) => reads(async () => [[key, await cache.getOrSet(key, loadOne(key), options())]]),
    (cache, key) => reads(async () => [[key, await cache.getOrSet(key, loadOne(key), options())]]),
    (cache) => reads(() => cache.getOrSetMany(KEYS, load, options())),
    (cache, key) =>
      mutates([key], (begun) => cache.set(key, { key, begun, isSet: true }, { ttl: pick("30ms", "10s"), tags: TAGS })),
    (cache) =>
      mutates(KEYS, (begun) =>
        cache.setMany(KEYS.map((key) => ({ key, value: { key, begun, isSet: true }, tags: TAGS }))),
      ),
    (cache, key) => mutates([key], () => cache.delete(key)),
    (cache) => mutates(KEYS, () => cache.deleteMany(KEYS)),
    (cache, key) => mutates([key], () => cache.set(key, "void", { ttl: 0 })),
    (cache) => mutates(KEYS, () => cache.invalidateTags(["t"])),
    (cache) => mutates(KEYS, () => cache.invalidateTags(TAGS, { match: "all" })),
    (cache) => mutates(KEYS, () => cache.invalidatePattern("*")),
    (cache) => mutates(KEYS, () => cache.clear()),
    (cache, key) => cache.touch(key, { ttl: pick("50ms", "10s") }),
    (cache) => cache.evictAll(),
  ];
  const under: Promise<unknown>[] = [];
  for (let i = 0; i < CALLS; i++) {
    under.push(pick(...calls)(pick(...caches), pick(...KEYS)));
    if (random(3)) await clock.advance(random(30));
  }
  let isOver = false;
  const over = Promise.all(under).then(() => {
    isOver = true;
  });
  for (let i = 0; i < 60 && !isOver; i++) await clock.advance("1s");
  if (!isOver) return [...faults, `${seed}: a call does not end`];
  await over;
  const closed = Promise.all(caches.map((cache) => cache.close()));
  await clock.advance("10s");
  await closed;
  return faults;
}

/** What is walked on: how the tiers of each process are made, and how many there are. */
const WAYS: Record<string, { readonly make: Make; readonly processes: number }> = {
  memory: { make: () => () => [memory({ maxEntries: 100 })], processes: 1 },
  "memory and a tier that keeps entries alone": {
    make: (late) => {
      const data = mapData();
      return () => [memory(), late(plainTier(mapTier({ data })))];
    },
    processes: 1,
  },
  "two processes over one tier": {
    make: (late) => {
      const data = mapData();
      return () => [memory(), late(remoteTier(mapTier({ data })))];
    },
    processes: 2,
  },
  "two processes over two tiers": {
    make: (late) => {
      const [middle, bottom] = [mapData(), mapData()];
      return () => [
        memory(),
        late(remoteTier(mapTier({ name: "middle", data: middle }))),
        late(remoteTier(mapTier({ data: bottom }))),
      ];
    },
    processes: 2,
  },
};

/** All walks of some seeds. */
async function walks(way: keyof typeof WAYS, seeds: number, broken?: (cache: Cache) => Cache): Promise<string[]> {
  const { make, processes } = WAYS[way]!;
  const faults: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) faults.push(...(await wander(seed, make, processes, broken)));
  return faults;
}

/** A cache one of whose verbs does nothing. */
const without =
  (verb: keyof Cache) =>
  (cache: Cache): Cache =>
    new Proxy(cache, {
      get(_, name) {
        if (name === verb) return async () => 0;
        const value: unknown = cache[name as keyof Cache];
        return typeof value === "function" ? value.bind(cache) : value;
      },
    });

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("wandering", {
  ...Object.fromEntries(
    Object.keys(WAYS).map((way) => [
      `${way}: no call gets what was invalidated before it`,
      async () => equal(await walks(way, SEEDS), []),
    ]),
  ),
  ...Object.fromEntries(
    (["delete", "deleteMany", "set", "setMany", "invalidatePattern", "invalidateTags", "clear"] as const).map(
      (verb) => [
        `a cache whose ${verb} does nothing is caught`,
        async () => ok((await walks("memory", SEEDS, without(verb))).length > 0),
      ],
    ),
  ),
});
