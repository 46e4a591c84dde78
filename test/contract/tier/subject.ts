/**
 * The tier under test, with what the contract's tests do to it again and again.
 *
 * @module
 */
import type { Entry } from "../../../src/entry.ts";
import type {
  Capabilities,
  MaybePromise,
  ReadOptions,
  Tier,
  TierContext,
  Write,
  WriteResult,
} from "../../../src/tier.ts";
import { AssertionError, ok, same } from "../assert.ts";
import type { FakeClock } from "../fake-clock.ts";

/** A tier to test, and what else the factory of the tier contract can give with it. */
export interface ContractTier {
  /** Not opened yet, over a store that is empty and that no other test uses. The suite opens and closes it. */
  readonly tier: Tier;
  /**
   * Makes another tier over the same store, not opened. With it the suite tests that durable tiers keep their entries
   * after a close, that two openers of a shared store agree, and that each finds the other's changes in the journal.
   */
  readonly reopen?: (() => MaybePromise<Tier>) | undefined;
  /** Makes the store forget the records of these tags, as an eviction in the store would, where that can happen. */
  readonly loseTags?: ((tags: readonly string[]) => MaybePromise<void>) | undefined;
  /** Makes the journal forget all changes so far, by so many others that it drops them, where it is bounded. */
  readonly flood?: (() => MaybePromise<void>) | undefined;
  /** Called last, after all tiers are closed. */
  readonly dispose?: (() => MaybePromise<void>) | undefined;
}

/** What a test may ask for beside the tier; it passes untried on a tier without. */
export type Need =
  | "keys"
  | "tags"
  | "journal"
  | "leases"
  | "sync"
  | "durable"
  | "shared"
  | "prepare"
  | "copies"
  | "touchMany"
  | "prune"
  | "fresh"
  | "keep"
  | "usage"
  | "reopen"
  | "loseTags"
  | "flood";

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
  /** Prepares and writes; answers the last sequence, and all keys that were refused. */
  write(writes: readonly Write[]): Promise<Required<WriteResult>>;
  /** Prepares and writes one entry; answers the sequence. */
  put(key: string, value: unknown, fields?: EntryFields, lease?: number): Promise<number>;
  /** Prepares and writes entries. A Map is for keys such as `__proto__`. */
  putAll(values: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, fields?: EntryFields): Promise<void>;
  read(keys: readonly string[], options?: Partial<ReadOptions>): Promise<(Entry | undefined)[]>;
  /** The value under each key; `undefined` for a miss. */
  values(...keys: string[]): Promise<unknown[]>;
  /** Those of the keys that are hits, in order. */
  hits(keys: readonly string[]): Promise<string[]>;
  /** Reads keys with a lease of ten seconds on each; answers the leases that were given. */
  leaseAll(keys: readonly string[], options?: Partial<ReadOptions>): Promise<(number | undefined)[]>;
  /** {@linkcode Handle.leaseAll} of one key. */
  lease(key: string, options?: Partial<ReadOptions>): Promise<number | undefined>;
  remove(...keys: string[]): Promise<boolean[]>;
  /** All keys that `scan` lists, sorted, each once. */
  scan(prefix?: string, limit?: number, leased?: boolean): Promise<string[]>;
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

  const self: Handle = {
    tier,
    async write(writes) {
      let sequence = 0;
      const refused: string[] = [];
      for (const part of chunks(writes, maxBatch)) {
        const answer = await tier.setMany(tier.prepare ? await tier.prepare(part) : part, clock.now());
        same(typeof answer.sequence, "number", "setMany must answer the sequence");
        sequence = answer.sequence;
        for (const key of answer.refused ?? []) {
          const isLeased = part.some((write) => write.key === key && write.lease !== undefined);
          ok(isLeased, `only a write with a lease may be refused, not that of ${JSON.stringify(key)}`);
          refused.push(key);
        }
      }
      return { sequence, refused };
    },
    async put(key, value, fields, lease) {
      const { sequence } = await self.write([{ key, entry: entry(value, fields), lease }]);
      return sequence;
    },
    async putAll(values, fields) {
      const pairs = values instanceof Map ? [...(values as ReadonlyMap<string, unknown>)] : Object.entries(values);
      await self.write(pairs.map(([key, value]) => ({ key, entry: entry(value, fields) })));
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
    async leaseAll(keys, options) {
      const given: (number | undefined)[] = [];
      for (const part of chunks(keys, maxBatch)) {
        const now = clock.now();
        const { entries, leases } = await tier.getMany(part, { now, lease: 10_000, ...options });
        same(leases?.length, part.length, "a read with leases must answer for each key");
        for (const [index, lease] of leases!.entries()) {
          const isFresh = entries[index] !== undefined && entries[index].freshUntil > now;
          ok(lease === undefined || lease > 0, "a lease must be above 0");
          ok(lease === undefined || !isFresh || options?.refresh, "an answer with a fresh entry must give no lease");
        }
        given.push(...leases!);
      }
      return given;
    },
    async lease(key, options) {
      const [lease] = await self.leaseAll([key], options);
      return lease;
    },
    async remove(...keys) {
      const answers: boolean[] = [];
      for (const part of chunks(keys, maxBatch)) answers.push(...(await tier.deleteMany(part, clock.now())));
      return answers;
    },
    async scan(prefix = "", limit = 100, leased = false) {
      const keys = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const page = { prefix, limit, now: clock.now(), ...(leased && { leased }) };
        const answer = await tier.scan!({ ...page, ...(cursor !== undefined && { cursor }) });
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
