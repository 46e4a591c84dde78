/**
 * Options of a cache and of its calls, as their users give them.
 *
 * @module
 */
import type { Bus } from "./bus/bus.ts";
import type { Clock } from "./clock.ts";
import type { Duration } from "./duration.ts";
import type { Key } from "./key.ts";
import type { StandardSchema } from "./schema.ts";
import type { AnyScopes, NoScopes } from "./scope/types.ts";
import type { Codec, Tier } from "./tier.ts";

/** How long an entry lives and when it is made anew; on a cache the defaults, on a call for that call. */
export interface FreshnessOptions {
  /** Time to live: how long the value is fresh. Default `"forever"`. 0 or less: not cached, an existing entry is deleted. */
  ttl?: Duration | undefined;
  /** How long after `ttl` an old value may be served when the load fails or takes longer than `softTimeout`. Default 0. */
  grace?: Duration | undefined;
  /** How long after `ttl` the old value is served at once while a new one is loaded in the background. Default 0. */
  swr?: Duration | undefined;
  /** Shortens each ttl by a random part up to this fraction, 0 to 1, so that entries made together do not expire together. Default 0. */
  jitter?: number | undefined;
  /** When an old value is at hand (`grace`), how long to wait for the loader before it is served. Default `Infinity`. */
  softTimeout?: Duration | undefined;
  /** How long a loader may take before its callers get the old value, or a `LoadTimeoutError`. Default `Infinity`. */
  hardTimeout?: Duration | undefined;
  /** A hit later than this fraction of the ttl, 0 to 1, is served and refreshed in the background. Default: off. */
  refreshAhead?: number | undefined;
  /**
   * Probabilistic early refresh: the closer to expiry and the slower the last load, the likelier a hit refreshes in the
   * background. The value is β; 1 is the optimum of Vattani, Chierichetti, Lowenstein: "Optimal Probabilistic Cache
   * Stampede Prevention" (VLDB 2015), more is earlier. Default: off.
   */
  earlyRefresh?: number | undefined;
  /** How long a failed load is remembered, and its error thrown to callers without a new load. Default 0. */
  negativeTtl?: Duration | undefined;
  /**
   * Where a shared tier gives leases, only one process at a time loads a key, and what it brings is refused when the key was
   * mutated meanwhile, by whomever. This is how long a load may take before another process may begin its own.
   * `false` or 0 switches both off. Default `"10s"`.
   */
  lease?: Duration | false | undefined;
  /**
   * How long to wait for the load of another process. Default: twice as long as `lease`, in which a holder that dies and the one
   * that replaces it both have their time.
   */
  leaseTimeout?: Duration | undefined;
  /**
   * What a call does that has waited for so long: take the lease away and load (`"run"`), fail with a
   * `LoadTimeoutError` (`"throw"`), or serve the old value within its grace, and load if there is none (`"stale"`). Default `"run"`.
   */
  onLeaseTimeout?: OnLeaseTimeout | undefined;
}

/** See {@linkcode FreshnessOptions.onLeaseTimeout}. */
export type OnLeaseTimeout = "run" | "throw" | "stale";

/** Writes messages somewhere; `console` fits. */
export interface Logger {
  debug?(message: string, detail?: unknown): void;
  warn(message: string, detail?: unknown): void;
  error(message: string, detail?: unknown): void;
}

/** Options of `createCache`. */
export interface CacheOptions<S extends AnyScopes = NoScopes, T extends readonly Tier[] = readonly Tier[]>
  extends FreshnessOptions {
  /** Name of the cache: in stats, and before its keys in tiers that it may share with others. Letters, digits, `.`, `_`, `-`. Default `"default"`. */
  name?: string | undefined;
  /** From the fastest to the slowest. Default: one `memory()`. */
  tiers?: T | undefined;
  /** Before every key in shared tiers, after the name. Changing it (`"v2:"`) invalidates all that was there. Default `""`. */
  prefix?: string | undefined;
  /** Hierarchy of scopes, made by `defineScopes`, for `cache.scope`. Default none. */
  scopes?: S | undefined;
  /** Bound of the default memory tier; only without `tiers`. Default 10,000. */
  maxEntries?: number | undefined;
  /** Version that entries are written and read with: another version is a miss. */
  version?: string | undefined;
  /** Tags of every entry that is written, besides those of the call; in a namespace or scope they are tags of its own. Default none. */
  tags?: readonly string[] | undefined;
  /** Name that every entry is marked with, for `meta` and for `clear({ profile })`: 1 to 64 characters. Default: none. */
  profile?: string | undefined;
  /** Codec for byte tiers, over the tier's own default: a codec, or the id of one that the tiers know. */
  codec?: Codec | string | undefined;
  /** What a fault of a tier does: counted and reported (`"degrade"`), or thrown as well where no other tier could answer (`"throw"`). Default `"degrade"`. */
  onError?: "degrade" | "throw" | undefined;
  /**
   * How long after a change in a shared tier that keeps a journal (SQLite) another process's memory may still serve what was
   * there before. 0 looks into the journal at every call, `"forever"` leaves it to a bus. Default `"1s"`.
   */
  coherence?: Duration | undefined;
  /** Tells other caches of the same name and prefix of each change, and is told of theirs: `broadcastBus()`, `pollingBus()`. Default: none. */
  bus?: Bus | undefined;
  /** How often expired entries are removed in the background. 0 is off. Default `"1m"`, off where the runtime forbids timers. */
  sweepInterval?: Duration | undefined;
  /** Keeps a runtime alive until background work is done (Workers' `ctx.waitUntil`). One that throws or rejects is an `error` event. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Default: silent. */
  logger?: Logger | undefined;
  /** Default: the system's, made monotonic. */
  clock?: Clock | undefined;
  /** Uniform in [0, 1), for jitter and early refresh. Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** Options of every asynchronous call. */
export interface CallOptions {
  /** Aborts the caller's waiting; others who wait for the same are left alone. */
  signal?: AbortSignal | undefined;
}

/** An entry that is about to be served. */
export interface Candidate<V = unknown> {
  /** What the caller would get. */
  readonly value: V;
  /** When it was made, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** How long ago that is, in milliseconds. */
  readonly age: number;
}

/** What an entry must be to be served, whatever tier it comes from. */
// biome-ignore lint/suspicious/noExplicitAny: options without a type of value serve for any.
export interface Acceptance<V = any> {
  /** Schema that values must fit; the caller gets what the schema gives back. What is stored stays as it is. Default: none. */
  schema?: StandardSchema<V> | undefined;
  /** What a hit that does not fit the schema is: a miss, or a `ValidationError`. Default `"miss"`. */
  onInvalid?: "miss" | "throw" | undefined;
  /** Whether a hit may be served; one that may not is a miss. Default: each may. */
  validate?: ((entry: Candidate<V>, context: ValueContext) => boolean | Promise<boolean>) | undefined;
}

/**
 * Options of a read.
 *
 * @typeParam D what is returned on a miss
 */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export interface GetOptions<V = any, D = undefined> extends CallOptions, Acceptance<V> {
  /** Returned on a miss. Default `undefined`. */
  default?: D | undefined;
  /** `false`: do not copy what is found below into the tiers above. Default `true`. */
  promote?: boolean | undefined;
  /** Version that the entry must have. Default: the cache's. */
  version?: string | undefined;
}

/** Options of a read, whatever its value. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type AnyGetOptions = GetOptions<any, unknown>;

/** What a function of a value is told besides it. */
export interface ValueContext {
  readonly key: Key;
}

/** Options of a write. */
export interface SetOptions<V = unknown> extends CallOptions {
  /** Time to live, or a function of the value. Default: the cache's. */
  ttl?: Duration | ((value: V, context: ValueContext) => Duration) | undefined;
  /** See {@linkcode FreshnessOptions.grace}. */
  grace?: Duration | undefined;
  /** See {@linkcode FreshnessOptions.swr}. */
  swr?: Duration | undefined;
  /** See {@linkcode FreshnessOptions.jitter}. */
  jitter?: number | undefined;
  /** Tags, or a function of the value. */
  tags?: readonly string[] | ((value: V, context: ValueContext) => readonly string[]) | undefined;
  /** Whether the value is stored. One that is not makes what was under the key outdated: that is deleted. Default: each is. */
  shouldCache?: ((value: V, context: ValueContext) => boolean) | undefined;
  /** Version of the value's shape. Default: the cache's. */
  version?: string | undefined;
  /** Codec for this write: a codec, or the id of one that the tiers know. */
  codec?: Codec | string | undefined;
}

/** Options of `getOrSet`. A load whose value does not fit the `schema` has failed, with a `ValidationError`. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export interface LoadOptions<V = any>
  extends SetOptions<V>,
    Acceptance<V>,
    Omit<FreshnessOptions, "ttl" | "grace" | "swr" | "jitter"> {
  /** Keeps a runtime alive until background work is done. Default: the cache's. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** {@linkcode LoadOptions} with a schema that makes of what is loaded (`R`) what callers get (`V`). */
export interface FittedLoadOptions<V, R>
  extends Omit<LoadOptions<R>, "schema" | "validate">,
    Pick<Acceptance<V>, "validate"> {
  schema: StandardSchema<V>;
}
