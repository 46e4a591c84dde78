/**
 * Options of the memory tier, and its bounds.
 *
 * @module
 */
import { invalid } from "../errors.ts";
import type { TierBounds, TierOptions } from "../tier.ts";
import type { EvictionRule } from "./rules.ts";

/** Options of `memory()`. */
export interface MemoryOptions extends TierOptions {
  /** Most entries, exact. Default 10,000. `Infinity` only together with `maxBytes`. */
  maxEntries?: number | undefined;
  /** Most bytes of keys and values together, by `sizeOf`. Default: no bound, and no estimating on writes. */
  maxBytes?: number | undefined;
  /** Bytes of one entry, finite and not below 0; fractions are rounded up. Default: a rough estimate of its heap size. */
  sizeOf?: ((value: unknown, key: string) => number) | undefined;
  /** Which entry gives way when the tier is full: `lru()`, `lfu()`, `fifo()`. Default: see docs/memory.md. */
  policy?: EvictionRule | undefined;
  /** Rules that are asked, in this order, before a new key is stored: `lifetime()`, `hardLimit(500, "throw")`, one of your own. Default none. */
  rules?: readonly EvictionRule[] | undefined;
  /**
   * Makes a copy of every value on its way in and out, so that nobody can change what others get: `"structured"` by
   * `structuredClone`, or a function of yours. Default `false`: by reference.
   */
  clone?: false | "structured" | ((value: never) => unknown) | undefined;
  /**
   * Freezes plain objects and arrays, all through, when they are stored, so that nobody can change them: an attempt throws in
   * strict mode. The value that the caller gave is frozen too, unless `clone` is set. Default `false`.
   */
  freeze?: boolean | undefined;
}

/** What a tier may hold at most; `Infinity` where there is no bound. */
interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * The bounds in force.
 *
 * @param brought the lowest bound that the rules bring along
 * @throws {ConfigError} for bounds that cannot be
 */
export function boundsOf({ maxEntries, maxBytes = Infinity }: TierBounds, brought: number): Bounds {
  bound("maxBytes", maxBytes);
  const isFree = maxBytes === Infinity && brought === Infinity;
  const most = Math.min(bound("maxEntries", maxEntries ?? (isFree ? 10_000 : Infinity)), brought);
  if (most === Infinity && isFree) throw invalid("maxEntries", "finite without maxBytes", maxEntries);
  return { maxEntries: most, maxBytes };
}

/** @throws {ConfigError} for what is no bound */
function bound(option: string, value: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value > 0)) return value;
  throw invalid(option, "a positive integer", value);
}
