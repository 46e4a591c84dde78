/**
 * What the reference tier keeps.
 *
 * @module
 */
import type { Entry } from "../../src/entry.ts";
import type { Change } from "../../src/tier.ts";

/** The invalidation sequences of the last invalidation of each mode. */
export interface Mark {
  readonly deleted: number;
  readonly expired: number;
}

/** An invalidation by a set of tags that an entry must have all of, or exactly. */
export interface Rule extends Mark {
  readonly tags: readonly string[];
  readonly exact: boolean;
}

/** One change in a journal. */
export interface JournalRecord {
  /** 1 for the first change ever, and one more for each. */
  readonly position: number;
  /** The tier that made it. */
  readonly origin: object;
  readonly change: Change;
}

/** What a `mapTier` keeps. Two tiers over one `MapData` are two processes over one store. */
export interface MapData {
  readonly entries: Map<string, Entry>;
  /** By tag. A tag that entries have but that is not in here makes misses of them. */
  readonly tags: Map<string, Mark>;
  /** Invalidations with `match: "all"` and `"exact"`, the last of each set of tags. Grows with those sets; never shrinks. */
  readonly rules: Map<string, Rule>;
  /** By key. One that ran out stays until it is taken, given back or revoked. */
  readonly leases: Map<string, { readonly id: number; readonly until: number }>;
  /** The last changes, oldest first, at most {@linkcode MapData.journalLimit}. */
  readonly journal: JournalRecord[];
  readonly journalLimit: number;
  /** Position of the last change; 0 before the first. */
  position: number;
  /** The invalidation sequence. */
  sequence: number;
  lastLease: number;
}

/** Options of {@linkcode mapData}. */
export interface MapDataOptions {
  /** Most changes in the journal; a batch is one. Whoever looks from further back is told that all may have changed. Default 1000. */
  journal?: number;
}

/** An empty store for `mapTier`. */
export function mapData({ journal = 1000 }: MapDataOptions = {}): MapData {
  return {
    entries: new Map(),
    tags: new Map(),
    rules: new Map(),
    leases: new Map(),
    journal: [],
    journalLimit: journal,
    position: 0,
    sequence: 0,
    lastLease: 0,
  };
}
