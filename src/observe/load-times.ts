/**
 * How long loads take, as a histogram.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { checkOptions, invalid } from "../errors.ts";
import type { AnyScopes } from "../scope/types.ts";
import { verbsOf } from "../verbs/inside.ts";

/** Upper bounds in milliseconds: those that Prometheus's clients have by default, which are from 5 ms to 10 s, and finer ones below. */
const BOUNDS: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** Times of loads. */
export interface LoadTimes {
  /** Upper bounds in milliseconds, rising; `Infinity` is the last. */
  readonly bounds: readonly number[];
  /** How many loads took no longer than the bound at the same place, and longer than the one before. */
  readonly counts: readonly number[];
  readonly count: number;
  /** In milliseconds. */
  readonly sum: number;
  /** The time that a fraction (0 to 1) of the loads did not exceed, taken from the bounds: 0 when there were none. */
  quantile(fraction: number): number;
  reset(): void;
  stop(): void;
}

/**
 * Counts the times of a cache's loads, in all of its namespaces, failed ones too.
 *
 * @throws {ConfigError} for bounds that do not rise from above 0
 */
export function loadTimes(cache: Cache<AnyScopes>, options: { bounds?: readonly number[] } = {}): LoadTimes {
  verbsOf(cache);
  checkOptions(options);
  const { bounds = BOUNDS } = options;
  if (!Array.isArray(bounds) || !bounds.every((bound, i) => bound > (bounds[i - 1] ?? 0)))
    throw invalid("bounds", "rising numbers above 0", bounds);
  const all = bounds.at(-1) === Infinity ? [...bounds] : [...bounds, Infinity];
  const counts = all.map(() => 0);
  let count = 0;
  let sum = 0;
  const stop = cache.on("load", ({ duration }) => {
    counts[all.findIndex((bound) => duration <= bound)]!++;
    count++;
    sum += duration;
  });
  return {
    bounds: all,
    counts,
    get count() {
      return count;
    },
    get sum() {
      return sum;
    },
    quantile(fraction) {
      let left = fraction * count;
      for (const [i, number] of counts.entries()) {
        const [from, to] = [all[i - 1] ?? 0, all[i]!];
        if (number > 0 && left <= number) return to === Infinity ? from : from + (to - from) * (left / number);
        left -= number;
      }
      return 0;
    },
    reset() {
      counts.fill(0);
      count = sum = 0;
    },
    stop,
  };
}
