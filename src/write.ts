/**
 * From a value and the options of a call to the entry that goes to the tiers.
 *
 * @module
 */

import { checkLeaseTimeout, checkVersion } from "./checks.ts";
import { toMilliseconds } from "./duration.ts";
import type { Entry } from "./entry.ts";
import { callable, mustBe, ValueError } from "./errors.ts";
import type { Key } from "./key.ts";
import { type Lifetimes, resolveLifetimes } from "./lifetimes.ts";
import type { Loader } from "./load/loader.ts";
import { isPromise } from "./maybe.ts";
import { isOff, type Off } from "./off.ts";
import type { LoadOptions } from "./options.ts";
import type { Resolved } from "./resolved.ts";
import { type Space, tagNames } from "./space.ts";
import type { Found } from "./store.ts";
import type { Write } from "./tier.ts";

/** One call that brings a value: where it goes, and the options of the call. */
export interface Request {
  /** The key as the tiers know it. */
  readonly text: string;
  readonly key: Key;
  readonly options: LoadOptions;
  /** Those of the cache when the call began. */
  readonly settings: Resolved;
  /** What was switched off when it was last begun. */
  readonly off: Off | undefined;
  readonly lifetimes: Lifetimes;
  /** Version that the entry has, or must have. */
  readonly version: string | undefined;
  readonly space: Space;
  /** Those of the call when it began; a function is asked when there is a value. */
  readonly tags: LoadOptions["tags"];
  /** Makes the value, where the call does not bring it. */
  readonly loader: Loader | undefined;
  /** The call that it belongs to, with others. */
  call?: object;
  /** When the call began, where it had to wait for something before it got here. */
  since?: number;
  /** When the entry was made that may be served to this caller. */
  accepted?: number | undefined;
  /** The entry that may not, but to others. */
  refused?: Found | undefined;
  /** The value that its schema has seen last, and what it gave back. */
  fitted?: { readonly value: unknown; readonly output: unknown };
  /** How often it began again, since what others brought was not for it. */
  repeats: number;
  /** Whether it waits for the load of another for as long as that takes, whatever its `hardTimeout`. */
  isPatient?: boolean;
  /** Whether it is loaded anew whatever is there, which stays where that fails. */
  readonly isForced?: boolean;
}

/** @throws {KeyError} for what is no key or tag; {ConfigError} for a wrong option */
export function newRequest(
  key: Key,
  options: LoadOptions,
  space: Space,
  loader?: Loader,
  settings: Resolved = space.engine.options,
): Request {
  const { version = settings.version, onLeaseTimeout, tags, shouldCache } = options;
  if (onLeaseTimeout !== undefined) checkLeaseTimeout(onLeaseTimeout);
  checkVersion(version);
  if (tags && typeof tags !== "function") tagNames(tags);
  if (shouldCache) callable("shouldCache", shouldCache);
  const { disabled: off } = space.engine;
  const lifetimes = lifetimesOf(options, settings, off);
  // What is set is made at once; while it is loaded, the caller may change the array.
  const fixed = loader && Array.isArray(tags) ? [...tags] : tags;
  const text = space.encode(key);
  return { text, key, options, tags: fixed, settings, off, lifetimes, version, space, loader, repeats: 0 };
}

/** There may be an entry that is not to be seen, and then there are no leases; nor is a failure kept. */
function lifetimesOf(options: LoadOptions, settings: Resolved, off: Off | undefined): Lifetimes {
  const own = resolveLifetimes(options, settings);
  return off ? { ...own, lease: 0, negativeTtl: 0 } : own;
}

/** A request as it is to be made by now: something may have been switched off or on since it was. */
export function renewed(request: Request): Request {
  const { options, settings, space, off } = request;
  const { disabled } = space.engine;
  return off === disabled
    ? request
    : { ...request, off: disabled, lifetimes: lifetimesOf(options, settings, disabled) };
}

/** What is known of a load beyond its value, and what the loader has decided about it. */
export interface Decision {
  ttl?: number | string;
  tags?: readonly string[];
  /** Not to be stored, and what is there stays. */
  skip?: boolean;
  /** Sequence before the load began. */
  sequence?: number;
  /** How long the load took, in milliseconds. */
  loadTime?: number;
  /** Under which it was loaded. */
  lease?: number | undefined;
}

/**
 * The write of a value, or `undefined` when its ttl is 0 or less or it is switched off (`decision.skip`), and it must not be kept.
 *
 * @throws {ValueError} for `undefined` and promises; {ConfigError} for a wrong ttl; {KeyError} for a wrong tag
 */
export function newWrite(value: unknown, request: Request, decision: Decision = {}): Write | undefined {
  if (value === undefined || isPromise(value)) {
    throw new ValueError(mustBe("value", "neither undefined nor a promise", value));
  }
  const { text, key, options, settings, off, lifetimes, version, space } = request;
  const { engine } = space;
  const { ttl = typeof options.ttl === "function" ? options.ttl(value, { key }) : lifetimes.ttl, tags = request.tags } =
    decision;
  if ((off || engine.disabled) && isDisabled(value, request, tags)) {
    decision.skip = true;
    return undefined;
  }
  const lifetime = toMilliseconds(ttl, "ttl");
  if (lifetime <= 0 || isUnwanted(value, request)) return undefined;
  const createdAt = engine.now();
  const freshUntil =
    createdAt + (lifetime === Infinity ? lifetime : lifetime * (1 - lifetimes.jitter * settings.random()));
  const entry: Entry = {
    value,
    createdAt,
    freshUntil,
    staleUntil: freshUntil + Math.max(lifetimes.grace, lifetimes.swr),
    tags: tagsOf(value, request, tags),
    sequence: decision.sequence ?? (engine.isAuthority ? engine.ledger.latest : undefined),
    version,
    loadTime: decision.loadTime ?? 0,
    profile: settings.profile,
  };
  return { key: text, entry, codec: options.codec ?? settings.codec, lease: decision.lease };
}

/** Whether what would be written is switched off, or was when the call began. */
function isDisabled(value: unknown, request: Request, tags: LoadOptions["tags"]): boolean {
  const names = () => tagsOf(value, request, tags);
  return isOff(request.off, names) || isOff(request.space.engine.disabled, names);
}

/** Tags of the call and of the cache, as the tiers know them. */
function tagsOf(value: unknown, { key, settings, space }: Request, tags: LoadOptions["tags"]): readonly string[] {
  const own = typeof tags === "function" ? tags(value, { key }) : tags;
  if (settings.tags.length === 0) return own ? space.encodeTags(own) : space.tags;
  return space.encodeTags(own ? settings.tags.concat(own) : settings.tags);
}

/** @throws {ValueError} when it cannot be told at once */
function isUnwanted(value: unknown, { key, options }: Request): boolean {
  if (!options.shouldCache) return false;
  const wanted: unknown = options.shouldCache(value, { key });
  if (isPromise(wanted)) throw new ValueError(mustBe("answer of shouldCache", "given at once", wanted));
  return !wanted;
}

/** Counts and reports what was stored, and has it swept when its time is over. */
export function written(key: Key, { key: text, entry }: Write, space: Space): void {
  const { engine } = space;
  const { createdAt, freshUntil, tags } = entry;
  space.add("sets");
  space.stored?.(text);
  if (freshUntil !== Infinity) engine.expiring();
  engine.emit("set", () => ({ key, ttl: freshUntil - createdAt, tags: space.decodeTags(tags) }));
}
