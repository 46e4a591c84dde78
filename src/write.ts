/**
 * From a value and the options of a call to the entry that goes to the tiers.
 *
 * @module
 */
import { toMilliseconds } from "./duration.ts";
import type { Entry } from "./entry.ts";
import { mustBe, ValueError } from "./errors.ts";
import type { Key } from "./key.ts";
import type { Loader } from "./load.ts";
import { isPromise } from "./maybe.ts";
import { checkLeaseTimeout, type Lifetimes, type LoadOptions, resolveLifetimes } from "./options.ts";
import type { Space } from "./space.ts";
import type { Write } from "./tier.ts";

/** One call that brings a value: where it goes, and the options of the call. */
export interface Request {
  /** The key as the tiers know it. */
  readonly text: string;
  readonly key: Key;
  readonly options: LoadOptions;
  readonly lifetimes: Lifetimes;
  /** Version that the entry has, or must have. */
  readonly version: string | undefined;
  readonly space: Space;
  /** Makes the value, where the call does not bring it. */
  readonly loader: Loader | undefined;
}

/** @throws {KeyError} for what is no key; {ConfigError} for a wrong option */
export function newRequest(key: Key, options: LoadOptions, space: Space, loader?: Loader): Request {
  const { options: cache } = space.engine;
  const { version = cache.version, onLeaseTimeout } = options;
  if (onLeaseTimeout !== undefined) checkLeaseTimeout(onLeaseTimeout);
  return { text: space.encode(key), key, options, lifetimes: resolveLifetimes(options, cache), version, space, loader };
}

/** What is known of a load beyond its value, and what the loader has decided about it. */
export interface Decision {
  ttl?: number | string;
  tags?: readonly string[];
  /** Not to be stored. */
  skip?: boolean;
  /** Sequence before the load began. */
  sequence?: number;
  /** How long the load took, in milliseconds. */
  loadTime?: number;
  /** Under which it was loaded. */
  lease?: number | undefined;
}

/**
 * The write of a value, or `undefined` when its ttl is 0 or less and it must not be kept.
 *
 * @throws {ValueError} for `undefined` and promises; {ConfigError} for a wrong ttl; {KeyError} for a wrong tag
 */
export function newWrite(value: unknown, request: Request, decision: Decision = {}): Write | undefined {
  if (value === undefined || isPromise(value)) {
    throw new ValueError(mustBe("value", "neither undefined nor a promise", value));
  }
  const { text, key, options, lifetimes, version, space } = request;
  const { engine } = space;
  const { ttl = typeof options.ttl === "function" ? options.ttl(value, { key }) : lifetimes.ttl, tags = options.tags } =
    decision;
  const lifetime = toMilliseconds(ttl, "ttl");
  if (lifetime <= 0) return undefined;
  const names = typeof tags === "function" ? tags(value, { key }) : tags;
  const { options: cache, ledger } = engine;
  const createdAt = engine.now();
  const freshUntil =
    createdAt + (lifetime === Infinity ? lifetime : lifetime * (1 - lifetimes.jitter * cache.random()));
  const entry: Entry = {
    value,
    createdAt,
    freshUntil,
    staleUntil: freshUntil + Math.max(lifetimes.grace, lifetimes.swr),
    tags: names ? space.encodeTags(names) : space.tags,
    sequence: decision.sequence ?? (engine.isAuthority ? ledger.latest : undefined),
    version,
    loadTime: decision.loadTime ?? 0,
  };
  return { key: text, entry, codec: options.codec ?? cache.codec, lease: decision.lease };
}

/** Counts and reports what was stored, and has it swept when its time is over. */
export function written(key: Key, { createdAt, freshUntil, tags }: Entry, space: Space): void {
  const { engine } = space;
  space.counters.sets++;
  if (freshUntil !== Infinity) engine.expiring();
  engine.emit("set", () => ({ key, ttl: freshUntil - createdAt, tags: space.decodeTags(tags) }));
}
