/**
 * The Tier contract: what a store must do to be part of a cache.
 *
 * A tier is batch-first and may answer with a value or a promise. It is finished by `defineTier`, which puts a time
 * budget and a breaker around it, so that a fault is a miss. `tiercel/testing` has the suite that a tier must pass.
 *
 * A store that can only keep bytes implements `Tier<Uint8Array>` and is wrapped by `bytes()` from `tiercel/bytes`,
 * which encodes on the way down and decodes on the way up.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Entry } from "./entry.ts";
import type { LogStore } from "./observe/log.ts";
import type { ProfileStore } from "./profiles/profile.ts";
import type { LayerCounters } from "./stats.ts";
import type { StoreFactory } from "./store.ts";

/** A value, or a promise of it. A tier whose `capabilities.sync` is true never returns the promise from its `sync` face. */
export type MaybePromise<T> = T | Promise<T>;

/** What a tier can do. What is left out has the default named here. The core asks these flags, never a tier's name. */
export interface Capabilities {
  /** Has a complete synchronous face in `sync`. Default `false`. */
  readonly sync?: boolean;
  /** Can list its keys (`scan`) and count them (`size`). Default `false`. */
  readonly keys?: boolean;
  /** Keeps tag sequences atomically, so it can be the authority for invalidation (`invalidate`). Default `false`. */
  readonly tags?: boolean;
  /** Keeps a journal of what was changed in it, so that caches above it can follow (`journal`). Default `false`. */
  readonly journal?: boolean;
  /** Hands out leases in the round trip of a read and refuses writes whose lease was revoked. Default `false`. */
  readonly leases?: boolean;
  /** An acknowledged write survives the death of the process. Default `false`. */
  readonly durable?: boolean;
  /** Other processes read and write the same entries. Default `false`. */
  readonly shared?: boolean;
  /** Is only read: the cache keeps its writes, deletions and invalidations to itself. Default `false`. */
  readonly readOnly?: boolean;
  /** Shares no bytes: has no use for those that it was given once it has answered, nor for those of its answer. Default `false`. */
  readonly copies?: boolean;
  /** Answers in less than about 50 µs without leaving the machine: no time budget by default. Default `false`. */
  readonly local?: boolean;
  /** Shortest time to live that the store can keep, in milliseconds; shorter entries are not written to it. Default 0. */
  readonly minTtl?: number;
  /** Largest key in bytes of UTF-8. Default `Infinity`. */
  readonly maxKeyBytes?: number;
  /** Largest encoded value in bytes. Default `Infinity`. */
  readonly maxValueBytes?: number;
  /** Most keys in one call; the core splits larger batches. Default `Infinity`. */
  readonly maxBatch?: number;
}

/** What the cache gives to a tier when it opens it. */
export interface TierContext {
  /** Name of the cache. */
  readonly cacheName: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The tier's counters. One that keeps its entries in this process (`usage`) counts `added` and `deletes` in them. */
  readonly counters?: Pick<LayerCounters, "added" | "deletes">;
  /** Tells the cache of an entry that left by itself. `entry` only where the tier has it at hand. */
  readonly removed: (key: string, reason: RemovalReason) => void;
  /** Tells the cache of a fault that the tier has already turned into a miss. */
  readonly report: (kind: "corrupt" | "fault", error: unknown, key?: string) => void;
}

/** Why an entry left a tier without being asked to. */
export type RemovalReason = "capacity" | "ttl" | "memory-pressure" | "corrupt";

/** One entry to write under one key. */
export interface Write<V = unknown> {
  readonly key: string;
  readonly entry: Entry<V>;
  /** Lease under which it was loaded: the tier stores it only while that lease stands. 0 never stands. */
  readonly lease?: number | undefined;
  /** The caller's choice of codec: one, or the id of one that the tier knows. */
  readonly codec?: Codec | string | undefined;
}

/** Options of a read. */
export interface ReadOptions {
  /** Milliseconds since the epoch, by the cache's clock. */
  readonly now: number;
  /** Values are not needed; the tier may leave `value` undefined. */
  readonly metaOnly?: boolean;
  /** Not a use: no effect on recency or counts. */
  readonly peek?: boolean;
  /** Ask for the invalidation sequence too (tiers with `tags`). */
  readonly sequence?: boolean;
  /**
   * Take a lease of this many milliseconds on every key without a fresh entry (tiers with `leases`). That there is none
   * and that nobody else has the lease is found out in one atomic step with taking it.
   */
  readonly lease?: number;
  /** With `lease`: on keys with a fresh entry as well, which are to be refreshed. */
  readonly refresh?: boolean;
}

/** Answer to a read. */
export interface ReadResult<V = unknown> {
  /**
   * In the order of the keys; `undefined` is a miss. Never an entry whose `staleUntil` is over or one of whose tags was
   * invalidated in `delete` mode; one invalidated in `expire` mode comes with `freshUntil` 0, which means just that.
   */
  readonly entries: readonly (Entry<V> | undefined)[];
  /** The invalidation sequence at the time of the read, when asked for. */
  readonly sequence?: number | undefined;
  /** When asked for: for each key a lease that was taken (above 0), or `undefined` where it is fresh or another holds one. */
  readonly leases?: readonly (number | undefined)[] | undefined;
}

/** Answer of {@linkcode Tier.inspect}. */
export interface TierInspection {
  readonly entry: Entry;
  /** Where its tags have ended it, how. */
  readonly state?: "stale" | "deleted";
  /** For each of its tags the sequence of the last invalidation; `Infinity` for one whose record is lost, which counts as invalidated. */
  readonly tagSequences: readonly number[];
}

/** Answer to a write. */
export interface WriteResult {
  /** The invalidation sequence that entries without one were written under (tiers with `tags`), else 0. */
  readonly sequence: number;
  /** Keys that were not stored, as the lease of their write no longer stood. Default none. */
  readonly refused?: readonly string[];
}

/** How an invalidation by tag acts: `delete` makes misses, `expire` makes entries stale. */
export type InvalidationMode = "delete" | "expire";

/** Which entries an invalidation by several tags hits: those with any, with all, or with exactly these tags. */
export type TagMatch = "any" | "all" | "exact";

/** An invalidation by tag. */
export interface TagInvalidation {
  readonly tags: readonly string[];
  readonly match: TagMatch;
  readonly mode: InvalidationMode;
  readonly now: number;
  /** The new sequence must be above this. */
  readonly after: number;
}

/** What was changed in a shared tier, for caches that may have old entries of it. Never with values. */
export type Change =
  | { readonly by: "keys"; readonly keys: readonly string[] }
  | { readonly by: "prefix"; readonly prefix: string }
  | {
      readonly by: "tags";
      readonly tags: readonly string[];
      readonly match: TagMatch;
      readonly mode: InvalidationMode;
      readonly sequence: number;
    };

/** Answer to a look into the journal. */
export interface JournalPage {
  /** Where the next look begins. */
  readonly position: number;
  /** The invalidation sequence at that position. */
  readonly sequence: number;
  /** What others than the asking tier changed since; `undefined` when that is not known any more, and all may have changed. */
  readonly changes: readonly Change[] | undefined;
}

/** One page of keys. */
export interface ScanOptions {
  readonly prefix: string;
  /** `cursor` of the page before; absent on the first. */
  readonly cursor?: string | undefined;
  /** About how many keys; a page may be shorter without being the last. */
  readonly limit: number;
  readonly now: number;
  /** List the keys without an entry on which somebody has a lease as well (tiers with `leases`). Default `false`. */
  readonly leased?: boolean;
}

/** One page of keys. */
export interface ScanResult {
  /** Keys of live entries: not expired, no tag invalidated (tiers with `tags`). In any order; a key may come twice. */
  readonly keys: readonly string[];
  /** Where the next page starts; `undefined` after the last. */
  readonly cursor?: string | undefined;
}

/** New deadlines for a key. */
export interface Touch {
  readonly key: string;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/**
 * The operations of a tier, generic in how they answer: {@linkcode Tier} has them with `MaybePromise`, its `sync` face
 * with plain values. Keys are whole: the cache has put its prefix before them.
 */
export interface TierOperations<V, A extends "async" | "sync"> {
  /** Reads a batch. */
  getMany(keys: readonly string[], options: ReadOptions): Answer<ReadResult<V>, A>;
  /**
   * Writes a batch, all or nothing where the store can. When it answers, a durable tier has the entries for good.
   * A write gives back the lease that it was loaded under, and one without revokes whatever lease its key has.
   */
  setMany(writes: readonly Write<V>[], now: number): Answer<WriteResult, A>;
  /** Deletes keys, and revokes their leases; answers for each whether a live entry was there. */
  deleteMany(keys: readonly string[], now: number): Answer<readonly boolean[], A>;
  /** Moves deadlines without reading values; answers for each whether a live entry was there. */
  touchMany?(touches: readonly Touch[], now: number): Answer<readonly boolean[], A>;
  /**
   * Removes every entry whose key starts with `prefix`, and never another, and revokes their leases.
   *
   * @param progress called by a store that removes them in parts when a part is done: its time budget begins anew
   */
  clear(prefix: string, now: number, progress?: () => void): Answer<void, A>;
  /** Removes at most `limit` expired entries; answers with their keys. */
  prune?(limit: number, now: number): Answer<readonly string[], A>;
  /** A page of keys (capability `keys`). */
  scan?(options: ScanOptions): Answer<ScanResult, A>;
  /** Number of live entries whose key starts with `prefix` (capability `keys`). */
  size?(prefix: string, now: number): Answer<number, A>;
  /**
   * Invalidates by tag (capability `tags`): one atomic step whose cost does not depend on the number of entries for
   * `match: "any"`. Answers with the new sequence: `max(sequence + 1, now, after + 1)`.
   */
  invalidate?(invalidation: TagInvalidation): Answer<number, A>;
  /**
   * What others changed after position `since`: entries written, touched and deleted, prefixes cleared, tags
   * invalidated (capability `journal`). The journal is bounded. Without `since` it only tells where it stands.
   */
  journal?(since?: number): Answer<JournalPage, A>;
  /** Gives leases back, or revokes whatever lease a key has when `lease` is left out (capability `leases`). */
  release?(leases: readonly { key: string; lease?: number }[]): Answer<void, A>;
}

/** How an operation answers on the asynchronous or synchronous face. */
export type Answer<T, A extends "async" | "sync"> = A extends "sync" ? T : MaybePromise<T>;

/** The synchronous face of a tier. */
export type SyncTier<V = unknown> = TierOperations<V, "sync">;

/** Bounds of a tier that keeps its entries in this process; one that is left out is what the tier was made with. */
export interface TierBounds {
  readonly maxEntries?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** How writes reach a tier: awaited, later, or not at all (it is filled by promotion only). */
export type WritePolicy = "through" | "behind" | "around";

/** What a user may set on any tier; every adapter takes these among its options. */
export interface TierOptions {
  /** Name in stats, events and `cache.tier(name)`. Default: the adapter's. */
  name?: string | undefined;
  /** Longest time to live in this tier: an entry's own or this, whichever is shorter. */
  ttl?: number | string | undefined;
  /** Default `"through"`. */
  write?: WritePolicy | undefined;
  /** Time budget of one operation. Default 2 s, none for tiers with capability `local`. */
  timeout?: number | string | undefined;
  /** When to stop asking a failing tier: after `failures` within `window`, for `cooldown`. `false` switches it off. Default 5, 10 s, 5 s. */
  breaker?:
    | false
    | {
        failures?: number | undefined;
        window?: number | string | undefined;
        cooldown?: number | string | undefined;
      }
    | undefined;
}

/** A store in a cache. */
export interface Tier<V = unknown> extends TierOperations<V, "async"> {
  /** Short name, unique in a cache. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** What the user set for this tier, for the cache to enforce. */
  readonly options?: TierOptions;
  /** Present where `capabilities.sync` is true. */
  readonly sync?: SyncTier<V>;
  /** The client or handle underneath, for what Tiercel does not cover. */
  readonly client?: unknown;
  /** Called once by `createCache`; throws on a configuration mistake. */
  open?(context: TierContext): MaybePromise<void>;
  /**
   * Does to a batch all that can fail because of a value (encoding, encryption, limits), before any tier is changed.
   * The answer goes to `setMany`.
   *
   * @throws {TiercelError} `CODEC`, `VALUE` or `TIER_LIMIT`
   */
  prepare?(writes: readonly Write[]): MaybePromise<readonly Write<V>[]>;
  /**
   * Fast path of the top tier: the value under `key`, if it is there, fresh, without a version, and (when it has tags)
   * written at a sequence not below `sequence`. Anything else is `undefined` and goes the long way.
   *
   * @param now where the caller has read the clock already
   */
  fresh?(key: string, sequence: number, now?: number): V | undefined;
  /**
   * Fast path of a tier that is alone: stores a value with nothing but its times. Missing where storing a value takes more, which goes
   * the long way.
   */
  readonly keep?:
    | ((key: string, value: V, createdAt: number, freshUntil: number, staleUntil: number) => void)
    | undefined;
  /** Set by `defineTier`: what it takes to guard the tier and to stack it with others. */
  readonly stack?: StoreFactory;
  /** Live numbers of a tier that keeps its entries in this process. */
  usage?(): { entries: number; bytes: number; maxEntries: number; maxBytes: number };
  /**
   * Changes the bounds of a tier that keeps its entries in this process. What is too much leaves at once, for reason `capacity`.
   *
   * @throws {ConfigError} for a bound that it cannot have, and then nothing has changed
   */
  resize?(bounds: TierBounds): void;
  /**
   * What is under a key, whatever it counts as, for `cache.explain`, where the tier knows more of it than `getMany` gives: the entry as it
   * was written, and what has become of its tags. Its value is left out.
   */
  inspect?(key: string): MaybePromise<TierInspection | undefined>;
  /** Gives up at most so many entries, the least valuable first, for reason `memory-pressure`. */
  shed?(limit: number): void;
  /** Where the tier can keep the logs of `tiercel/observe`: for all caches that share it. */
  readonly logs?: LogStore;
  /** Where the tier can keep profiles (`tiercel/profiles`): for all caches that share it. */
  readonly profiles?: ProfileStore;
  /** Flushes what was acknowledged and closes what the tier opened itself; a client given by the caller stays open. */
  close?(): MaybePromise<void>;
}

/** Turns values into bytes and back, at once. Decoding must never run code, and must throw on anything that encode did not make. */
export interface Codec {
  /** Stored with every value and decides how it is decoded; at most 32 characters of `a-z`, `0-9`, `-`. */
  readonly id: string;
  /** @throws {CodecError} when the value would not come back equal */
  encode(value: unknown): Uint8Array;
  /** @throws {CodecError} for what another program can decode, which is a miss that stays; any other error stands for damaged bytes */
  decode(bytes: Uint8Array): unknown;
}
