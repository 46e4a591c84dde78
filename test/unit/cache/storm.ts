import * as fc from "fast-check";
import type { Cache, Tier } from "../../../mod.ts";
import { createCache, defineTier, memory } from "../../../mod.ts";
import type { FakeClock, TestCase } from "../../contract/mod.ts";
import { AssertionError, fakeClock, mapData, mapTier, ok, suite } from "../../contract/mod.ts";
import { plainTier, remoteTier } from "./stacks.ts";

/** One call, at its time. */
interface Call {
  readonly at: number;
  readonly do:
    | "get"
    | "getMany"
    | "getOrSet"
    | "set"
    | "delete"
    | "clear"
    | "tags"
    | "pattern"
    | "void"
    | "touch"
    | "evictAll";
  readonly key: "a" | "b";
  /** How long a loader takes. */
  readonly load: number;
  readonly ttl: number;
  readonly match: "any" | "all" | "exact";
}

const call: fc.Arbitrary<Call> = fc.record({
  at: fc.nat(60),
  do: fc.constantFrom(
    "get",
    "get",
    "getMany",
    "getOrSet",
    "getOrSet",
    "getOrSet",
    "set",
    "delete",
    "clear",
    "tags",
    "pattern",
    "void",
    "touch",
    "evictAll",
  ),
  key: fc.constantFrom("a", "b"),
  load: fc.constantFrom(0, 1, 7, 20),
  ttl: fc.constantFrom(5, 30, 1000),
  match: fc.constantFrom("any", "all", "exact"),
});

/** How long each call of the tier takes on the way there and back, in turn. */
const lags = fc.array(fc.record({ there: fc.constantFrom(0, 0, 1, 6, 15), back: fc.constantFrom(0, 0, 1, 6, 15) }), {
  minLength: 1,
  maxLength: 12,
  size: "max",
});

const storm = fc.record({ calls: fc.array(call, { minLength: 2, maxLength: 14, size: "max" }), lags });

/** When something began and ended, in the order of all that happened. */
interface Span {
  readonly start: number;
  end: number;
}

interface Mutation extends Span {
  readonly what: string;
  readonly keys: readonly string[];
}

/** Where a value comes from: a call of `set`, or a load, which is old from its beginning. */
interface Origin extends Span {
  readonly by: "set" | "load";
}

/** A tier whose calls take their time on the way there and back. */
function lagging(tier: Tier, clock: FakeClock, next: () => { there: number; back: number }): Tier {
  const slow = Object.entries(tier).map(([name, value]) => [
    name,
    typeof value !== "function" || name === "open"
      ? value
      : async (...args: unknown[]) => {
          const { there, back } = next();
          if (there > 0) await clock.sleep(there);
          const answer = await value.apply(tier, args);
          if (back > 0) await clock.sleep(back);
          return answer;
        },
  ]);
  return defineTier({ ...tier, ...Object.fromEntries(slow) });
}

/** Lets a storm pass over a cache, and checks that nobody reads what was invalidated before they asked. */
class History {
  readonly #cache: Cache;
  readonly #clock: FakeClock;
  readonly #mutations: Mutation[] = [];
  readonly #origins = new Map<unknown, Origin>();
  #now = 0;
  #values = 0;

  constructor(cache: Cache, clock: FakeClock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  #origin(by: Origin["by"]): string {
    const value = `${by} ${++this.#values}`;
    this.#origins.set(value, { by, start: ++this.#now, end: Infinity });
    return value;
  }

  async run({ at, do: name, key, load, ttl, match }: Call): Promise<void> {
    await this.#clock.sleep(at);
    const cache = this.#cache;
    const options = { ttl, tags: ["t", "u"] };
    switch (name) {
      case "get":
        return this.#read("get", key, () => cache.get(key));
      case "getMany":
        return this.#read("getMany", key, async () => (await cache.getMany(["a", "b"])).get(key));
      case "getOrSet":
        return this.#read("getOrSet", key, () =>
          cache.getOrSet(
            key,
            async () => {
              const value = this.#origin("load");
              await this.#clock.sleep(load);
              return value;
            },
            options,
          ),
        );
      case "set": {
        const value = this.#origin("set");
        await this.#mutate("set", [key], () => cache.set(key, value, options));
        this.#origins.get(value)!.end = ++this.#now;
        return;
      }
      case "delete":
        return this.#mutate("delete", [key], () => cache.delete(key));
      case "void":
        return this.#mutate("void", [key], () => cache.set(key, "void", { ttl: 0 }));
      case "clear":
        return this.#mutate("clear", ["a", "b"], () => cache.clear());
      case "tags":
        return this.#mutate(`tags ${match}`, ["a", "b"], () => cache.invalidateTags(["u", "t"], { match }));
      case "pattern":
        return this.#mutate("pattern", [key], () => cache.invalidatePattern(`${key}*`));
      case "touch":
        await cache.touch(key, { ttl });
        return;
      case "evictAll":
        return cache.evictAll();
    }
  }

  async #mutate(what: string, keys: readonly string[], change: () => Promise<unknown>): Promise<void> {
    const mutation: Mutation = { what, keys, start: ++this.#now, end: Infinity };
    this.#mutations.push(mutation);
    await change();
    mutation.end = ++this.#now;
  }

  async #read(what: string, key: string, read: () => Promise<unknown>): Promise<void> {
    const start = ++this.#now;
    const value = await read();
    if (value === undefined) return;
    const origin = this.#origins.get(value);
    ok(origin, `${what} of ${key} gave ${String(value)}, which nobody made`);
    for (const mutation of this.#mutations) {
      if (!mutation.keys.includes(key) || mutation.end > start) continue;
      // A set that was under way together with the mutation may count as the later one.
      const isOlder = origin.by === "load" ? origin.start < mutation.start : origin.end < mutation.start;
      if (isOlder)
        throw new AssertionError(`${what} of ${key} gave "${value}", older than the ${mutation.what} before it`);
    }
  }

  /** When all is quiet: what each tier has. */
  async finish(): Promise<void> {
    for (const { name } of this.#cache.stats().tiers) {
      for (const key of ["a", "b"]) {
        await this.#waited(
          this.#read(`the last get, from ${name} or below,`, key, () => this.#cache.get(key, { promote: false })),
        );
      }
      await this.#waited(this.#cache.evictAll({ tier: name }));
    }
  }

  async #waited(work: Promise<void>): Promise<void> {
    work.catch(() => {});
    await this.#clock.advance(200);
    await work;
  }
}

type Lag = { there: number; back: number };
/** Makes the tiers below memory. */
type Lower = (clock: FakeClock, next: () => Lag) => readonly Tier[];

async function weather(lower: Lower, numRuns: number, broken = (cache: Cache) => cache): Promise<void> {
  await fc.assert(
    fc.asyncProperty(storm, async ({ calls, lags }) => {
      const clock = fakeClock();
      let turn = 0;
      const cache = createCache({
        tiers: [memory(), ...lower(clock, () => lags[turn++ % lags.length]!)],
        clock,
        sweepInterval: 0,
      });
      const history = new History(broken(cache), clock);
      const all = Promise.all(calls.map((call) => history.run(call)));
      all.catch(() => {});
      await clock.advance(1000);
      await all;
      await history.finish();
      const closed = cache.close();
      await clock.advance(1000);
      await closed;
    }),
    { seed: 20261121, numRuns },
  );
}

const remote: Lower = (clock, next) => [lagging(remoteTier(mapTier({ data: mapData() })), clock, next)];
const plain: Lower = (clock, next) => [lagging(plainTier(mapTier({ data: mapData() })), clock, next)];
const three: Lower = (clock, next) => [
  lagging(remoteTier(mapTier({ name: "middle", data: mapData() })), clock, next),
  lagging(plainTier(mapTier({ data: mapData() })), clock, next),
];
const reversed: Lower = (clock, next) => [
  lagging(plainTier(mapTier({ name: "middle", data: mapData() })), clock, next),
  lagging(remoteTier(mapTier({ data: mapData() })), clock, next),
];

const behind: Lower = (clock, next) => [
  lagging(remoteTier(mapTier({ data: mapData(), write: "behind" })), clock, next),
];
const plainBehind: Lower = (clock, next) => [
  lagging(plainTier(mapTier({ data: mapData(), write: "behind" })), clock, next),
];

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("storm", {
  "of calls at once, over a slow tier, none reads what was invalidated before it": () => weather(remote, 150),
  "of calls at once, over a slow tier without tags, none reads what was invalidated before it": () =>
    weather(plain, 150),
  "of calls at once, over two slow tiers, none reads what was invalidated before it": () => weather(three, 150),
  "of calls at once, over two slow tiers the other way round, none reads what was invalidated before it": () =>
    weather(reversed, 150),
  "of calls at once, over a slow tier that is written behind, none reads what was invalidated before it": async () => {
    await weather(behind, 150);
    await weather(plainBehind, 150);
  },
  "a cache that answers a delete before it is done is caught": async () => {
    const early = (cache: Cache) =>
      Object.assign(Object.create(cache) as Cache, bound(cache), {
        delete: async (key: string) => {
          void cache.delete(key);
          return true;
        },
      });
    const caught = await weather(remote, 300, early).then(
      () => false,
      () => true,
    );
    ok(caught, "it must be caught");
  },
});

/** The verbs of a cache, to be taken apart from it. */
function bound(cache: Cache): Partial<Cache> {
  const verbs = [
    "get",
    "getMany",
    "getOrSet",
    "set",
    "clear",
    "invalidateTags",
    "invalidatePattern",
    "touch",
    "evictAll",
  ] as const;
  return Object.fromEntries(verbs.map((verb) => [verb, cache[verb].bind(cache)]));
}
