/**
 * The tier under test, with what the contract's tests do to it again and again.
 *
 * @module
 */
import type { Entry } from "../../../src/entry.ts";
import type { Capabilities, MaybePromise, ReadOptions, Tier, TierContext, Write } from "../../../src/tier.ts";
import { AssertionError, equal, same } from "../assert.ts";
import type { FakeClock } from "../fake-clock.ts";

/** A tier to test, and what else the factory of the tier contract can give with it. */
export interface ContractTier {
  /** Not opened yet, over a store that is empty and that no other test uses. The suite opens and closes it. */
  readonly tier: Tier;
  /**
   * Makes another tier over the same store, not opened. With it the suite tests that durable tiers keep their entries
   * after a close and that two openers of a shared store agree.
   */
  readonly reopen?: (() => MaybePromise<Tier>) | undefined;
  /** Makes the store forget the records of these tags, as an eviction in the store would, where that can happen. */
  readonly loseTags?: ((tags: readonly string[]) => MaybePromise<void>) | undefined;
  /** Called last, after all tiers are closed. */
  readonly dispose?: (() => MaybePromise<void>) | undefined;
}

/** What a test may ask for beside the tier; it passes untried on a tier without. */
export type Need =
  | "keys"
  | "tags"
  | "leases"
  | "sync"
  | "durable"
  | "shared"
  | "prepare"
  | "copies"
  | "touchMany"
  | "prune"
  | "fresh"
  | "usage"
  | "reopen"
  | "loseTags";

/** One test of the contract. */
export interface ContractTest {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly run: (subject: Subject) => MaybePromise<void>;
}

/** Names the tests of one part of the contract. */
export function contract(needs: readonly Need[], tests: Record<string, ContractTest["run"]>): ContractTest[] {
  return Object.entries(tests).map(([name, run]) => ({ name, needs, run }));
}

/** Fields of an entry that a test cares about. */
export interface EntryFields {
  /** Milliseconds for which it is fresh. Default {@linkcode Subject.ttl}. */
  readonly ttl?: number;
  /** Milliseconds for which it is stale after that. Default 0. */
  readonly grace?: number;
  readonly tags?: readonly string[];
  readonly sequence?: number | undefined;
  readonly version?: string;
  readonly loadTime?: number;
  readonly profile?: string;
}

/** One open tier, with batches split at its `maxBatch`. */
export interface Handle {
  readonly tier: Tier;
  /** Prepares and writes one entry; answers the sequence. */
  put(key: string, value: unknown, fields?: EntryFields, lease?: number): Promise<number>;
  /** Prepares and writes entries. A Map is for keys such as `__proto__`. */
  putAll(values: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, fields?: EntryFields): Promise<void>;
  read(keys: readonly string[], options?: Partial<ReadOptions>): Promise<(Entry | undefined)[]>;
  /** The value under each key; `undefined` for a miss. */
  values(...keys: string[]): Promise<unknown[]>;
  /** Those of the keys that are hits, in order. */
  hits(keys: readonly string[]): Promise<string[]>;
  /** Reads one key with a lease of `ms`. */
  lease(key: string, ms?: number): Promise<number | undefined>;
  remove(...keys: string[]): Promise<boolean[]>;
  /** All keys that `scan` lists, sorted, each once. */
  scan(prefix?: string, limit?: number): Promise<string[]>;
  /** The invalidation sequence as a read tells it. */
  sequence(): Promise<number>;
}

/** The tier under test. */
export interface Subject extends Handle {
  readonly capabilities: Capabilities;
  readonly clock: FakeClock;
  readonly context: TierContext;
  /** A time to live that the tier can keep, in milliseconds: at least a minute and twice its `minTtl`. */
  readonly ttl: number;
  readonly given: ContractTier;
  now(): number;
  entry(value: unknown, fields?: EntryFields): Entry;
  /** Opens another tier over the same store. */
  second(): Promise<Handle>;
  /** Closes a tier that the suite opened, once. */
  close(tier: Tier): Promise<void>;
}

/** Whether the answer is a promise: on a synchronous face it must not be. */
export function isThenable(answer: unknown): boolean {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === "function";
}

/** Consecutive parts of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

/** The sequence of keys `prefix0000`, `prefix0001` and so on. */
export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(4, "0")}`);
}

// Pages of one key each through the largest store of the suite stay far below this.
const MOST_PAGES = 5000;

/** The {@linkcode Handle} on an open tier. */
export function handle(tier: Tier, clock: FakeClock, entry: Subject["entry"]): Handle {
  const maxBatch = tier.capabilities.maxBatch ?? Infinity;

  async function write(writes: readonly Write[]): Promise<number> {
    let sequence = 0;
    for (const part of chunks(writes, maxBatch)) {
      sequence = await tier.setMany(tier.prepare ? await tier.prepare(part) : part, clock.now());
    }
    return sequence;
  }

  const self: Handle = {
    tier,
    put: (key, value, fields, lease) =>
      write([{ key, entry: entry(value, fields), ...(lease !== undefined && { lease }) }]),
    async putAll(values, fields) {
      const pairs = values instanceof Map ? [...(values as ReadonlyMap<string, unknown>)] : Object.entries(values);
      await write(pairs.map(([key, value]) => ({ key, entry: entry(value, fields) })));
    },
    async read(keys, options) {
      const entries: (Entry | undefined)[] = [];
      for (const part of chunks(keys, maxBatch)) {
        const answer = await tier.getMany(part, { now: clock.now(), ...options });
        same(answer.entries.length, part.length, "getMany must answer for each key");
        entries.push(...answer.entries);
      }
      return entries;
    },
    async values(...keys) {
      return (await self.read(keys)).map((found) => found?.value);
    },
    async hits(keys) {
      const entries = await self.read(keys);
      return keys.filter((_, index) => entries[index] !== undefined);
    },
    async lease(key, ms = 10_000) {
      const { entries, leases } = await tier.getMany([key], { now: clock.now(), lease: ms });
      equal(entries, [undefined], "a key that is leased must be a miss");
      return leases?.[0];
    },
    async remove(...keys) {
      const answers: boolean[] = [];
      for (const part of chunks(keys, maxBatch)) answers.push(...(await tier.deleteMany(part, clock.now())));
      return answers;
    },
    async scan(prefix = "", limit = 100) {
      const keys = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await tier.scan!({ prefix, limit, now: clock.now(), ...(cursor !== undefined && { cursor }) });
        for (const key of answer.keys) keys.add(key);
        cursor = answer.cursor;
        if (cursor === undefined) return [...keys].sort();
      }
      throw new AssertionError(`scan must end: asked for ${MOST_PAGES} pages`);
    },
    async sequence() {
      const { sequence } = await tier.getMany([], { now: clock.now(), sequence: true });
      same(typeof sequence, "number", "a read must answer the sequence when it is asked for");
      return sequence!;
    },
  };
  return self;
}
