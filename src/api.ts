/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The cache as its users see it.
 *
 * @module
 */
import type { Duration } from "./duration.ts";
import type { EventName, Listener } from "./events.ts";
import type { AnyFunction, Fitted, FittedWrapOptions, ScopeBinding, WrapOptions, Wrapped } from "./functions/types.ts";
import type { Key } from "./key.ts";
import type { LoadContext, Loader } from "./load/loader.ts";
import type { CallOptions, FittedLoadOptions, GetOptions, LoadOptions, SetOptions } from "./options.ts";
import type {
  AnyScopes,
  InScope,
  InvalidateScopeOptions,
  MaybeInScope,
  NoScopes,
  ScopeIds,
  ScopeOptions,
  ScopeParams,
  ScopePath,
} from "./scope/types.ts";
import type { Settings } from "./settings.ts";
import type { CacheHealth, CacheStats } from "./stats.ts";
import type { InvalidationMode, TagMatch, Tier } from "./tier.ts";

/** What is known about an entry, without its value. Times are milliseconds since the epoch. */
export interface EntryMeta {
  readonly key: Key;
  /** Name of the tier that had it. */
  readonly tier: string;
  /** When the value was made; of one that was set without an end, this may be when that turn of the event loop began. */
  readonly createdAt: number;
  /** Milliseconds until it is stale; `Infinity` never, 0 or less already. */
  readonly ttl: number;
  readonly stale: boolean;
  readonly tags: readonly string[];
  readonly version: string | undefined;
  readonly codec: string | undefined;
  readonly profile: string | undefined;
  /** Bytes of the value in that tier, where it knows. */
  readonly size: number | undefined;
}

/** A hit with what is known about it. */
export interface CacheEntry<V = unknown> extends EntryMeta {
  readonly value: V;
}

/** One item of `setMany`: its own options win over the shared ones. The scope is that of all items. */
// biome-ignore lint/suspicious/noExplicitAny: the values of one batch may be of different types.
export interface SetItem<V = any> extends Omit<SetOptions<V>, "signal"> {
  readonly key: Key;
  readonly value: V;
}

/**
 * Makes the values of the keys that missed: a `Map` by the very `keys` that it is given, or an array in their order; what it leaves out
 * stays a miss.
 */
export type ManyLoader<V = unknown, K extends Key = Key> = (
  keys: readonly K[],
  context: Pick<LoadContext, "signal">,
) => ReadonlyMap<Key, V> | readonly (V | undefined)[] | Promise<ReadonlyMap<Key, V> | readonly (V | undefined)[]>;

/** Which part of the keys. */
export interface ListOptions extends CallOptions {
  /** Glob (`*`, `?`, `[abc]`) or regular expression over the key; an array key is matched as its JSON. */
  pattern?: string | RegExp | undefined;
  /** Only this tier. Default: all, merged. */
  tier?: string | undefined;
  /** At most so many. Default: no limit. */
  limit?: number | undefined;
}

/** What one tier has under a key, and why that is a hit or not; with what is known of the entry where there is one. */
export interface TierExplanation extends Partial<Omit<EntryMeta, "stale">> {
  readonly tier: string;
  /**
   * `fresh` is a hit. `stale`: its ttl is over or a tag expired it, and only `getOrSet` may serve it. `expired`: its grace is over too.
   * `deleted`: by one of its tags. `version`: another one than the cache's. `absent`: nothing that the tier would give, since it
   * has nothing, or has removed it. `unavailable`: the tier failed, or its breaker is open.
   */
  readonly state: "fresh" | "stale" | "expired" | "deleted" | "version" | "absent" | "unavailable";
  /** Milliseconds until it may not be served any more, stale or not. */
  readonly grace?: number;
  /** The invalidation sequence that it was written under. */
  readonly sequence?: number | undefined;
  /** The sequence of the last invalidation of each of its tags that this process knows, those of its scopes first: a higher one than its own invalidates it. */
  readonly tagSequences?: readonly number[];
  /** Why the tier is unavailable. */
  readonly error?: string | undefined;
}

/** Options of `cache.health`. */
export interface HealthOptions extends CallOptions {
  /** Have every tier that can count its entries, which takes a look at each in some. Memory tells them always. Default `false`. */
  entries?: boolean | undefined;
}

/** What `cache.explain(key)` answers; `inWords` of `tiercel/observe` says it in words. */
export interface Explanation {
  readonly key: Key;
  /** The key as it stands in the tiers. */
  readonly text: string;
  /** When this was so, in milliseconds since the epoch. */
  readonly now: number;
  /** Whether the cache or some tags are switched off. */
  readonly disabled: boolean;
  /** From the top. */
  readonly tiers: readonly TierExplanation[];
}

/** How tags are matched. */
export interface InvalidateTagsOptions extends CallOptions {
  /** Entries with any, with all, or with exactly these tags. Default `"any"`. */
  match?: TagMatch | undefined;
  /** `"delete"`: misses at once. `"expire"`: stale, so that `grace` and `swr` may serve them while they are refreshed. Default `"delete"`. */
  mode?: InvalidationMode | undefined;
}

/** Which entries, of those of a cache, namespace or scope: all that meet every condition. */
export interface ClearOptions {
  /** Only what is in this tier, and only there. Default: all. */
  tier?: string | undefined;
  /** Only entries with these tags. */
  tags?: string | readonly string[] | undefined;
  /** Entries with any, with all, or with exactly these tags. Default `"any"`. */
  match?: TagMatch | undefined;
  /** Only entries that were written under this profile. */
  profile?: string | undefined;
  /** Only results of the function that was wrapped under this name. */
  fn?: string | undefined;
  /** Only entries that were written with this ttl, and without `jitter`. */
  ttl?: Duration | undefined;
}

/** What is switched off or on: what has one of these tags. Default: everything. */
export interface TagChoice {
  tags?: string | readonly string[] | undefined;
}

/** Something that is switched off. */
export interface Disabled {
  /** Switches it on again, once. */
  enable(): void;
  /** The same, at the end of a block with `using`. */
  [Symbol.dispose](): void;
}

/** Makes the value of a key at once. */
export type SyncLoader<V = unknown, Old = V> = (context: Omit<LoadContext<Old>, "signal">) => V;

/** As {@linkcode ManyLoader}, at once. */
export type SyncManyLoader<V = unknown, K extends Key = Key> = (
  keys: readonly K[],
) => ReadonlyMap<Key, V> | readonly (V | undefined)[];

/** Options without what only waiting calls have. */
export type Now<O> = Omit<O, "signal" | "softTimeout" | "hardTimeout" | "leaseTimeout" | "onLeaseTimeout">;

/**
 * The synchronous face of a cache, where every tier has one (memory, SQLite, Durable Objects): the same engine, and the same
 * promises. What the asynchronous face rejects with, it throws. It cannot wait, so a load joins no other, and where another process
 * has the lease of the key, what it loads is returned but not stored.
 */
export interface SyncCache<S extends AnyScopes = NoScopes, Known extends string = never> {
  /** In the scope that is among the options. */
  get<V>(key: Key, options: Now<GetOptions<V, V>> & { default: V } & InScope<S, Known>): V;
  get<V>(key: Key, options: Now<GetOptions<V, null>> & { default: null } & InScope<S, Known>): V | null;
  get<V, D>(key: Key, options: Now<GetOptions<V, D>> & { default: D } & InScope<S, Known>): V | D;
  get<V = unknown, D = undefined>(key: Key, options: Now<GetOptions<V, D>> & InScope<S, Known>): V | D | undefined;
  /** As {@linkcode Cache.get}. A hit in memory allocates nothing. */
  get<V>(key: Key, options: Now<GetOptions<V, V>> & { default: V }): V;
  get<V>(key: Key, options: Now<GetOptions<V, null>> & { default: null }): V | null;
  get<V, D>(key: Key, options: Now<GetOptions<V, D>> & { default: D }): V | D;
  get<V = unknown, D = undefined>(key: Key, options?: Now<GetOptions<V, D>>): V | D | undefined;
  /** In the scope that is among the options. */
  getEntry<V = unknown>(key: Key, options: Now<GetOptions<V, unknown>> & InScope<S, Known>): CacheEntry<V> | undefined;
  getEntry<V = unknown>(key: Key, options?: Now<GetOptions<V, unknown>>): CacheEntry<V> | undefined;
  /** In the scope that is among the options. */
  getMany<V, K extends Key>(keys: readonly K[], options: Now<GetOptions<V, unknown>> & InScope<S, Known>): Map<K, V>;
  getMany<V>(keys: readonly string[], options: Now<GetOptions<V, unknown>> & InScope<S, Known>): Map<string, V>;
  getMany<V>(keys: readonly Key[], options: Now<GetOptions<V, unknown>> & InScope<S, Known>): Map<Key, V>;
  getMany<V, K extends Key>(keys: readonly K[], options?: Now<GetOptions<V, unknown>>): Map<K, V>;
  getMany<V>(keys: readonly string[], options?: Now<GetOptions<V, unknown>>): Map<string, V>;
  getMany<V>(keys: readonly Key[], options?: Now<GetOptions<V, unknown>>): Map<Key, V>;
  /** In the scope that is among the options. */
  set<V>(key: Key, value: V, options: Now<SetOptions<V>> & InScope<S, Known>): void;
  set<V>(key: Key, value: V, options?: Now<SetOptions<V>>): void;
  // biome-ignore lint/suspicious/noExplicitAny: as in SetItem.
  setMany(items: Iterable<SetItem>, shared?: Now<SetOptions<any>> & MaybeInScope<S, Known>): void;
  has(key: Key, options?: MaybeInScope<S, Known>): boolean;
  delete(key: Key, options?: MaybeInScope<S, Known>): boolean;
  deleteMany(keys: Iterable<Key>, options?: MaybeInScope<S, Known>): number;
  /** In the scope that is among the options. */
  getOrSet<V, R, Old = R>(
    key: Key,
    loader: SyncLoader<R, Old>,
    options: Now<FittedLoadOptions<V, R>> & InScope<S, Known>,
  ): V;
  getOrSet<V, Old = V>(key: Key, loader: SyncLoader<V, Old>, options: Now<LoadOptions<V>> & InScope<S, Known>): V;
  /** As {@linkcode Cache.getOrSet}. @throws {SyncUnsupportedError} when the loader answers with a promise */
  getOrSet<V, R, Old = R>(key: Key, loader: SyncLoader<R, Old>, options: Now<FittedLoadOptions<V, R>>): V;
  getOrSet<V, Old = V>(key: Key, loader: SyncLoader<V, Old>, options?: Now<LoadOptions<V>>): V;
  /** In the scope that is among the options. */
  getOrSetMany<V, R, K extends Key>(
    keys: readonly K[],
    loader: SyncManyLoader<R, K>,
    options: Now<FittedLoadOptions<V, R>> & InScope<S, Known>,
  ): Map<K, V>;
  getOrSetMany<V, K extends Key>(
    keys: readonly K[],
    loader: SyncManyLoader<V, K>,
    options: Now<LoadOptions<V>> & InScope<S, Known>,
  ): Map<K, V>;
  getOrSetMany<V>(
    keys: readonly string[],
    loader: SyncManyLoader<V, string>,
    options: Now<LoadOptions<V>> & InScope<S, Known>,
  ): Map<string, V>;
  getOrSetMany<V>(
    keys: readonly Key[],
    loader: SyncManyLoader<V>,
    options: Now<LoadOptions<V>> & InScope<S, Known>,
  ): Map<Key, V>;
  getOrSetMany<V, R, K extends Key>(
    keys: readonly K[],
    loader: SyncManyLoader<R, K>,
    options: Now<FittedLoadOptions<V, R>>,
  ): Map<K, V>;
  getOrSetMany<V, K extends Key>(
    keys: readonly K[],
    loader: SyncManyLoader<V, K>,
    options?: Now<LoadOptions<V>>,
  ): Map<K, V>;
  getOrSetMany<V>(
    keys: readonly string[],
    loader: SyncManyLoader<V, string>,
    options?: Now<LoadOptions<V>>,
  ): Map<string, V>;
  getOrSetMany<V>(keys: readonly Key[], loader: SyncManyLoader<V>, options?: Now<LoadOptions<V>>): Map<Key, V>;
  touch(
    key: Key,
    options: { ttl: number | string; grace?: number | string | undefined } & MaybeInScope<S, Known>,
  ): boolean;
  keys(options?: Now<ListOptions> & MaybeInScope<S, Known>): Key[];
  /** In the scope that is among the options. */
  entries<V = unknown>(options: Now<ListOptions> & InScope<S, Known>): IterableIterator<CacheEntry<V>>;
  /** As {@linkcode Cache.entries}, page by page while it is iterated. */
  entries<V = unknown>(options?: Now<ListOptions>): IterableIterator<CacheEntry<V>>;
  meta(key: Key, options?: { tier?: string | undefined } & MaybeInScope<S, Known>): EntryMeta | undefined;
  metas(options?: Now<ListOptions> & MaybeInScope<S, Known>): IterableIterator<EntryMeta>;
  size(options?: { tier?: string | undefined } & MaybeInScope<S, Known>): number;
  invalidateTags(tags: string | readonly string[], options?: Now<InvalidateTagsOptions> & MaybeInScope<S, Known>): void;
  invalidatePattern(pattern: string | RegExp, options?: MaybeInScope<S, Known>): number;
  invalidateScope<const L extends ScopePath<S["tree"]>>(
    level: L,
    ids: ScopeIds<S["tree"], L, Known>,
    options?: Now<InvalidateScopeOptions>,
  ): void;
  /** As {@linkcode Cache.clear}. */
  clear(options?: ClearOptions & MaybeInScope<S, Known>): void;
  prune(): Key[];
  evict(key: Key, options?: { tier?: string | undefined } & MaybeInScope<S, Known>): boolean;
  evictAll(options?: { tier?: string | undefined } & MaybeInScope<S, Known>): void;
}

/** Whether the tiers of a cache are known to have a synchronous face all. */
export type Face = "sync" | "async";

/**
 * A tiered cache. A miss is `undefined`; `null`, `0`, `""` and `false` are values. Every call rejects with
 * `CacheClosedError` after `close()`, with `KeyError` for what is no key, and with the reason of its aborted `signal`.
 * Faults of tiers do not reject (see `onError`).
 *
 * @typeParam S the scopes that the cache was made with
 * @typeParam Known names of the ids of the scope that this is a view of
 * @typeParam F whether every tier is known to have a synchronous face
 */
export interface Cache<S extends AnyScopes = NoScopes, Known extends string = never, F extends Face = "async"> {
  /** Name of the cache, and of its namespaces and scopes after slashes. */
  readonly name: string;

  /** In the scope that is among the options. */
  get<V>(key: Key, options: GetOptions<V, V> & { default: V } & InScope<S, Known>): Promise<V>;
  get<V>(key: Key, options: GetOptions<V, null> & { default: null } & InScope<S, Known>): Promise<V | null>;
  get<V, D>(key: Key, options: GetOptions<V, D> & { default: D } & InScope<S, Known>): Promise<V | D>;
  get<V = unknown, D = undefined>(key: Key, options: GetOptions<V, D> & InScope<S, Known>): Promise<V | D | undefined>;
  /** The value, or `undefined` (or `options.default`) on a miss. Stale values are misses here. */
  get<V>(key: Key, options: GetOptions<V, V> & { default: V }): Promise<V>;
  get<V>(key: Key, options: GetOptions<V, null> & { default: null }): Promise<V | null>;
  get<V, D>(key: Key, options: GetOptions<V, D> & { default: D }): Promise<V | D>;
  get<V = unknown, D = undefined>(key: Key, options?: GetOptions<V, D>): Promise<V | D | undefined>;
  /** In the scope that is among the options. */
  getEntry<V = unknown>(
    key: Key,
    options: GetOptions<V, unknown> & InScope<S, Known>,
  ): Promise<CacheEntry<V> | undefined>;
  /** The entry with its metadata, or `undefined`: tells a hit from a miss whatever the value. */
  getEntry<V = unknown>(key: Key, options?: GetOptions<V, unknown>): Promise<CacheEntry<V> | undefined>;
  /** In the scope that is among the options. */
  getMany<V, K extends Key>(
    keys: readonly K[],
    options: GetOptions<V, unknown> & InScope<S, Known>,
  ): Promise<Map<K, V>>;
  getMany<V>(keys: readonly string[], options: GetOptions<V, unknown> & InScope<S, Known>): Promise<Map<string, V>>;
  getMany<V>(keys: readonly Key[], options: GetOptions<V, unknown> & InScope<S, Known>): Promise<Map<Key, V>>;
  /** The hits, in the order of the keys; one round trip per tier. */
  getMany<V, K extends Key>(keys: readonly K[], options?: GetOptions<V, unknown>): Promise<Map<K, V>>;
  getMany<V>(keys: readonly string[], options?: GetOptions<V, unknown>): Promise<Map<string, V>>;
  getMany<V>(keys: readonly Key[], options?: GetOptions<V, unknown>): Promise<Map<Key, V>>;
  /** In the scope that is among the options. */
  set<V>(key: Key, value: V, options: SetOptions<V> & InScope<S, Known>): Promise<void>;
  /** Stores a value in every tier. @throws {ValueError} for `undefined`; {CodecError} for what cannot be encoded, and then nothing changes */
  set<V>(key: Key, value: V, options?: SetOptions<V>): Promise<void>;
  /** Stores many; all are encoded before any is stored. */
  // biome-ignore lint/suspicious/noExplicitAny: as in SetItem.
  setMany(items: Iterable<SetItem>, shared?: SetOptions<any> & MaybeInScope<S, Known>): Promise<void>;
  /** Whether the key has a fresh value. No effect on recency or counts. */
  has(key: Key, options?: CallOptions & MaybeInScope<S, Known>): Promise<boolean>;
  /** Deletes from every tier; whether it was there. */
  delete(key: Key, options?: CallOptions & MaybeInScope<S, Known>): Promise<boolean>;
  /** Deletes many; how many were there. */
  deleteMany(keys: Iterable<Key>, options?: CallOptions & MaybeInScope<S, Known>): Promise<number>;
  /** In the scope that is among the options. */
  getOrSet<V, R, Old = R>(
    key: Key,
    loader: Loader<R, Old>,
    options: FittedLoadOptions<V, R> & InScope<S, Known>,
  ): Promise<V>;
  getOrSet<V, Old = V>(key: Key, loader: Loader<V, Old>, options: LoadOptions<V> & InScope<S, Known>): Promise<V>;
  /**
   * The value, or the loader's, which is stored. One load per key at a time in this process, also when it fails.
   * Rejects with the loader's error unless `grace` has an old value. What the loader gives as `undefined` is not stored.
   * A loader that asks the same cache for its own key waits for itself, until `hardTimeout`.
   */
  getOrSet<V, R, Old = R>(key: Key, loader: Loader<R, Old>, options: FittedLoadOptions<V, R>): Promise<V>;
  getOrSet<V, Old = V>(key: Key, loader: Loader<V, Old>, options?: LoadOptions<V>): Promise<V>;
  /** In the scope that is among the options. */
  getOrSetMany<V, R, K extends Key>(
    keys: readonly K[],
    loader: ManyLoader<R, K>,
    options: FittedLoadOptions<V, R> & InScope<S, Known>,
  ): Promise<Map<K, V>>;
  getOrSetMany<V, K extends Key>(
    keys: readonly K[],
    loader: ManyLoader<V, K>,
    options: LoadOptions<V> & InScope<S, Known>,
  ): Promise<Map<K, V>>;
  getOrSetMany<V>(
    keys: readonly string[],
    loader: ManyLoader<V, string>,
    options: LoadOptions<V> & InScope<S, Known>,
  ): Promise<Map<string, V>>;
  getOrSetMany<V>(
    keys: readonly Key[],
    loader: ManyLoader<V>,
    options: LoadOptions<V> & InScope<S, Known>,
  ): Promise<Map<Key, V>>;
  /** The same for many keys: one read per tier, one call of the loader for those that miss, one write per tier. */
  getOrSetMany<V, R, K extends Key>(
    keys: readonly K[],
    loader: ManyLoader<R, K>,
    options: FittedLoadOptions<V, R>,
  ): Promise<Map<K, V>>;
  getOrSetMany<V, K extends Key>(
    keys: readonly K[],
    loader: ManyLoader<V, K>,
    options?: LoadOptions<V>,
  ): Promise<Map<K, V>>;
  getOrSetMany<V>(
    keys: readonly string[],
    loader: ManyLoader<V, string>,
    options?: LoadOptions<V>,
  ): Promise<Map<string, V>>;
  getOrSetMany<V>(keys: readonly Key[], loader: ManyLoader<V>, options?: LoadOptions<V>): Promise<Map<Key, V>>;
  /** Gives an entry a new ttl from now on; whether it was there. A ttl of 0 or less deletes it. */
  touch(
    key: Key,
    options: { ttl: number | string; grace?: number | string | undefined } & CallOptions & MaybeInScope<S, Known>,
  ): Promise<boolean>;

  /** Keys of live entries, without duplicates. Its time grows with the number of entries. */
  keys(options?: ListOptions & MaybeInScope<S, Known>): Promise<Key[]>;
  /** In the scope that is among the options. */
  entries<V = unknown>(options: ListOptions & InScope<S, Known>): AsyncIterableIterator<CacheEntry<V>>;
  /** Live entries, page by page. Not counted as reads. */
  entries<V = unknown>(options?: ListOptions): AsyncIterableIterator<CacheEntry<V>>;
  /** What is known about an entry, or `undefined`. */
  meta(
    key: Key,
    options?: { tier?: string | undefined } & CallOptions & MaybeInScope<S, Known>,
  ): Promise<EntryMeta | undefined>;
  /** The same for all, page by page. */
  metas(options?: ListOptions & MaybeInScope<S, Known>): AsyncIterableIterator<EntryMeta>;
  /** Number of live entries. */
  size(options?: { tier?: string | undefined } & CallOptions & MaybeInScope<S, Known>): Promise<number>;

  /** Invalidates by tag, at a cost that does not depend on the number of entries (for `match: "any"`). */
  invalidateTags(
    tags: string | readonly string[],
    options?: InvalidateTagsOptions & MaybeInScope<S, Known>,
  ): Promise<void>;
  /**
   * Deletes the keys that match; how many there were. What only the memory of another process has is not found: see "What is not
   * promised" in docs/consistency.md.
   *
   * @throws {TierError} when a shared tier cannot list its keys
   */
  invalidatePattern(pattern: string | RegExp, options?: CallOptions & MaybeInScope<S, Known>): Promise<number>;
  /**
   * Invalidates everything in a scope and in all below it, at a cost that does not depend on the number of entries.
   *
   * @throws {ConfigError} for a level that there is not, or where no scopes are defined; {KeyError} naming the id that is missing, wrong or too many
   */
  invalidateScope<const L extends ScopePath<S["tree"]>>(
    level: L,
    ids: ScopeIds<S["tree"], L, Known>,
    options?: InvalidateScopeOptions,
  ): Promise<void>;
  /**
   * Deletes everything of this cache, namespace or scope, and nothing else. With conditions, what meets all of them: keys are listed and
   * looked at page by page, so its time grows with the number of entries, and what is written meanwhile may stay or go. So may what only
   * the memory of another process has.
   *
   * @throws {TierError} with conditions, when a shared tier cannot list its keys
   */
  clear(options?: ClearOptions & CallOptions & MaybeInScope<S, Known>): Promise<void>;
  /** Removes expired entries from every tier, and returns their keys. */
  prune(options?: CallOptions): Promise<Key[]>;
  /** Removes a key from one tier only, by default the first; whether it was there. */
  evict(key: Key, options?: { tier?: string | undefined } & CallOptions & MaybeInScope<S, Known>): Promise<boolean>;
  /** Removes everything of this cache, namespace or scope from one tier only, by default the first. */
  evictAll(options?: { tier?: string | undefined } & CallOptions & MaybeInScope<S, Known>): Promise<void>;

  /**
   * A part of this cache whose keys, tags, `clear` and stats are its own. `clear` of the parent clears it too. A name that begins with `fn:` is that of
   * a wrapped function: its tags are those of the parent.
   */
  namespace(name: string): Cache<S, never, F>;
  /**
   * A scope: a part of this cache as a namespace is, that `invalidateScope` of it and of every scope above reaches. The level
   * is a name or a dotted path. Asked of a view of a scope, the level is that of the view or one below it, and ids that the
   * view has may be left out.
   *
   * @throws {ConfigError} for a level that there is not, or where no scopes are defined; {KeyError} naming the id that is missing, wrong or too many
   */
  scope<const L extends ScopePath<S["tree"]>>(
    level: L,
    ids: ScopeIds<S["tree"], L, Known>,
    options?: ScopeOptions,
  ): Cache<S, ScopeParams<S["tree"], L>, F>;
  /**
   * A function whose results are kept, in a namespace of its own: a call is a `getOrSet` under the key of its arguments. See
   * docs/functions.md.
   *
   * @throws {ConfigError} naming the option that is wrong: a name that another function has, or none where one is needed
   */
  wrap<Fn extends AnyFunction, const L extends ScopePath<S["tree"]>>(
    fn: Fn,
    options: WrapOptions<Fn> & ScopeBinding<Fn, S["tree"], L, Known>,
  ): Wrapped<Fn>;
  wrap<Fn extends AnyFunction>(fn: Fn, options?: WrapOptions<Fn>): Wrapped<Fn>;
  wrap<Fn extends AnyFunction, V, const L extends ScopePath<S["tree"]>>(
    fn: Fn,
    options: FittedWrapOptions<Fn, V> & ScopeBinding<Fn, S["tree"], L, Known>,
  ): Wrapped<Fitted<Fn, V>, Fn>;
  wrap<Fn extends AnyFunction, V>(fn: Fn, options: FittedWrapOptions<Fn, V>): Wrapped<Fitted<Fn, V>, Fn>;
  /**
   * The same without promises, where every tier has a synchronous face; typed where that is known.
   *
   * @throws {SyncUnsupportedError} naming the tier that has none
   */
  readonly sync: F extends "sync" ? SyncCache<S, Known> : unknown;
  /** A tier by its name, for its `client`. @throws {ConfigError} when there is none */
  tier(name: string): Tier;
  /** Numbers since the start or the last reset. */
  stats(): CacheStats;
  resetStats(): void;
  /** Asks every tier, within its time budget, by a read that leaves nothing behind. */
  health(options?: HealthOptions): Promise<CacheHealth>;
  /** What every tier has under a key, and why a read of it now is a hit or a miss. No use of the entry. */
  explain(key: Key, options?: CallOptions & MaybeInScope<S, Known>): Promise<Explanation>;
  /**
   * Changes settings of the whole cache, all at once or none. What is left out stays; what is `undefined` is again what `createCache` was
   * given. Calls under way end under the settings that they began with.
   *
   * @throws {ConfigError} naming what cannot be changed, or is wrong
   */
  configure(patch: Settings): void;
  /**
   * Switches the whole cache off, whatever view is asked: reads are misses, loads run and are not stored, and a `set` deletes what is there,
   * so that nothing old comes back. Deletions and invalidations work as ever, and so does listing. With `tags` of this view, the same for
   * entries that have one of them. What is switched off twice must be switched on twice.
   *
   * @throws {KeyError} for what is no tag
   */
  disable(options?: TagChoice): Disabled;
  /** Takes back one `disable` with the same tags, or without. */
  enable(options?: TagChoice): void;
  /** Whether the whole cache is switched off. */
  readonly isDisabled: boolean;
  /** Listens to an event, from the next one on; returns the function that stops it. */
  on<N extends EventName>(event: N, listener: Listener<N>): () => void;
  off<N extends EventName>(event: N, listener: Listener<N>): void;
  /** Flushes what was acknowledged and closes the tiers; `timeout` (default 5 s) bounds the wait. Once, for all namespaces. */
  close(options?: { timeout?: number | string | undefined }): Promise<void>;
  readonly closed: boolean;
  [Symbol.asyncDispose](): Promise<void>;
}
