/**
 * The store: the tiers of a cache as a whole. A single memory tier is a store by itself (`solo.ts`); anything
 * else is a stack, which its tiers bring along (`defineTier`), so that a cache of memory alone does not carry it.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { type Entry, freshness, NO_TAGS } from "./entry.ts";
import type { TierError } from "./errors.ts";
import type { Flight, Held } from "./load/flight.ts";
import { repeat, then } from "./maybe.ts";
import type { CacheHealth, LayerCounters, TierStats } from "./stats.ts";
import type {
  Change,
  InvalidationMode,
  MaybePromise,
  ReadOptions,
  TagMatch,
  Tier,
  TierInspection,
  Touch,
  Write,
} from "./tier.ts";
import type { Request } from "./write.ts";

/** What a read found under one key. */
export interface Found {
  readonly entry: Entry;
  /** Name of the tier that had it. */
  readonly tier: string;
  readonly stale: boolean;
}

/** What a read of several keys found. */
export interface Findings {
  /** In the order of the keys. */
  readonly found: (Found | undefined)[];
  /** The invalidation sequence before the read ended: what a load that begins now is valid against. */
  readonly sequence: number;
  /** Where leases were asked for and are to be had: for each key one that was taken. */
  readonly leases?: readonly (number | undefined)[] | undefined;
  /** First fault on the way, with `onError: "throw"`: thrown where nothing else answers. */
  readonly fault?: TierError | undefined;
}

/** What one tier has under a key. */
export interface Inspected {
  readonly tier: string;
  readonly entry?: Entry | undefined;
  /** What is known besides: what has become of the tags, or how the tier failed. */
  readonly known?: Omit<TierInspection, "entry"> | { readonly state: "unavailable"; readonly error: string };
}

/** A list that is made page by page. */
export interface Pages {
  /** The next page, which may be empty; `undefined` after the last. */
  next(): MaybePromise<readonly string[] | undefined>;
}

/** How to read. */
export interface StoreReadOptions extends Pick<ReadOptions, "metaOnly" | "peek" | "sequence" | "lease" | "refresh"> {
  /** `false`: copy nothing up. */
  readonly promote?: boolean | undefined;
  /** Version that an entry must have; `null` takes any. */
  readonly version: string | undefined | null;
  /** Only this tier, or these. */
  readonly tier?: string | readonly string[] | undefined;
  /** When the call began that waits for it: from then on no longer than all budgets together. Default: the budget of each operation alone. */
  readonly since?: number | undefined;
}

/**
 * The tiers of a cache as a whole. Keys and tags are texts without the cache's prefix. A change that a tier failed in is
 * done in all others, and then rejects with that tier's `TierError` if `onError` is `"throw"`.
 */
export interface Store {
  /** In the order of the stack. */
  readonly tiers: readonly Tier[];
  /** Counters of the top tier, whose fast path is counted by the cache. */
  readonly counters: LayerCounters;
  read(keys: readonly string[], options: StoreReadOptions): MaybePromise<Findings>;
  /**
   * Writes to every tier.
   *
   * @param ticket of a load, which is stored only where it still passes the fence; without one it is a mutation
   * @param tiers the only ones that are written to
   * @param call that several loads belong to, each with a single write: what they bring at the same moment may be stored together
   * @throws {TiercelError} before anything is changed, when a value cannot be stored
   */
  write(writes: readonly Write[], ticket?: number, tiers?: readonly string[], call?: object): MaybePromise<void>;
  /** Stores a value with nothing but its times, as a mutation. Only of one tier, and to be called only where that has it too. */
  keep?(...entry: Parameters<NonNullable<Tier["keep"]>>): void;
  /** Deletes from every tier, or from one; says for each key whether a live entry was in any. */
  delete(keys: readonly string[], tier?: string): MaybePromise<readonly boolean[]>;
  /** Moves the deadlines of a key in every tier; says whether a live entry was in any. */
  touch(touch: Touch): MaybePromise<boolean>;
  /** Removes every key that begins with `prefix` from every tier, or from one. */
  clear(prefix: string, tier?: string): MaybePromise<void>;
  /** Invalidates by tag; answers with the sequence. */
  invalidate(tags: readonly string[], match: TagMatch, mode: InvalidationMode): MaybePromise<number>;
  /**
   * Live keys that begin with `prefix`, page by page, each once.
   *
   * @param complete whether it must be all of them, those that are being loaded included
   * @throws {TierError} when it must and a tier cannot list its keys
   */
  pages(prefix: string, tier?: string, complete?: boolean): Pages;
  /** Number of live keys of the space with this `prefix`, where it can be told without listing them. */
  count?(prefix: string, tier?: string): MaybePromise<number | undefined>;
  /** Removes expired entries, in at most `steps` steps of bounded size for each tier; answers with their keys. */
  prune(steps: number): MaybePromise<readonly string[]>;
  stats(): TierStats[];
  resetStats(): void;
  /** Asks every tier for a key that no cache has, and with `entries` for their number. */
  health(entries?: boolean): MaybePromise<CacheHealth>;
  /** What every tier has under a key, whatever it counts as. */
  inspect(key: string): MaybePromise<readonly Inspected[]>;
  close(): MaybePromise<void>;
  /** Only where a shared tier gives leases. */
  readonly leases?: Leases | undefined;
  /** Only where a shared tier keeps a journal: looks into it now, whenever the last look was. */
  readonly look?: (() => MaybePromise<void>) | undefined;
  /** Only in a stack: takes what others have changed out of the tiers that they do not see. */
  drop?(changes: readonly Change[]): MaybePromise<void>;
  /** Only with a bus: tells others to delete all keys of the space with this `prefix` that fit a pattern. */
  tell?(prefix: string, pattern: string | RegExp): void;
}

/** Who may load a key, among all processes that share a tier. */
export interface Leases {
  /**
   * A lease on a key, whatever is there, as a read gives it: where another has it, one that never stands, unless the request is forced,
   * which takes it away. `undefined` for a request that wants none.
   */
  take(request: Request): MaybePromise<readonly number[] | undefined>;
  /**
   * Ends when this process may load the key, or has no need to any more.
   *
   * @param first what was found before
   * @throws {LoadTimeoutError} when another takes too long and `onLeaseTimeout` is `"throw"`; the reason of a flight that was aborted
   */
  claim(request: Request, first: Findings, flight: Flight): Promise<Claim>;
  /** Whether a load whose value is not to be kept makes outdated what is there: not where another process has set that since. */
  outdates(request: Request, flight: Held): MaybePromise<boolean>;
  /** Gives a lease back in the background; without one, revokes whatever lease the key has. */
  release(text: string, lease?: number): void;
  /** Others have changed these keys, or any: whoever waits for them looks now. */
  wake(keys?: readonly string[]): void;
}

/** How {@linkcode Leases.claim} ended: with a lease to load under, or without, and then what was found is to be served. */
export interface Claim {
  readonly findings: Findings;
  readonly lease?: number;
}

/** Makes a store of several tiers. */
export type StoreFactory = (tiers: readonly Tier[], engine: Engine) => Store;

/** Does something with every page. */
export function eachPage(pages: Pages, visit: (page: readonly string[]) => MaybePromise<unknown>): MaybePromise<void> {
  return repeat(() => then(pages.next(), (page) => (page ? then(visit(page), () => true) : false)));
}

/** What an entry that a tier gave counts as now; `undefined` is a miss. */
export function judge(
  entry: Entry | undefined,
  version: string | undefined | null,
  engine: Engine,
  now: number,
): "fresh" | "stale" | undefined {
  if (!entry || (version !== null && entry.version !== version)) return undefined;
  const state = freshness(entry, now);
  const verdict = engine.ledger.check(entry);
  return state === "expired" || verdict === "deleted" ? undefined : verdict === "expired" ? "stale" : state;
}

/** Whether an invalidation by several tags hits an entry. */
export function hasTags(entry: Entry, tags: readonly string[], match: TagMatch): boolean {
  return tags.every((tag) => entry.tags.includes(tag)) && (match === "all" || entry.tags.length === tags.length);
}

/** Tagged entries without a sequence get this one. */
export function sequenced(writes: readonly Write[], sequence: number): readonly Write[] {
  if (writes.every(({ entry }) => entry.tags === NO_TAGS || entry.sequence !== undefined)) return writes;
  return writes.map((write) => ({ ...write, entry: { ...write.entry, sequence: write.entry.sequence ?? sequence } }));
}
