/**
 * Cache URLs: a scheme and what stands after it, or a plain path.
 *
 * @module
 */
import type { ByteSteps } from "../src/bytes/tier.ts";
import { ConfigError, invalid } from "../src/errors.ts";
import type { Tier, TierOptions } from "../src/tier.ts";

/** A cache URL in its parts. */
export interface CacheUrl {
  /** In lower case, without the colon; `"file"` for a plain path. */
  readonly scheme: string;
  /** What stands after the colon; the whole of a plain path. */
  readonly rest: string;
  /** As it was given. */
  readonly whole: string;
  /** Named in errors: where the URL came from. */
  readonly option: string;
}

/** Options that every store takes, whatever the URL is of. */
export interface StoreOptions extends TierOptions, ByteSteps {}

/** What a URL may refer to besides itself. */
export interface Surroundings {
  /** A variable of the environment. */
  readonly environment: (name: string) => string | undefined;
  /** Token of the store, where it was given beside the URL. */
  readonly token?: string | undefined;
  /** Bindings of a Worker, by name. */
  readonly env?: object | undefined;
  /** Options of the store itself. */
  readonly store?: StoreOptions | undefined;
}

/** Makes the tiers below memory from a URL of one scheme. */
export type Scheme = (url: CacheUrl, from: Surroundings) => readonly Tier[];

// One letter before a colon is a drive: C:\cache.db.
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):/;

/** Longest part of an unknown scheme that an error shows: it may be anything, pasted by mistake. */
const MAX_SHOWN = 20;

/**
 * Splits a cache URL. No error has more of it than the scheme, since the rest may hold a token.
 *
 * @throws {ConfigError} when it is no string, or empty
 */
export function parseUrl(url: string, option: string): CacheUrl {
  if (typeof url !== "string" || url === "") throw invalid(option, "a URL or a path", url);
  const scheme = SCHEME.exec(url)?.[1];
  if (scheme === undefined) return { scheme: "file", rest: url, whole: url, option };
  return { scheme: scheme.toLowerCase(), rest: url.slice(scheme.length + 1), whole: url, option };
}

/**
 * The tiers below memory that a URL asks for.
 *
 * @param schemes what this runtime knows besides `memory:`
 * @throws {ConfigError} for an unknown scheme, or what a scheme refuses
 */
export function lowerTiers(
  url: string,
  option: string,
  schemes: Readonly<Record<string, Scheme>>,
  from: Surroundings,
): readonly Tier[] {
  const parts = parseUrl(url, option);
  if (parts.scheme === "memory") {
    if (parts.rest === "") return [];
    throw new ConfigError(option, `Cannot use ${option} as memory: must have nothing after the colon`);
  }
  const scheme = Object.hasOwn(schemes, parts.scheme) ? schemes[parts.scheme] : undefined;
  if (scheme) return byItsNames(option, () => scheme(parts, from));
  const known = ["memory", ...Object.keys(schemes)].map((name) => `${name}:`);
  const rule = `${known.length > 1 ? "one of " : ""}${known.join(", ")}${"file" in schemes ? " or a path" : ""}`;
  const received = parts.rest === parts.whole ? "a path" : `${parts.scheme.slice(0, MAX_SHOWN)}:`;
  throw new ConfigError(option, `Cannot use ${option} as its scheme must be ${rule}: received ${received}`);
}

/** Lets an error of an adapter name what the caller gave: adapters call it by names of their own. */
function byItsNames<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const given = { target: option, authToken: "token" }[error.option];
    if (given === undefined) throw error;
    throw new ConfigError(given, error.message.replace(` ${error.option} `, ` ${given} `));
  }
}
