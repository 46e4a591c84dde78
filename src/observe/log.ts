/**
 * Logs of accesses and evictions: what is in them, and where they are kept.
 *
 * @module
 */
import type { EvictionReason } from "../events.ts";
import type { MaybePromise } from "../tier.ts";

/** How often a key was read. */
export interface Access<K = string> {
  readonly key: K;
  readonly count: number;
  /** When it was read last, in milliseconds since the epoch, to about a second. */
  readonly lastAt: number;
  /** The profile that was in force then. */
  readonly profile: string | undefined;
}

/** An entry that left. */
export interface Eviction<K = string> {
  /** Its key; or, where many were invalidated at once without a look at each, what was invalidated. */
  readonly key: K;
  readonly at: number;
  readonly reason: EvictionReason;
  /** How often the access log had it read by then, if it has it. */
  readonly accesses: number | undefined;
  /** The profile that was in force. */
  readonly profile: string | undefined;
}

/** Which part of a log. */
export interface LogQuery {
  /** Only keys that begin so. */
  readonly prefix: string;
  /** Only this key. */
  readonly key?: string | undefined;
  readonly limit: number;
  /** Of accesses: the latest first, or those that were read most often. Evictions: the latest first. */
  readonly order?: "last" | "count" | undefined;
}

/** Most rows of each log. */
export interface LogBounds {
  readonly accesses: number;
  readonly evictions: number;
}

/** A log of both. */
export type LogName = keyof LogBounds;

/** Where logs are kept. Keys are whole: with the prefix of their cache. */
export interface LogStore {
  /** Adds to both logs in one step, accesses first, and forgets the oldest beyond the bounds. */
  add(
    accesses: readonly Access[],
    evictions: readonly Omit<Eviction, "accesses">[],
    bounds: LogBounds,
  ): MaybePromise<void>;
  accesses(query: LogQuery): MaybePromise<readonly Access[]>;
  evictions(query: LogQuery): MaybePromise<readonly Eviction[]>;
  /** Forgets keys that begin so, or this one alone; answers how many rows. */
  forget(log: LogName, prefix: string, key?: string): MaybePromise<number>;
}

/** A log in memory, where no tier can keep one. */
export function memoryLog(): LogStore {
  const accesses = new Map<string, Access>();
  let evictions: Eviction[] = [];
  const fits = ({ prefix, key }: Pick<LogQuery, "prefix" | "key">) =>
    key === undefined
      ? (row: { key: string }) => row.key.startsWith(prefix)
      : (row: { key: string }) => row.key === key;
  return {
    add(read, left, bounds) {
      for (const { key, count, lastAt, profile } of read) {
        const known = accesses.get(key)?.count ?? 0;
        // Anew, so that the map is in the order of the last accesses.
        accesses.delete(key);
        accesses.set(key, { key, count: known + count, lastAt, profile });
      }
      for (const key of accesses.keys()) {
        if (accesses.size <= bounds.accesses) break;
        accesses.delete(key);
      }
      for (const row of left) evictions.push({ ...row, accesses: accesses.get(row.key)?.count });
      if (evictions.length > bounds.evictions) evictions = evictions.slice(-bounds.evictions);
    },
    accesses(query) {
      const rows = [...accesses.values()].filter(fits(query)).reverse();
      if (query.order === "count") rows.sort((a, b) => b.count - a.count);
      return rows.slice(0, query.limit);
    },
    evictions(query) {
      return evictions.filter(fits(query)).reverse().slice(0, query.limit);
    },
    forget(log, prefix, key) {
      const test = fits({ prefix, key });
      if (log === "evictions") {
        const before = evictions.length;
        evictions = evictions.filter((row) => !test(row));
        return before - evictions.length;
      }
      const gone = [...accesses.values()].filter(test);
      for (const row of gone) accesses.delete(row.key);
      return gone.length;
    },
  };
}
