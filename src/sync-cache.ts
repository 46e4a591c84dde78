/**
 * The synchronous face of a cache.
 *
 * While one of its calls runs, the engine asks the tiers by their synchronous faces, so that every step answers at once. Nothing
 * comes between the steps, as in a transaction.
 *
 * @module
 */
import type {
  CacheEntry,
  ClearOptions,
  EntryMeta,
  InvalidateTagsOptions,
  ListOptions,
  SetItem,
  SyncCache,
} from "./api.ts";
import { SyncUnsupportedError } from "./errors.ts";
import { type Key, listOf } from "./key.ts";
import type { Loader } from "./load/loader.ts";
import { loadManySync } from "./load/many.ts";
import { loadSync } from "./load/sync.ts";
import { isPromise, then } from "./maybe.ts";
import type { AnyGetOptions, LoadOptions, SetOptions } from "./options.ts";
import type { Ids, InvalidateScopeOptions, ScopeChoice } from "./scope/types.ts";
import type { MaybePromise } from "./tier.ts";
import { list } from "./verbs/inspect.ts";
import { isSimple } from "./verbs/read.ts";
import type { TierChoice, Verbs } from "./verbs/verbs.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** @throws {SyncUnsupportedError} naming a tier that has no synchronous face */
export function newSyncCache(verbs: Verbs): SyncCache {
  const lacking = verbs.engine.store.tiers.find(({ capabilities, sync }) => !capabilities.sync || !sync);
  if (lacking) throw new SyncUnsupportedError(`Cannot use sync as tier ${lacking.name} must have a synchronous face`);
  return new Face(verbs) as SyncCache;
}

class Face implements Record<keyof SyncCache, unknown> {
  readonly #verbs: Verbs;

  constructor(verbs: Verbs) {
    this.#verbs = verbs;
  }

  get(key: Key, options?: AnyGetOptions): unknown {
    const value = options === undefined ? this.#verbs.quick(key) : undefined;
    return value === undefined ? this.#run(options, (verbs) => verbs.get(key, options)) : value;
  }

  getEntry(key: Key, options?: AnyGetOptions): CacheEntry | undefined {
    return this.#run(options, (verbs) => verbs.getEntry(key, options));
  }

  getMany(keys: readonly Key[], options?: AnyGetOptions): Map<Key, unknown> {
    return this.#run(options, (verbs) => verbs.getMany(keys, options));
  }

  set(key: Key, value: unknown, options?: SetOptions<never>): void {
    this.#run(options, (verbs) => verbs.set(key, value, options));
  }

  setMany(items: Iterable<SetItem>, shared?: SetOptions<never>): void {
    this.#run(shared, (verbs) => verbs.setMany(items, shared));
  }

  has(key: Key, options?: ScopeChoice): boolean {
    return this.#run(options, (verbs) => verbs.has(key));
  }

  delete(key: Key, options?: ScopeChoice): boolean {
    return this.#run(options, (verbs) => then(verbs.delete([key]), Boolean));
  }

  deleteMany(keys: Iterable<Key>, options?: ScopeChoice): number {
    return this.#run(options, (verbs) => verbs.delete(listOf("keys", keys)));
  }

  getOrSet(key: Key, loader: Loader, options: LoadOptions = NOTHING): unknown {
    const value = isSimple(options) ? this.#verbs.quick(key) : undefined;
    if (value !== undefined) return value;
    return this.#run(options, (verbs) =>
      verbs.getOrSet(key, loader, options, (request) => loadSync(verbs.engine, request)),
    );
  }

  getOrSetMany(
    keys: readonly Key[],
    loader: Parameters<typeof loadManySync>[2],
    options: LoadOptions = NOTHING,
  ): Map<Key, unknown> {
    return this.#run(options, (verbs) =>
      verbs.getOrSetMany(keys, loader, options, (some, space, fixed) => loadManySync(space, some, loader, fixed)),
    );
  }

  touch(key: Key, options: { ttl: number | string; grace?: number | string }): boolean {
    return this.#run(options, (verbs) => verbs.touch(key, options));
  }

  keys(options?: ListOptions): Key[] {
    return this.#run(options, (verbs) => verbs.keys(options));
  }

  entries(options?: ListOptions): Generator<CacheEntry> {
    return this.#list(options, false);
  }

  metas(options?: ListOptions): Generator<EntryMeta> {
    return this.#list(options, true);
  }

  *#list<E extends CacheEntry | EntryMeta>(options: ListOptions = NOTHING, metaOnly: boolean): Generator<E> {
    const pages = this.#run(options, (verbs) => list(verbs, options, metaOnly));
    const next = () => this.#run(options, () => pages.next());
    for (let page = next(); page; page = next()) yield* page as E[];
  }

  meta(key: Key, options?: TierChoice): EntryMeta | undefined {
    return this.#run(options, (verbs) => verbs.meta(key, options));
  }

  size(options?: TierChoice): number {
    return this.#run(options, (verbs) => verbs.size(options));
  }

  invalidateTags(tags: string | readonly string[], options?: InvalidateTagsOptions): void {
    this.#run(options, (verbs) => verbs.invalidateTags(tags, options));
  }

  invalidatePattern(pattern: string | RegExp, options?: ScopeChoice): number {
    return this.#run(options, (verbs) => verbs.invalidatePattern(pattern));
  }

  invalidateScope(level: string, ids: Ids, options?: InvalidateScopeOptions): void {
    this.#run(options, (verbs) => verbs.invalidateScope(level, ids, options));
  }

  clear(options?: ClearOptions): void {
    this.#run(options, (verbs) => verbs.clear(options));
  }

  prune(options?: ScopeChoice): Key[] {
    return this.#run(options, (verbs) => verbs.prune());
  }

  evict(key: Key, options?: TierChoice): boolean {
    return this.#run(options, (verbs) => verbs.evict(key, options));
  }

  evictAll(options?: TierChoice): void {
    this.#run(options, (verbs) => verbs.evictAll(options));
  }

  /** Runs a call with the engine in its synchronous state. A loader may make calls of either face in it. */
  #run<T>(options: object | undefined, call: (verbs: Verbs) => MaybePromise<T>): T {
    const { engine } = this.#verbs;
    const verbs = this.#verbs.of(options);
    const outer = engine.isSync;
    engine.isSync = true;
    try {
      const answer = call(verbs);
      if (!isPromise(answer)) return answer;
      answer.catch(() => {});
    } finally {
      engine.isSync = outer;
    }
    throw new SyncUnsupportedError("Cannot answer at once as every tier, schema and codec must: received a promise");
  }
}
