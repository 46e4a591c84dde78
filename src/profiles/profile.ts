/**
 * A profile: a set of settings with a name.
 *
 * @module
 */

import { checkProfile, checkTags, number } from "../checks.ts";
import { type Duration, toMilliseconds } from "../duration.ts";
import { invalid } from "../errors.ts";
import { bytesOf, MEGABYTE } from "../observe/memory-amount.ts";
import type { MaybePromise } from "../tier.ts";

/** A set of settings with a name. Times are milliseconds. */
export interface Profile {
  /** 1 to 64 characters. */
  readonly name: string;
  /** Time to live of what is written. Default one hour; `Infinity` never ends, 0 is not cached. */
  readonly ttl: number;
  /** How often expired entries are removed in the background; 0 is off. Default one minute. */
  readonly sweepInterval: number;
  /** Whether memory is given back when the machine runs short of it, where `memoryPressure` of `tiercel/observe` watches. Default `true`. */
  readonly memoryPressure: boolean;
  /** Free memory that it is to keep: megabytes, or below 1 the fraction of what there is. Default 500. */
  readonly freeMemoryTarget: number;
  /** How often it is to look. Default 5 seconds. */
  readonly memoryCheckInterval: number;
  /** Bound of the memory tier. Default `undefined`: what it was made with. */
  readonly maxEntries: number | undefined;
  /** Tags of every entry that is written. Default none: those that the cache was made with. */
  readonly tags: readonly string[];
}

/** A profile as it is given: what is left out has its default, times may be such as `"5m"`, and memory such as `"500mb"`. */
export interface ProfileOptions extends ProfilePatch {
  name: string;
}

/** What is changed of a profile. */
export interface ProfilePatch {
  ttl?: Duration | undefined;
  sweepInterval?: Duration | undefined;
  memoryPressure?: boolean | undefined;
  freeMemoryTarget?: number | string | undefined;
  memoryCheckInterval?: Duration | undefined;
  maxEntries?: number | undefined;
  tags?: readonly string[] | undefined;
}

/** Where profiles are kept. */
export interface ProfileStore {
  /** All that are kept, in any order. */
  load(): MaybePromise<readonly ProfileOptions[]>;
  /** Keeps one, in the place of one of the same name. */
  save(profile: Profile): MaybePromise<void>;
  delete(name: string): MaybePromise<void>;
}

const FIELDS = [
  "name",
  "ttl",
  "sweepInterval",
  "memoryPressure",
  "freeMemoryTarget",
  "memoryCheckInterval",
  "maxEntries",
  "tags",
];

/** @throws {ConfigError} naming the field that is wrong, or that there is not */
export function newProfile(given: ProfileOptions): Profile {
  if (typeof given !== "object" || given === null) throw invalid("profile", "an object with a name", given);
  const unknown = Object.keys(given).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw invalid("profile", `made of ${FIELDS.join(", ")}`, unknown);
  const { name, ttl = 3_600_000, sweepInterval = 60_000, memoryPressure = true, freeMemoryTarget = 500 } = given;
  const { memoryCheckInterval = 5_000, maxEntries, tags = [] } = given;
  checkProfile(name);
  if (typeof memoryPressure !== "boolean") throw invalid("memoryPressure", "true or false", memoryPressure);
  if (maxEntries !== undefined && !(Number.isSafeInteger(maxEntries) && maxEntries > 0))
    throw invalid("maxEntries", "a positive integer", maxEntries);
  checkTags(tags);
  const interval = (option: string, value: Duration) => number(option, toMilliseconds(value, option));
  return Object.freeze({
    name,
    ttl: Math.max(0, toMilliseconds(ttl, "ttl")),
    sweepInterval: interval("sweepInterval", sweepInterval),
    memoryPressure,
    freeMemoryTarget: megabytes(freeMemoryTarget),
    memoryCheckInterval: interval("memoryCheckInterval", memoryCheckInterval),
    maxEntries,
    tags: Object.freeze([...tags]),
  });
}

/** A text stands for a megabyte at least, or for nothing, as less would be a fraction. */
function megabytes(target: number | string): number {
  const rule = 'megabytes, a fraction below 1, or a text such as "500mb"';
  const amount = typeof target === "number" ? target : bytesOf("freeMemoryTarget", target, rule) / MEGABYTE;
  if (!(amount >= 0 && amount <= Number.MAX_SAFE_INTEGER)) throw invalid("freeMemoryTarget", rule, target);
  return typeof target === "number" || amount === 0 ? amount : Math.max(1, amount);
}
