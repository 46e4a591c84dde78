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
  errors: number;
  corrupt: number;
  /** Entries copied up into this tier, and how many of those copies failed. */
  promotions: number;
  promotionErrors: number;
}

/** Counters of a cache or namespace. */
export interface Counters {
  hits: number;
  misses: number;
  staleHits: number;
  sets: number;
  deletes: number;
  loads: number;
  loadErrors: number;
}

/** Numbers of one tier. */
export interface TierStats extends LayerCounters {
  name: string;
  breaker: BreakerState;
  /** Where the tier keeps its entries in this process. Bytes are an estimate. */
  entries?: number;
  bytes?: number;
  maxEntries?: number;
  maxBytes?: number;
}

/** What `cache.stats()` returns. Counts are since the start or the last `resetStats()`. */
export interface CacheStats extends Counters {
  /** Hits and stale hits of all reads, 0 to 1; 0 when there were none. */
  hitRate: number;
  /** Entries that left before they were asked to, by reason. */
  evictions: Partial<Record<EvictionReason, number>>;
  /** Faults of tiers. */
  errors: number;
  /** Entries and estimated bytes in this process's memory. */
  size: number;
  bytes: number;
  tiers: TierStats[];
}

/** All zero. */
export function newCounters(): Counters {
  return { hits: 0, misses: 0, staleHits: 0, sets: 0, deletes: 0, loads: 0, loadErrors: 0 };
}

/** All zero. */
export function newLayerCounters(): LayerCounters {
  return { hits: 0, misses: 0, sets: 0, errors: 0, corrupt: 0, promotions: 0, promotionErrors: 0 };
}
