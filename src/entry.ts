/**
 * The entry: one cached value with what is known about it, as it travels up and down the tiers.
 *
 * @module
 */

/** One cached value with its metadata. Times are milliseconds since the epoch; `Infinity` never ends. */
export interface Entry<V = unknown> {
  readonly value: V;
  /** When the value was made. */
  readonly createdAt: number;
  /** Until when it is fresh. Never moved later by promotion. */
  readonly freshUntil: number;
  /** Until when it may be served stale (`grace`, `swr`), and after which a tier may remove it. At least `freshUntil`. */
  readonly staleUntil: number;
  /** Tags, without duplicates, sorted. */
  readonly tags: readonly string[];
  /**
   * The invalidation sequence as it stood before the value's load began. The entry is valid while no tag of it
   * was invalidated at a later sequence. `undefined` on a write means: as it stands when the tier writes.
   */
  readonly sequence: number | undefined;
  /** The caller's own version of the value's shape; another version asked for on read is a miss. */
  readonly version: string | undefined;
  /** How long the load took, in milliseconds; 0 when the value was set. Feeds the probabilistic early refresh. */
  readonly loadTime: number;
  /** Id of the codec, in tiers that hold bytes. */
  readonly codec?: string | undefined;
  /** Name of the profile that was active at the write. */
  readonly profile?: string | undefined;
  /** Bytes that the tier keeps for the value, where it knows. */
  readonly size?: number | undefined;
}

/** The one empty tag list. */
export const NO_TAGS: readonly string[] = Object.freeze([]);

/** State of an entry at a moment. */
export type Freshness = "fresh" | "stale" | "expired";

/** A clock may be this far behind another's before its entries count as coming from the future: one minute. */
export const CLOCK_TOLERANCE = 60_000;

/**
 * Whether an entry is fresh, stale or expired at `now`.
 *
 * An entry from the future by more than {@linkcode CLOCK_TOLERANCE} counts as expired: its writer's clock was wrong
 * (or ours stepped back), so its deadlines would keep it alive for as long as the clocks differ.
 */
export function freshness(entry: Pick<Entry, "createdAt" | "freshUntil" | "staleUntil">, now: number): Freshness {
  if (entry.freshUntil > now) {
    return entry.createdAt > now + CLOCK_TOLERANCE && entry.freshUntil !== Infinity ? "expired" : "fresh";
  }
  return entry.staleUntil > now ? "stale" : "expired";
}

/** The entry with deadlines no later than `end`. */
export function endingBy<V>(entry: Entry<V>, end: number): Entry<V> {
  return { ...entry, freshUntil: Math.min(entry.freshUntil, end), staleUntil: Math.min(entry.staleUntil, end) };
}
