/**
 * From a value and the options of a call to the entry that goes to the tiers.
 *
 * @module
 */
import { toMilliseconds } from "./duration.ts";
import { type Entry, NO_TAGS } from "./entry.ts";
import { ValueError } from "./errors.ts";
import type { CacheEvents } from "./events.ts";
import type { Key } from "./key.ts";
import type { Lifetimes, LoadOptions, Resolved } from "./options.ts";
import type { Space } from "./space.ts";

/** What a loader may decide about its own result. */
export interface Decision {
  readonly ttl?: number | string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Sequence before the load began. */
  readonly sequence?: number | undefined;
  /** How long the load took, in milliseconds. */
  readonly loadTime?: number;
}

/**
 * The entry of a value, or `undefined` when its ttl is 0 or less and it must not be kept.
 *
 * @throws {ValueError} for `undefined` and promises; {ConfigError} for a wrong ttl; {KeyError} for a wrong tag
 */
export function newEntry(
  value: unknown,
  key: Key,
  options: LoadOptions,
  lifetimes: Lifetimes,
  space: Space,
  cache: Resolved,
  decision: Decision = {},
): Entry | undefined {
  if (value === undefined) throw new ValueError("Cannot store value as it must not be undefined: undefined means a miss");
  if (typeof (value as { then?: unknown } | null)?.then === "function") {
    throw new ValueError("Cannot store value as it must not be a promise: await it first");
  }
  const ttl =
    decision.ttl !== undefined
      ? toMilliseconds(decision.ttl, "ttl")
      : typeof options.ttl === "function"
        ? toMilliseconds(options.ttl(value, { key }), "ttl")
        : lifetimes.ttl;
  if (ttl <= 0) return undefined;
  const tags = decision.tags ?? (typeof options.tags === "function" ? options.tags(value, { key }) : options.tags);
  const createdAt = cache.clock.now();
  const freshUntil = createdAt + (ttl === Infinity ? ttl : ttl * (1 - lifetimes.jitter * cache.random()));
  return {
    value,
    createdAt,
    freshUntil,
    staleUntil: freshUntil + Math.max(lifetimes.grace, lifetimes.swr),
    tags: tags === undefined || tags.length === 0 ? NO_TAGS : space.encodeTags(tags),
    sequence: decision.sequence,
    version: options.version ?? cache.version,
    loadTime: decision.loadTime ?? 0,
  };
}

/** What the `set` event tells of an entry. */
export function setEvent(key: Key, { createdAt, freshUntil, tags }: Entry, space: Space): CacheEvents["set"] {
  return { key, ttl: freshUntil - createdAt, tags: space.decodeTags(tags) };
}
