/**
 * Warming: filling a cache before it is asked.
 *
 * @module
 */
import type { Cache, SetItem } from "./api.ts";
import { callable, checkOptions, invalid, methods } from "./errors.ts";
import type { Key } from "./key.ts";
import type { Loader } from "./load/loader.ts";
import type { LoadOptions } from "./options.ts";
import type { AnyScopes } from "./scope/types.ts";
import { abortable } from "./timeout.ts";

/** How far the warming of a cache has come. */
export interface WarmProgress {
  /**
   * Keys that were written, loaded or there before. They are in the cache now, but for those whose load gave what is not kept: `undefined`, or
   * what `shouldCache` declines.
   */
  readonly done: number;
  /** Keys whose load or write failed. */
  readonly failed: number;
  /** How many keys there are in all; `undefined` where the source does not say. */
  readonly total: number | undefined;
}

/** Options of {@linkcode warm}; those of a load or a write go with every key. */
export interface WarmOptions<V = unknown> extends LoadOptions<V> {
  /** Makes the value of a key. Without it, the source must have the values. */
  load?: Loader<V> | undefined;
  /** How many keys are loaded, or batches of 100 written, at once. Default 8. */
  concurrency?: number | undefined;
  /** Told after each load or batch. What it throws ends the warming. */
  onProgress?: ((progress: WarmProgress) => void) | undefined;
  /** What a failure does: the others go on, and it is told to `onError`; without that the first one ends the warming. */
  onError?: ((error: unknown, keys: readonly Key[]) => void) | undefined;
}

/** Items of one write. */
const BATCH = 100;

/** A source of keys or items; a text is none, whose characters would be the keys. */
type Source<T> = (Iterable<T> | AsyncIterable<T>) & object;

/**
 * Fills a cache: from items with their values, which are written in batches, or from keys and `load`, which is called for those that
 * the cache does not have. Sources are read as fast as they are worked through, so they may be endless generators with a `signal`.
 *
 * @returns how far it came; rejects with the first failure unless there is `onError`, and with the reason of an aborted signal
 * @throws {ConfigError} for a wrong option, and for keys without `load`
 *
 * @example
 * ```ts
 * import { createCache, warm } from "tiercel";
 *
 * const cache = createCache();
 * await warm(cache, [{ key: "user:1", value: "Ada", ttl: "1h" }]);
 * await warm(cache, ["user:2", "user:3"], { load: ({ key }) => `loaded ${key}`, onProgress: ({ done }) => void done });
 * ```
 */
export async function warm<V>(
  cache: Cache<AnyScopes>,
  source: Source<SetItem<V>>,
  options?: WarmOptions<V> & { load?: never },
): Promise<WarmProgress>;
export async function warm<V>(
  cache: Cache<AnyScopes>,
  source: Source<Key>,
  options: WarmOptions<V> & { load: Loader<V> },
): Promise<WarmProgress>;
export async function warm(
  cache: Cache<AnyScopes>,
  source: Source<Key | SetItem>,
  options: WarmOptions = {},
): Promise<WarmProgress> {
  methods("cache", cache ?? null, "getOrSet", "setMany");
  if (typeof source === "string" || !(Symbol.iterator in Object(source) || Symbol.asyncIterator in Object(source)))
    throw invalid("source", "an iterable of keys or items, such as an array", source);
  checkOptions(options);
  const { load, concurrency = 8, onProgress, onError, ...rest } = options;
  if (!(Number.isSafeInteger(concurrency) && concurrency > 0))
    throw invalid("concurrency", "an integer above 0", concurrency);
  for (const [name, value] of Object.entries({ load, onProgress, onError }))
    if (value !== undefined) callable(name, value);
  const { length, size } = source as { length?: number; size?: number };
  const total = length ?? size;
  let [done, failed] = [0, 0];
  const { signal } = rest;
  const steps = load ? batchesOf(source as Source<Key>, 1) : batchesOf(source as Source<SetItem>, BATCH);
  const step = async (some: readonly (Key | SetItem)[]): Promise<void> => {
    // A mistake of the caller, which no `onError` is asked about.
    if (!load && some.some((item) => Object(item) !== item || Array.isArray(item)))
      throw invalid("load", "given where the source has keys alone", load);
    try {
      if (load) await cache.getOrSet(some[0] as Key, load, rest);
      else await cache.setMany(some as readonly SetItem[], rest);
      done += some.length;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!onError) throw error;
      failed += some.length;
      onError(error, load ? (some as readonly Key[]) : some.map((item) => (item as SetItem).key));
    }
    onProgress?.({ done, failed, total });
  };
  let isOver = false;
  /** How many wait for the source. */
  let waiting = 0;
  const worker = async (): Promise<void> => {
    while (!isOver) {
      if (signal?.aborted) throw signal.reason;
      waiting++;
      const { value, done: isLast } = await steps.next();
      waiting--;
      if (isLast || isOver) return;
      await step(value);
    }
  };
  try {
    await abortable(Promise.all(Array.from({ length: concurrency }, worker)), signal);
  } finally {
    isOver = true;
    const closed = steps.return();
    // One that gives nothing more cannot be closed, and has nothing to say.
    if (waiting === 0) await closed;
    else closed.catch(() => {});
  }
  return { done, failed, total };
}

/** What a source gives, so many together. An async generator answers its callers one after the other. */
async function* batchesOf<T>(source: Source<T>, size: number): AsyncGenerator<readonly T[], void> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
