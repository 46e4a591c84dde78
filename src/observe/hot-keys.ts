/**
 * The keys that are read most.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { checkOptions, invalid } from "../errors.ts";
import type { Key } from "../key.ts";
import type { AnyScopes } from "../scope/types.ts";
import { verbsOf } from "../verbs/inside.ts";
import { accessesOf } from "./accesses.ts";
import type { Access } from "./log.ts";
import { type AccessLog, accessLog } from "./logs.ts";
import { SpaceSaving } from "./space-saving.ts";

/** Options of {@linkcode hotKeys}. */
export interface HotKeysOptions {
  /** Keys that are counted at a time: each takes about 100 bytes and its text. Default 2,000. */
  capacity?: number | undefined;
  /** Whether the reads are kept in the access log as well. Default: where the cache has a tier that can keep it (SQLite). */
  persist?: boolean | undefined;
}

/** A key that is read often. */
export interface HotKey {
  readonly key: Key;
  /** How often it was read: never too low. */
  readonly count: number;
  /** By how much `count` may be too high; at most what was read in all, divided by `capacity`. */
  readonly error: number;
}

/** The keys of a cache that are read most. */
export interface HotKeys {
  /** The hottest of this process, hottest first. Default 20. */
  top(limit?: number): HotKey[];
  /** The hottest of all processes and times that the access log knows. */
  persisted(limit?: number): Promise<Access<Key>[]>;
  /** How many reads were counted. */
  readonly total: number;
  /** Begins again. What is persisted stays. */
  reset(): void;
  stop(): Promise<void>;
}

/**
 * Counts which keys are read most, in memory that is bounded (see {@linkcode SpaceSaving}). Of a namespace or scope it tells the keys in
 * there. A read is a hit, a stale hit or a miss.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { hotKeys } from "tiercel/observe";
 *
 * const cache = createCache();
 * const hot = hotKeys(cache);
 * for (let i = 0; i < 3; i++) await cache.get("k");
 * hot.top(1); // [{ key: "k", count: 3, error: 0 }]
 * ```
 */
export function hotKeys(cache: Cache<AnyScopes>, options: HotKeysOptions = {}): HotKeys {
  const verbs = verbsOf(cache);
  const { engine, space } = verbs;
  checkOptions(options);
  const { capacity = 2_000, persist = engine.store.tiers.some(({ logs }) => logs) } = options;
  if (!(Number.isSafeInteger(capacity) && capacity > 0)) throw invalid("capacity", "a positive integer", capacity);
  if (typeof persist !== "boolean") throw invalid("persist", "true or false", persist);
  const sketch = new SpaceSaving(capacity);
  const accesses = accessesOf(verbs);
  const uncount = accesses.count((tally) => {
    for (const [text, { count }] of tally) if (text.startsWith(space.prefix)) sketch.add(text, count);
  });
  const log: AccessLog | undefined = persist ? accessLog(cache) : undefined;
  return {
    top(limit = 20) {
      accesses.drain();
      return sketch.top(limit).map(({ key, ...rest }) => ({ key: space.decode(key), ...rest }));
    },
    async persisted(limit = 20) {
      return (await log?.list({ limit, order: "count" })) ?? [];
    },
    get total() {
      accesses.drain();
      return sketch.total;
    },
    reset() {
      accesses.drain();
      sketch.clear();
    },
    async stop() {
      uncount();
      await log?.stop();
    },
  };
}
