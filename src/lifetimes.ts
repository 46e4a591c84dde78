/**
 * Lifetimes: how long an entry lives and when it is made anew, in milliseconds.
 *
 * @module
 */
import { number } from "./checks.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { invalid, oneOf } from "./errors.ts";
import type { CacheOptions, LoadOptions } from "./options.ts";
import type { TierOptions } from "./tier.ts";

/** `FreshnessOptions` in milliseconds, complete. */
export interface Lifetimes {
  readonly ttl: number;
  readonly grace: number;
  readonly swr: number;
  readonly jitter: number;
  readonly softTimeout: number;
  readonly hardTimeout: number;
  readonly refreshAhead: number;
  readonly earlyRefresh: number;
  readonly negativeTtl: number;
  readonly lease: number;
  /** Below 0: twice the lease. */
  readonly leaseTimeout: number;
}

/** Those of a cache that sets none. */
const NO_LIFETIMES: Lifetimes = {
  ttl: Infinity,
  grace: 0,
  swr: 0,
  jitter: 0,
  softTimeout: Infinity,
  hardTimeout: Infinity,
  refreshAhead: 0,
  earlyRefresh: 0,
  negativeTtl: 0,
  lease: 10_000,
  leaseTimeout: -1,
};

/** The greatest value of those that are no durations. */
const NUMBERS: Record<string, number> = { jitter: 1, refreshAhead: 1, earlyRefresh: Infinity };

/** Whether an option is one of {@linkcode Lifetimes}. */
export function isLifetime(option: string): boolean {
  return Object.hasOwn(NO_LIFETIMES, option);
}

/**
 * Lifetimes of a call over the cache's own, or without these, of a cache.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function resolveLifetimes(options: LoadOptions | CacheOptions, defaults: Lifetimes = NO_LIFETIMES): Lifetimes {
  // Most calls set none.
  let lifetimes: Record<string, number> | undefined;
  for (const option in options) {
    if (!(option in NO_LIFETIMES)) continue;
    const value = options[option as keyof Lifetimes];
    // A function of the value is asked when there is one.
    if (value === undefined || (typeof value === "function" && defaults !== NO_LIFETIMES)) continue;
    const most = NUMBERS[option];
    lifetimes ??= { ...defaults };
    lifetimes[option] =
      option === "ttl"
        ? toMilliseconds(value as Duration, option)
        : most
          ? number(option, value, most)
          : span(option, value === false ? 0 : (value as Duration));
  }
  return (lifetimes as unknown as Lifetimes) ?? defaults;
}

/**
 * The longest stay in a tier, in milliseconds.
 *
 * @throws {ConfigError} for a wrong `ttl` or `write`
 */
export function tierTtl({ ttl = Infinity, write = "through" }: TierOptions): number {
  const milliseconds = toMilliseconds(ttl, "ttl");
  if (milliseconds <= 0) throw invalid("ttl", "above 0", ttl);
  oneOf("write", ["through", "behind", "around"], write);
  return milliseconds;
}

/** @throws {ConfigError} unless the value is a duration of 0 or more */
export function span(option: string, value: Duration): number {
  return number(option, toMilliseconds(value, option));
}
