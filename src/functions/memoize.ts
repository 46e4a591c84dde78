/**
 * Memoized functions, each with a cache of its own in memory.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { createCache } from "../cache.ts";
import { checkOptions } from "../errors.ts";
import type { CacheOptions } from "../options.ts";
import type { CacheStats } from "../stats.ts";
import type { AnyFunction, Fitted, FittedWrapOptions, WrapOptions, Wrapped } from "./types.ts";

/** Options of {@linkcode memoize}. */
export interface MemoizeOptions<F extends AnyFunction = AnyFunction>
  extends Omit<WrapOptions<F>, "reuse" | "tiers">,
    Pick<CacheOptions, "clock" | "logger"> {
  /** Most results. Default 1,000. */
  maxEntries?: number | undefined;
}

/** {@linkcode MemoizeOptions} with a schema that makes of results (`F`'s) what callers get (`V`). */
export type FittedMemoizeOptions<F extends AnyFunction, V> = Omit<MemoizeOptions<F>, "schema" | "validate"> &
  Pick<FittedWrapOptions<F, V>, "schema" | "validate">;

/** A memoized function, with the helpers of `cache.wrap`. */
export type Memoized<F extends AnyFunction = AnyFunction, O extends AnyFunction = F> = Wrapped<F, O> & {
  /** Removes the result of a call; whether there was one. */
  delete(...args: Parameters<F>): Promise<boolean>;
  /** Numbers of its cache. */
  stats(): CacheStats;
};

/**
 * A function that remembers its results, or what its promises become: a call with equal arguments gets the first one's result,
 * and calls at one time share one run. What fails is not remembered.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function memoize<F extends AnyFunction>(fn: F, options?: MemoizeOptions<F>): Memoized<F>;
export function memoize<F extends AnyFunction, V>(
  fn: F,
  options: FittedMemoizeOptions<F, V>,
): Memoized<Fitted<F, V>, F>;
export function memoize<F extends AnyFunction>(fn: F, options: MemoizeOptions<F> = {}): Memoized<F> {
  checkOptions(options);
  const { maxEntries = 1_000, clock, logger, ...rest } = options;
  const cache: Cache = createCache({ maxEntries, ...(clock && { clock }), ...(logger && { logger }) });
  const { name = fn?.name || "memoized" } = rest;
  const wrapped = cache.wrap(fn, { ...(rest as WrapOptions<F>), name });
  return Object.assign(wrapped, { delete: wrapped.invalidate, stats: () => cache.stats() });
}
