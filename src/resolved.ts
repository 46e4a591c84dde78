/**
 * The options of a cache as it works with them: checked once, and frozen.
 *
 * @module
 */
import type { Bus } from "./bus/bus.ts";
import { checkLeaseTimeout, checkProfile, checkTags, checkVersion, rulesOf } from "./checks.ts";
import { type Clock, hasTimers, systemClock } from "./clock.ts";
import { NO_TAGS } from "./entry.ts";
import { callable, invalid, methods, oneOf } from "./errors.ts";
import { UNUSABLE } from "./key.ts";
import { type Lifetimes, resolveLifetimes, span } from "./lifetimes.ts";
import type { CacheOptions, Logger, OnLeaseTimeout } from "./options.ts";
import type { AnyScopes } from "./scope/types.ts";
import type { Codec } from "./tier.ts";

/** The options of a cache, complete, checked and frozen. */
export interface Resolved extends Lifetimes {
  readonly name: string;
  readonly prefix: string;
  readonly scopes?: object | undefined;
  readonly version?: string | undefined;
  readonly tags: readonly string[];
  readonly profile?: string | undefined;
  readonly codec?: Codec | string | undefined;
  readonly onError: "degrade" | "throw";
  readonly onLeaseTimeout: OnLeaseTimeout;
  readonly coherence: number;
  readonly bus?: Bus | undefined;
  readonly sweepInterval: number;
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws {ConfigError} naming the option that is wrong */
export function resolveOptions(options: CacheOptions<AnyScopes>): Resolved {
  const { name = "default", prefix = "", onError = "degrade", clock = systemClock, random = Math.random } = options;
  const { sweepInterval = hasTimers() ? 60_000 : 0, coherence = 1_000, onLeaseTimeout = "run" } = options;
  if (typeof name !== "string" || !/^[\w.-]{1,64}$/.test(name))
    throw invalid("name", "1 to 64 of A-Z a-z 0-9 . _ -", name);
  if (typeof prefix !== "string" || UNUSABLE.test(prefix))
    throw invalid("prefix", "a string without NUL and lone surrogates", prefix);
  oneOf("onError", ["degrade", "throw"], onError);
  if (options.scopes !== undefined) rulesOf(options);
  checkLeaseTimeout(onLeaseTimeout);
  const { version, profile, codec, waitUntil, tags = NO_TAGS } = options;
  checkVersion(version);
  if (profile !== undefined) checkProfile(profile);
  if (typeof codec !== "string") methods("codec", codec, "encode", "decode");
  checkTags(tags);
  if (waitUntil !== undefined) callable("waitUntil", waitUntil);
  methods("bus", options.bus, "attach");
  methods("logger", options.logger, "warn", "error");
  callable("random", random);
  methods("clock", clock, "now", "setTimer", "clearTimer");
  return Object.freeze({
    ...options,
    ...resolveLifetimes(options),
    name,
    prefix,
    onError,
    onLeaseTimeout,
    tags: Object.freeze([...tags]),
    coherence: span("coherence", coherence),
    sweepInterval: span("sweepInterval", sweepInterval),
    clock,
    random,
  });
}

/** Before the keys and tags of a cache in tiers that it may share with others: no such text is the beginning of another. */
export function sharedPrefix({ name, prefix }: Resolved): string {
  return prefix === "" ? `${name}:` : `${name}/${encodeURIComponent(prefix)}:`;
}
