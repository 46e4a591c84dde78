/**
 * Options of a cache and of its calls, checked once and frozen.
 *
 * @module
 */
import type { Bus } from "./bus/bus.ts";
import { type Clock, hasTimers, systemClock } from "./clock.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { NO_TAGS } from "./entry.ts";
import { callable, invalid, methods, oneOf } from "./errors.ts";
import { type Key, UNUSABLE } from "./key.ts";
import type { StandardSchema } from "./schema.ts";
import type { AnyScopes, NoScopes, ScopeRules } from "./scope/types.ts";
import type { Codec, Tier, TierOptions } from "./tier.ts";

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
  /** Keeps a runtime alive until background work is done (Workers' `ctx.waitUntil`). */
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

/** {@linkcode FreshnessOptions} in milliseconds, complete. */
export interface Lifetimes {
  readonly ttl: number;
  readonly grace: number;
  readonly swr: number;
  readonly jitter: number;
  readonly softTimeout: number;
  readonly hardTimeout: number;
  readonly refreshAhead: number;
  readonly earlyRefresh: number;
  readonly negativeTtl: number;
  readonly lease: number;
  /** Below 0: twice the lease. */
  readonly leaseTimeout: number;
}

const NO_LIFETIMES: Lifetimes = {
  ttl: Infinity,
  grace: 0,
  swr: 0,
  jitter: 0,
  softTimeout: Infinity,
  hardTimeout: Infinity,
  refreshAhead: 0,
  earlyRefresh: 0,
  negativeTtl: 0,
  lease: 10_000,
  leaseTimeout: -1,
};

/** The greatest value of those that are no durations. */
const NUMBERS: Record<string, number> = { jitter: 1, refreshAhead: 1, earlyRefresh: Infinity };

/** Whether an option is one of {@linkcode Lifetimes}. */
export function isLifetime(option: string): boolean {
  return Object.hasOwn(NO_LIFETIMES, option);
}

/** The options of a cache, complete, checked and frozen. */
export interface Resolved extends Lifetimes {
  readonly name: string;
  readonly prefix: string;
  readonly scopes?: object | undefined;
  readonly version?: string | undefined;
  readonly tags: readonly string[];
  readonly profile?: string | undefined;
  readonly codec?: Codec | string | undefined;
  readonly onError: "degrade" | "throw";
  readonly onLeaseTimeout: OnLeaseTimeout;
  readonly coherence: number;
  readonly bus?: Bus | undefined;
  readonly sweepInterval: number;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws {ConfigError} naming the option that is wrong */
export function resolveOptions(options: CacheOptions<AnyScopes>): Resolved {
  const { name = "default", prefix = "", onError = "degrade", clock = systemClock, random = Math.random } = options;
  const { sweepInterval = hasTimers() ? 60_000 : 0, coherence = 1_000, onLeaseTimeout = "run" } = options;
  if (typeof name !== "string" || !/^[\w.-]{1,64}$/.test(name))
    throw invalid("name", "1 to 64 of A-Z a-z 0-9 . _ -", name);
  if (typeof prefix !== "string" || UNUSABLE.test(prefix))
    throw invalid("prefix", "a string without NUL and lone surrogates", prefix);
  oneOf("onError", ["degrade", "throw"], onError);
  if (options.scopes !== undefined) rulesOf(options);
  checkLeaseTimeout(onLeaseTimeout);
  const { version, profile, codec, waitUntil, tags = NO_TAGS } = options;
  if (version !== undefined && typeof version !== "string") throw invalid("version", "a string", version);
  if (profile !== undefined) checkProfile(profile);
  if (typeof codec !== "string") methods("codec", codec, "encode", "decode");
  checkTags(tags);
  if (waitUntil !== undefined) callable("waitUntil", waitUntil);
  methods("bus", options.bus, "attach");
  methods("logger", options.logger, "warn", "error");
  callable("random", random);
  methods("clock", clock, "now", "setTimer", "clearTimer");
  return Object.freeze({
    ...options,
    ...resolveLifetimes(options, NO_LIFETIMES),
    name,
    prefix,
    onError,
    onLeaseTimeout,
    tags: Object.freeze([...tags]),
    coherence: span("coherence", coherence),
    sweepInterval: span("sweepInterval", sweepInterval),
    clock,
    random,
  });
}

/** @throws {ConfigError} for tags that cannot be those of every entry */
export function checkTags(tags: unknown): void {
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string" || tag === "" || UNUSABLE.test(tag)))
    throw invalid("tags", "an array of non-empty strings without NUL and lone surrogates", tags);
}

/** @throws {ConfigError} for a name that no profile can have */
export function checkProfile(name: unknown): void {
  if (typeof name !== "string" || name === "" || name.length > 64 || UNUSABLE.test(name))
    throw invalid("profile", "1 to 64 characters without NUL and lone surrogates", name);
}

/** @throws {ConfigError} for a wrong `onLeaseTimeout` */
export function checkLeaseTimeout(value: unknown): void {
  oneOf("onLeaseTimeout", ["run", "throw", "stale"], value);
}

/** @throws {ConfigError} for scopes that `defineScopes` has not made */
export function rulesOf({ scopes }: { scopes?: object | undefined }): ScopeRules {
  if (!(scopes as ScopeRules | undefined)?.enter) throw invalid("scopes", "made by defineScopes", scopes);
  return scopes as ScopeRules;
}

/** Before the keys and tags of a cache in tiers that it may share with others: no such text is the beginning of another. */
export function sharedPrefix({ name, prefix }: Resolved): string {
  return prefix === "" ? `${name}:` : `${name}/${encodeURIComponent(prefix)}:`;
}

/**
 * Lifetimes of a call over the cache's own.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function resolveLifetimes(options: LoadOptions | CacheOptions, defaults: Lifetimes): Lifetimes {
  // Most calls set none.
  let lifetimes: Record<string, number> | undefined;
  for (const option in options) {
    if (!(option in NO_LIFETIMES)) continue;
    const value = options[option as keyof Lifetimes];
    // A function of the value is asked when there is one.
    if (value === undefined || (typeof value === "function" && defaults !== NO_LIFETIMES)) continue;
    const most = NUMBERS[option];
    lifetimes ??= { ...defaults };
    lifetimes[option] =
      option === "ttl"
        ? toMilliseconds(value as Duration, option)
        : most
          ? number(option, value, most)
          : span(option, value === false ? 0 : (value as Duration));
  }
  return (lifetimes as unknown as Lifetimes) ?? defaults;
}

/**
 * The longest stay in a tier, in milliseconds.
 *
 * @throws {ConfigError} for a wrong `ttl` or `write`
 */
export function tierTtl({ ttl = Infinity, write = "through" }: TierOptions): number {
  const milliseconds = toMilliseconds(ttl, "ttl");
  if (milliseconds <= 0) throw invalid("ttl", "above 0", ttl);
  oneOf("write", ["through", "behind", "around"], write);
  return milliseconds;
}

function span(option: string, value: Duration): number {
  return number(option, toMilliseconds(value, option));
}

/** @throws {ConfigError} unless the value is a number from 0 to `most` */
export function number(option: string, value: unknown, most: number = Infinity): number {
  if (typeof value === "number" && value >= 0 && value <= most) return value;
  throw invalid(option, `from 0 to ${most}`, value);
}
