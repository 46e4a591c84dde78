import * as fc from "fast-check";
import { type Cache, type InvalidationMode, memory, type TagMatch, type Tier } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import type { MapData, TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same } from "../../contract/mod.ts";
import { BROKEN, replaced } from "./broken.ts";
import { Reference } from "./reference.ts";
import { type Open, plainTier, type Rig, remoteTier, STACKS, type Stack, stackSuite } from "./stacks.ts";

/** Keys in these tests; few, so that operations meet. */
const KEYS = ["a", "ab", "b", "@a", "[1]"];
const TAGS = ["t", "u", "v"];
/** Namespaces, as paths. */
const SPACES: readonly string[][] = [[], ["n"], ["n", "m"], ["@a"]];

const GRACE = 50;

interface Write {
  readonly ttl: number | undefined;
  readonly tags: readonly string[];
}

type Step =
  | { do: "get" | "has" | "getEntry" | "delete" | "evict" | "meta"; key: string }
  | { do: "getMany" | "deleteMany"; keys: string[] }
  | ({ do: "set"; key: string } & Write)
  | { do: "setMany"; items: ({ key: string } & Write)[] }
  | ({ do: "getOrSet"; key: string; outcome: "value" | "undefined" | "error" | "skip" } & Write)
  | ({ do: "getOrSetMany"; keys: string[]; outcome: "value" | "some" | "error" } & Write)
  | { do: "touch"; key: string; ttl: number }
  | { do: "invalidateTags"; tags: string[]; match: TagMatch; mode: InvalidationMode }
  | { do: "invalidatePattern"; pattern: string }
  | { do: "advance"; ms: number }
  | { do: "clear" | "prune" | "evictAll" | "list" };

const key = fc.constantFrom(...KEYS);
const keys = fc.array(key, { maxLength: 4 });
const write = {
  ttl: fc.constantFrom(undefined, undefined, 1, 10, 100, 100, 0, -1),
  tags: fc.subarray(TAGS),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("set" as const), key, ...write }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("get", "has", "getEntry", "meta"), key }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 9, 10, 49, 50, 100, 200) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("getOrSet" as const),
      key,
      outcome: fc.constantFrom("value", "value", "undefined", "error", "skip"),
      ...write,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("invalidateTags" as const),
      tags: fc.array(fc.constantFrom(...TAGS), { maxLength: 3 }),
      match: fc.constantFrom<TagMatch>("any", "all", "exact"),
      mode: fc.constantFrom<InvalidationMode>("delete", "expire"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("delete", "evict"), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("getMany", "deleteMany"), keys }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("touch" as const), key, ttl: fc.constantFrom(0, 1, 10, 1000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("setMany" as const),
      items: fc.array(fc.record({ key, ...write }), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("getOrSetMany" as const),
      keys,
      outcome: fc.constantFrom("value", "some", "error"),
      ...write,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("invalidatePattern" as const),
      pattern: fc.constantFrom("*", "a*", "?", "[ab]", "@*", "\\[*", "zz*"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("clear", "prune", "evictAll", "list") }) },
);

/** Steps, each on one of the namespaces. */
const program = fc.array(fc.record({ space: fc.constantFrom(0, 0, 0, 1, 2, 3), step }), {
  minLength: 1,
  maxLength: 60,
  size: "max",
});

class LoadError extends Error {}

/** A cache and its reference, side by side. */
class Pair {
  readonly #rig: Rig;
  readonly #stack: Stack;
  readonly #views: readonly Cache[];
  readonly #reference: Reference;
  #value = 0;

  constructor(rig: Rig, stack: Stack, broken: (cache: Cache) => Cache) {
    this.#rig = rig;
    this.#stack = stack;
    this.#views = SPACES.map((path) => broken(path.reduce((cache, name) => cache.namespace(name), rig.cache)));
    this.#reference = new Reference(SPACES, GRACE, () => rig.clock.now());
  }

  /** Falsy values come as often as others. */
  #next(): unknown {
    this.#value++;
    return this.#value % 5 === 0 ? [0, "", false, null][(this.#value / 5) % 4] : this.#value;
  }

  async run(space: number, step: Step): Promise<void> {
    const cache = this.#views[space]!;
    const reference = this.#reference;
    switch (step.do) {
      case "get":
        return same(await cache.get(step.key), reference.get(space, step.key));
      case "getEntry":
        return same((await cache.getEntry(step.key))?.value, reference.get(space, step.key));
      case "has":
        return same(await cache.has(step.key), reference.has(space, step.key));
      case "meta":
        return this.#look(space, step.key);
      case "getMany":
        return equal([...(await cache.getMany(step.keys))], reference.getMany(space, step.keys));
      case "set": {
        const value = this.#next();
        await cache.set(step.key, value, options(step));
        return reference.set(space, step.key, value, step.ttl, step.tags);
      }
      case "setMany": {
        const items = step.items.map((item) => ({ item, value: this.#next() }));
        await cache.setMany(items.map(({ item, value }) => ({ key: item.key, value, ...options(item) })));
        // Of a key that comes twice the last one counts.
        for (const { item, value } of new Map(items.map((one) => [one.item.key, one])).values()) {
          reference.set(space, item.key, value, item.ttl, item.tags);
        }
        return;
      }
      case "getOrSet":
        return this.#getOrSet(cache, space, step);
      case "getOrSetMany":
        return this.#getOrSetMany(cache, space, step);
      case "delete":
        return this.#existed([step.key], space, async () => Number(await cache.delete(step.key)));
      case "deleteMany":
        return this.#existed(step.keys, space, () => cache.deleteMany(step.keys));
      case "touch":
        if (step.ttl <= 0)
          return this.#existed([step.key], space, async () => Number(await cache.touch(step.key, { ttl: step.ttl })));
        return same(await cache.touch(step.key, { ttl: step.ttl }), reference.touch(space, step.key, step.ttl));
      case "invalidateTags":
        await cache.invalidateTags(step.tags, step);
        return reference.invalidateTags(space, step.tags, step.match, step.mode);
      case "invalidatePattern":
        return this.#removed(
          KEYS,
          space,
          () => cache.invalidatePattern(step.pattern),
          () => reference.invalidatePattern(space, step.pattern),
        );
      case "clear":
        await cache.clear();
        return reference.clear(space);
      case "prune": {
        const pruned = await cache.prune();
        return ok(
          pruned.every((key) => !reference.has(space, key as string)),
          "what was pruned must be over",
        );
      }
      case "evict":
        await cache.evict(step.key);
        // Where there is no tier below, the value is lost.
        if (this.#stack.depth === 1) reference.delete(space, step.key);
        return;
      case "evictAll":
        await cache.evictAll();
        if (this.#stack.depth === 1) reference.clear(space);
        return;
      case "list":
        return this.audit(space);
      case "advance":
        return this.#rig.clock.advance(step.ms);
    }
  }

  /** Runs a step, and then compares what is known of each key, which changes nothing. */
  async runAndLook(space: number, step: Step): Promise<void> {
    await this.run(space, step);
    for (const key of KEYS) await this.#look(space, key);
    this.#reconcile();
  }

  /** All reads are hits or misses, and what came into a tier is there or has gone. */
  #reconcile(): void {
    const { hits, misses, staleHits, tiers } = this.#rig.cache.stats();
    same(hits + misses + staleHits, this.#reference.reads, "hits and misses are all reads");
    for (const { name, entries, added, deletes, expiries, evictions } of tiers)
      if (entries !== undefined) same(added - deletes - expiries - evictions, entries, `entries of ${name}`);
  }

  async #look(space: number, key: string): Promise<void> {
    const meta = await this.#views[space]!.meta(key);
    equal(meta && [meta.ttl, meta.stale, meta.tags], this.#reference.meta(space, key), `meta of ${key}`);
  }

  /** Deletes, and compares how many were there. */
  async #existed(keys: readonly string[], space: number, remove: () => Promise<number>): Promise<void> {
    return this.#removed(keys, space, remove, () => this.#reference.deleteMany(space, keys));
  }

  async #removed(
    keys: readonly string[],
    space: number,
    remove: () => Promise<number>,
    removeThere: () => number,
  ): Promise<void> {
    // A shared tier that keeps no tags takes what was invalidated by tag for live.
    const ghosts = this.#stack.shared && !this.#stack.tags ? this.#reference.ghosts(space, keys) : 0;
    const count = await remove();
    const live = removeThere();
    ok(count >= live && count <= live + ghosts, `${count} deleted of ${live}, with ${ghosts} invalidated by tag`);
  }

  async #getOrSet(cache: Cache, space: number, step: Step & { do: "getOrSet" }): Promise<void> {
    const value = this.#next();
    const old = this.#reference.stale(space, step.key);
    let ran = false;
    const call = cache.getOrSet(
      step.key,
      ({ skip, stale }) => {
        ran = true;
        same(stale, old, "the old value that a loader is told");
        if (step.outcome === "error") throw new LoadError();
        if (step.outcome === "skip") skip();
        return step.outcome === "undefined" ? undefined : value;
      },
      options(step),
    );
    const expected = this.#reference.getOrSet(
      space,
      step.key,
      step.outcome === "error" ? undefined : { ...step, value },
    );
    if ("failed" in expected) await rejects(call, LoadError);
    else same(await call, expected.value);
    same(ran, expected.loaded, "whether the loader ran");
  }

  async #getOrSetMany(cache: Cache, space: number, step: Step & { do: "getOrSetMany" }): Promise<void> {
    const value = this.#next();
    const call = cache.getOrSetMany(
      step.keys,
      async (keys) => {
        if (step.outcome === "error") throw new LoadError();
        return keys.map((key) => (step.outcome === "some" && key === "a" ? undefined : value));
      },
      options(step),
    );
    const found: [string, unknown][] = [];
    let failed = false;
    for (const key of new Set(step.keys)) {
      const outcome = step.outcome === "some" && key === "a" ? "undefined" : "value";
      const answer = this.#reference.getOrSet(
        space,
        key,
        step.outcome === "error" ? undefined : { value, outcome, ttl: step.ttl, tags: step.tags },
      );
      if ("failed" in answer) failed = true;
      else if (answer.value !== undefined) found.push([key, answer.value]);
    }
    if (failed) await rejects(call, LoadError);
    else equal([...(await call)], found);
  }

  /** Compares all that can be seen of a namespace. */
  async audit(space: number): Promise<void> {
    const cache = this.#views[space]!;
    const live = this.#reference.live(space).sort();
    equal((await cache.keys()).sort(), live, "keys");
    same(await cache.size(), live.length, "size");
    const entries: unknown[] = [];
    for await (const { key, value } of cache.entries()) entries.push([key, value]);
    equal(entries.sort(), live.map((key) => [key, this.#reference.anyValue(space, key)]).sort(), "entries");
    for (const key of KEYS) same(await cache.get(key), this.#reference.get(space, key), `get ${key}`);
  }

  async finish(): Promise<void> {
    for (let space = 0; space < SPACES.length; space++) await this.audit(space);
    const { hits, misses, staleHits, sets, deletes, loads, loadErrors } = this.#rig.cache.stats();
    equal({ hits, misses, staleHits, sets, loads, loadErrors }, this.#reference.counts, "counts");
    same(hits + misses + staleHits, this.#reference.reads, "hits and misses are all reads");
    if (!this.#stack.shared || this.#stack.tags) same(deletes, this.#reference.deletes, "deletes");
  }
}

function options({ ttl, tags }: Write): { ttl?: number; tags: readonly string[] } {
  return { ...(ttl !== undefined && { ttl }), tags };
}

/** Runs random programs against the reference. */
async function compare(open: Open, stack: Stack, numRuns: number, broken = (cache: Cache) => cache): Promise<void> {
  await fc.assert(
    fc.asyncProperty(program, async (steps) => {
      const pair = new Pair(open({ grace: GRACE }), stack, broken);
      for (const { space, step } of steps) await pair.runAndLook(space, step);
      await pair.finish();
    }),
    { seed: 20261121, numRuns },
  );
}

const model = stackSuite("model", {
  "any program of calls gives what a plain record gives": (open, stack) => compare(open, stack, 60),
});

const selfTest = stackSuite(
  "model",
  Object.fromEntries(
    Object.entries(BROKEN).map(([what, change]) => [
      `it catches a cache that ${what}`,
      (open: Open, stack: Stack) =>
        compare(open, stack, 300, replaced(change)).then(
          () => ok(false, `a cache that ${what} must be caught`),
          () => {},
        ),
    ]),
  ),
);

export { model };

/** Stacks whose lower tier keeps bytes and is written behind. */
const behind = (
  [
    ["behind", true, (tier) => [tier]],
    ["memory+behind", true, (tier) => [memory(), tier]],
    ["memory+plain behind", false, (tier) => [memory(), tier]],
    ["two behind", true, (tier) => [bytesBehind(mapTier({ name: "upper", data: mapData(), write: "behind" })), tier]],
  ] as [string, boolean, (tier: Tier) => readonly Tier[]][]
).map(([name, tags, tiers]): Stack => {
  const lower = (data: MapData): Tier => bytesBehind(mapTier({ data, write: "behind" }), tags ? remoteTier : plainTier);
  const store = () => {
    const data = mapData();
    return { tiers: () => tiers(lower(data)) };
  };
  return { name, tags, shared: true, depth: name === "behind" ? 1 : 2, store };
});

/** Changes take their time, so that calls that follow find them in the queue. */
function bytesBehind(tier: Tier, as: (tier: Tier) => Tier = remoteTier): Tier {
  const { setMany, deleteMany, ...rest } = as(tier);
  const later = async (): Promise<void> => {
    for (let step = 0; step < 3000; step++) await undefined;
  };
  return bytes({
    ...rest,
    setMany: (writes, now) => later().then(() => setMany(writes, now)),
    deleteMany: (keys, now) => later().then(() => deleteMany(keys, now)),
  } as Tier<Uint8Array>);
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = [...[...STACKS, ...behind].flatMap(model), ...selfTest(STACKS[0]!)];
