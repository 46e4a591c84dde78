/**
 * The options of a cache as a person or a log may see them.
 *
 * @module
 */
import type { CacheOptions } from "./options.ts";
import type { AnyScopes } from "./scope/types.ts";
import type { Tier } from "./tier.ts";

/** A tier as JSON may have it: never its client, its path or its URL. */
export interface PlainTier {
  readonly name: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Options as JSON may have them. */
export interface PlainConfig {
  readonly name: string;
  readonly tiers: readonly PlainTier[];
  readonly [option: string]: unknown;
}

/** Options whose values are told; of all others, which may hold anything, only the kind is. */
const TOLD = new Set([
  "name",
  "prefix",
  "version",
  "maxEntries",
  "onError",
  "coherence",
  "sweepInterval",
  "ttl",
  "grace",
  "swr",
  "jitter",
  "softTimeout",
  "hardTimeout",
  "refreshAhead",
  "earlyRefresh",
  "negativeTtl",
  "lease",
  "leaseTimeout",
  "onLeaseTimeout",
  "profile",
  "write",
  "timeout",
  "failures",
  "window",
  "cooldown",
]);

/** The options of a cache without anything that may be a secret. */
export function plainConfig({ tiers = [], ...options }: CacheOptions<AnyScopes>): PlainConfig {
  return { name: "default", ...plain(options), tiers: tiers.map(plainTier) };
}

function plainTier({ name, capabilities, options = {} }: Tier): PlainTier {
  return { name, capabilities: { ...capabilities }, options: plain(options) };
}

function plain(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, told(name, value)]));
}

function told(name: string, value: unknown): unknown {
  if (name === "codec" && typeof value === "object" && value !== null) return (value as { id?: unknown }).id;
  if (name === "breaker" && typeof value === "object" && value !== null) return plain(value);
  if (TOLD.has(name)) return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return typeof value === "boolean" ? value : `[${typeof value}]`;
}
