/**
 * The asynchronous face of a cache, with the fast path of a hit in memory.
 *
 * @module
 */
import type {
  Cache,
  CacheEntry,
  ClearOptions,
  Disabled,
  EntryMeta,
  Explanation,
  HealthOptions,
  InvalidateTagsOptions,
  ListOptions,
  ManyLoader,
  SetItem,
  SyncCache,
  TagChoice,
} from "./api.ts";
import { rulesOf } from "./checks.ts";
import type { Engine } from "./engine.ts";
import { checkOptions } from "./errors.ts";
import type { EventName, Listener } from "./events.ts";
import type { AnyFunction } from "./functions/types.ts";
import { wrap } from "./functions/wrap.ts";
import { type Key, listOf, namespacePrefix } from "./key.ts";
import { span } from "./lifetimes.ts";
import type { Loader } from "./load/loader.ts";
import { loadMany } from "./load/many.ts";
import { settle, then } from "./maybe.ts";
import { turn } from "./off.ts";
import type { AnyGetOptions, CallOptions, LoadOptions, SetOptions } from "./options.ts";
import type { Ids, InvalidateScopeOptions, NoScopes, ScopeOptions } from "./scope/types.ts";
import { configure, type Settings } from "./settings.ts";
import type { Space } from "./space.ts";
import type { CacheHealth, CacheStats } from "./stats.ts";
import { newSyncCache } from "./sync-cache.ts";
import type { MaybePromise, Tier } from "./tier.ts";
import { abortable } from "./timeout.ts";
import { explain, list } from "./verbs/inspect.ts";
import { isSimple } from "./verbs/read.ts";
import { INSIDE, type TierChoice, Verbs } from "./verbs/verbs.ts";
import { resetStats, statsOf } from "./view-stats.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** The root view of a cache. */
export function newAsyncCache(engine: Engine, name: string): Cache {
  return new TieredCache(engine, name);
}

/** A view of a cache: the root, a namespace or a scope. */
class TieredCache implements Cache {
  declare readonly name: string;
  readonly #engine: Engine;
  readonly #space: Space;
  readonly #verbs: Verbs;
  #sync: SyncCache | undefined;

  constructor(engine: Engine, name: string, space: Space = engine.root) {
    this.name = name;
    this.#engine = engine;
    this.#space = space;
    this.#verbs = new Verbs(engine, name, space);
  }

  get closed(): boolean {
    return Boolean(this.#engine.closing);
  }

  get sync(): SyncCache {
    return (this.#sync ??= newSyncCache(this.#verbs));
  }

  // biome-ignore lint/suspicious/noExplicitAny: a hit, or what is to be returned on a miss.
  get(key: Key, options?: AnyGetOptions): Promise<any> {
    const value = options === undefined ? this.#verbs.quick(key) : undefined;
    return value === undefined ? this.#run(options, (verbs) => verbs.get(key, options)) : Promise.resolve(value);
  }

  getEntry<V>(key: Key, options?: AnyGetOptions): Promise<CacheEntry<V> | undefined> {
    return this.#run(options, (verbs) => verbs.getEntry(key, options));
  }

  getMany<V, K extends Key>(keys: readonly K[], options?: AnyGetOptions): Promise<Map<K, V>> {
    return this.#run(options, (verbs) => verbs.getMany(keys, options));
  }

  // biome-ignore lint/suspicious/noExplicitAny: what is loaded and what callers get may be of different types.
  getOrSet<V>(key: Key, loader: Loader<any>, options: LoadOptions<any> = NOTHING): Promise<V> {
    const value = isSimple(options) ? (this.#verbs.quick(key) as V | undefined) : undefined;
    if (value !== undefined) return Promise.resolve(value);
    // Not through #run: a caller's abort is the flight's business, which ends when all have gone.
    return settle(() => {
      return this.#verbs
        .of(options)
        .getOrSet(key, loader as Loader, options as LoadOptions, (request) =>
          this.#engine.loads.run(request),
        ) as MaybePromise<V>;
    });
  }

  getOrSetMany<V, K extends Key>(
    keys: readonly K[],
    loader: ManyLoader<V, K>,
    options: LoadOptions<V> = NOTHING,
  ): Promise<Map<K, V>> {
    return settle(() => {
      return this.#verbs
        .of(options)
        .getOrSetMany(keys, loader, options as LoadOptions, (some, space, fixed, settings) =>
          loadMany(space, some, loader, fixed, settings),
        ) as MaybePromise<Map<K, V>>;
    });
  }

  set<V>(key: Key, value: V, options: SetOptions<V> = NOTHING): Promise<void> {
    return this.#run(options, (verbs) => verbs.set(key, value, options));
  }

  setMany(items: Iterable<SetItem>, shared: SetOptions = NOTHING): Promise<void> {
    return this.#run(shared, (verbs) => verbs.setMany(items, shared));
  }

  has(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#run(options, (verbs) => verbs.has(key));
  }

  delete(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#run(options, (verbs) => then(verbs.delete([key]), Boolean));
  }

  deleteMany(keys: Iterable<Key>, options?: CallOptions): Promise<number> {
    return this.#run(options, (verbs) => verbs.delete(listOf("keys", keys)));
  }

  touch(key: Key, options: { ttl: number | string; grace?: number | string } & CallOptions): Promise<boolean> {
    return this.#run(options, (verbs) => verbs.touch(key, options));
  }

  keys(options?: ListOptions): Promise<Key[]> {
    return this.#run(options, (verbs) => verbs.keys(options));
  }

  entries<V>(options: ListOptions = NOTHING): AsyncGenerator<CacheEntry<V>> {
    return this.#list(options, false);
  }

  metas(options: ListOptions = NOTHING): AsyncGenerator<EntryMeta> {
    return this.#list(options, true);
  }

  async *#list<E extends CacheEntry | EntryMeta>(options: ListOptions, metaOnly: boolean): AsyncGenerator<E> {
    const pages = list(this.#verbs.of(options), options, metaOnly);
    for (let page = await pages.next(); page; page = await pages.next()) {
      for (const item of page as E[]) {
        if (options.signal?.aborted) throw options.signal.reason;
        yield item;
      }
      this.#verbs.check(options);
    }
  }

  meta(key: Key, options?: TierChoice & CallOptions): Promise<EntryMeta | undefined> {
    return this.#run(options, (verbs) => verbs.meta(key, options));
  }

  size(options?: TierChoice & CallOptions): Promise<number> {
    return this.#run(options, (verbs) => verbs.size(options));
  }

  invalidateTags(tags: string | readonly string[], options?: InvalidateTagsOptions): Promise<void> {
    return this.#run(options, (verbs) => verbs.invalidateTags(tags, options));
  }

  invalidatePattern(pattern: string | RegExp, options?: CallOptions): Promise<number> {
    return this.#run(options, (verbs) => verbs.invalidatePattern(pattern, options));
  }

  invalidateScope(level: string, ids: Ids, options?: InvalidateScopeOptions): Promise<void> {
    return this.#run(options, (verbs) => verbs.invalidateScope(level, ids, options));
  }

  clear(options?: ClearOptions & CallOptions): Promise<void> {
    return this.#run(options, (verbs) => verbs.clear(options));
  }

  prune(options?: CallOptions): Promise<Key[]> {
    return this.#run(options, (verbs) => verbs.prune());
  }

  evict(key: Key, options?: TierChoice & CallOptions): Promise<boolean> {
    return this.#run(options, (verbs) => verbs.evict(key, options));
  }

  evictAll(options?: TierChoice & CallOptions): Promise<void> {
    return this.#run(options, (verbs) => verbs.evictAll(options));
  }

  namespace(name: string): Cache {
    return new TieredCache(
      this.#engine,
      `${this.name}/${name}`,
      this.#engine.space(this.#space.prefix + namespacePrefix(name), this.#space.tags),
    );
  }

  scope(level: string, ids: Ids, options?: ScopeOptions): Cache<NoScopes, never> {
    return rulesOf(this.#engine.options).enter(
      this.#space,
      level,
      ids,
      options,
      (space, suffix) => new TieredCache(this.#engine, this.name + suffix, space),
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: what it takes and gives, the interface says.
  wrap(fn: AnyFunction, options?: any): any {
    return wrap(this.#verbs, fn, options);
  }

  tier(name: string): Tier {
    return this.#verbs.tier(name);
  }

  stats(): CacheStats {
    return statsOf(this.#space);
  }

  resetStats(): void {
    resetStats(this.#space);
  }

  health(options?: HealthOptions): Promise<CacheHealth> {
    return this.#run(options, ({ engine }) => engine.store.health(options?.entries));
  }

  explain(key: Key, options?: CallOptions): Promise<Explanation> {
    return this.#run(options, (verbs) => explain(verbs, key));
  }

  configure(patch: Settings): void {
    this.#verbs.check(undefined);
    configure(this.#engine, patch);
  }

  get isDisabled(): boolean {
    return this.#engine.disables.has("");
  }

  disable(options: TagChoice = NOTHING): Disabled {
    checkOptions(options);
    const names = this.#verbs.tags(options.tags);
    turn(this.#engine, 1, names);
    let isOff = true;
    const enable = (): void => {
      if (isOff) turn(this.#engine, -1, names);
      isOff = false;
    };
    return { enable, [Symbol.dispose]: enable };
  }

  enable(options: TagChoice = NOTHING): void {
    checkOptions(options);
    turn(this.#engine, -1, this.#verbs.tags(options.tags));
  }

  on<N extends EventName>(event: N, listener: Listener<N>): () => void {
    this.#engine.on(event, listener);
    return () => this.off(event, listener);
  }

  off<N extends EventName>(event: N, listener: Listener<N>): void {
    this.#engine.off(event, listener);
  }

  close(options: { timeout?: number | string | undefined } = NOTHING): Promise<void> {
    return settle(() => {
      checkOptions(options);
      const { timeout = 5_000 } = options;
      const ms = span("timeout", timeout);
      return (this.#engine.closing ??= this.#engine.close(ms));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For what belongs to a cache without being part of it: observers and the like. */
  get [INSIDE](): Verbs {
    return this.#verbs;
  }

  /** Runs a call: closed, aborted and thrown all become rejections, and an abort ends the caller's waiting. */
  #run<T>(options: (TierChoice & CallOptions) | undefined, call: (verbs: Verbs) => MaybePromise<unknown>): Promise<T> {
    const done = settle(() => call(this.#verbs.of(options)) as MaybePromise<T>);
    return abortable(done, options?.signal);
  }
}
