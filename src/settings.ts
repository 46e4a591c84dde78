/**
 * Settings: the options of a cache that can be changed while it is at work.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { checkOptions, invalid } from "./errors.ts";
import { isLifetime } from "./lifetimes.ts";
import type { CacheOptions } from "./options.ts";
import { resolveOptions } from "./resolved.ts";

/**
 * What `cache.configure` changes. A setting that is left out stays as it is; `undefined` is what `createCache` was given. `maxEntries` and
 * `maxBytes` are the bounds of the memory tier, of which `maxBytes` must have been given when it was made.
 */
export type Settings = {
  [K in Exclude<keyof CacheOptions, "name" | "tiers" | "prefix" | "scopes" | "bus" | "clock" | "random">]?:
    | CacheOptions[K]
    | undefined;
} & { maxBytes?: number | undefined };

/** Settings besides those of `FreshnessOptions`. */
const OTHERS = [
  "onLeaseTimeout",
  "version",
  "tags",
  "profile",
  "codec",
  "onError",
  "coherence",
  "sweepInterval",
  "waitUntil",
  "logger",
  "maxEntries",
  "maxBytes",
];

/**
 * Changes settings, all at once or none.
 *
 * @throws {ConfigError} naming what cannot be changed, or is wrong
 */
export function configure(engine: Engine, patch: Settings): void {
  checkOptions(patch, "patch");
  for (const [name, value] of Object.entries(patch))
    if (!isLifetime(name) && !OTHERS.includes(name)) throw invalid(name, "left out of what is changed", value);
  const merged = (): Settings =>
    Object.fromEntries(Object.entries({ ...engine.changes, ...patch }).filter(([, value]) => value !== undefined));
  const resolved = (changes: Settings) => resolveOptions({ ...engine.given, ...changes } as CacheOptions);
  const changes = merged();
  resolved(changes);
  const { maxEntries, maxBytes } = changes;
  if ("maxEntries" in patch || "maxBytes" in patch) {
    const tier = engine.store.tiers.find((one) => one.resize);
    if (!tier && (maxEntries ?? maxBytes) !== undefined)
      throw invalid(maxEntries === undefined ? "maxBytes" : "maxEntries", "left out where no tier is memory()", patch);
    // It refuses what is wrong, and nothing that follows can fail.
    tier?.resize?.({ maxEntries, maxBytes });
  }
  // What had to leave may have been told to somebody who changed settings as well.
  engine.changes = merged();
  engine.replace(resolved(engine.changes));
}
