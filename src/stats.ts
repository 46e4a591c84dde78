/**
 * Counters: plain numbers, so that counting costs next to nothing.
 *
 * @module
 */
import type { BreakerState, EvictionReason } from "./events.ts";

/** Counters of one tier. */
export interface LayerCounters {
  hits: number;
  misses: number;
  sets: number;
  /** Entries that were there and were deleted. Those that a tier elsewhere cleared are not in it. */
  deletes: number;
  /** Entries that left by themselves: whose time was over, and for any other reason. */
  expiries: number;
  evictions: number;
  /** Keys that were new, as far as the tier tells: memory does. What was added and neither deleted nor left is in it. */
  added: number;
  errors: number;
  corrupt: number;
  /** Entries copied up into this tier, and how many of those copies failed. */
  promotions: number;
  promotionErrors: number;
}

/**
 * How reads went. Together they are all, but for those that are refused (a wrong key, a `signal` that is aborted already), and those of what is
 * there where `validate` or a schema throws.
 */
export interface ReadCounters {
  hits: number;
  misses: number;
  staleHits: number;
}

/** Counters of a cache or namespace. */
export interface Counters extends ReadCounters {
  sets: number;
  deletes: number;
  loads: number;
  loadErrors: number;
  /** Entries that left before they were asked to, by reason, of all tiers. */
  evictions: Partial<Record<EvictionReason, number>>;
}

/** Numbers of one tier. */
export interface TierStats extends LayerCounters {
  name: string;
  breaker: BreakerState;
  /** Where the tier keeps its entries in this process, and in `health({ entries: true })` where it can count them. Bytes are an estimate. */
  entries?: number;
  bytes?: number;
  maxEntries?: number;
  maxBytes?: number;
}

/** How one tier is, with its numbers. */
export interface TierHealth extends TierStats {
  /** Whether it answered, in time. */
  ok: boolean;
  /** How long that took, in milliseconds. */
  latency: number;
  /** Why it is not ok. */
  error?: string;
}

/** What `cache.health()` answers. */
export interface CacheHealth {
  /** Whether all tiers, some or none are ok. */
  readonly status: "ok" | "degraded" | "down";
  readonly tiers: readonly TierHealth[];
}

/** What `cache.stats()` returns. Counts are since the start or the last `resetStats()`. */
export interface CacheStats extends Counters {
  /** Hits and stale hits of all reads, 0 to 1; 0 when there were none. */
  hitRate: number;
  /** Faults of tiers. */
  errors: number;
  /**
   * Entries and estimated bytes in this process's memory, of the whole cache. Those that were invalidated by tag are in it until they
   * are overwritten, give way or their time is over, which a read does not change: `size()` leaves them out, and looks at each.
   */
  size: number;
  bytes: number;
  tiers: TierStats[];
}

/** All zero. */
export function newCounters(): Counters {
  return { hits: 0, misses: 0, staleHits: 0, sets: 0, deletes: 0, loads: 0, loadErrors: 0, evictions: {} };
}

/** All zero. */
export function newLayerCounters(): LayerCounters {
  return {
    hits: 0,
    misses: 0,
    sets: 0,
    deletes: 0,
    expiries: 0,
    evictions: 0,
    added: 0,
    errors: 0,
    corrupt: 0,
    promotions: 0,
    promotionErrors: 0,
  };
}
