/**
 * What a view of a cache has counted: its own space, and the root all of them.
 *
 * @module
 */
import type { Space } from "./space.ts";
import { type CacheStats, newCounters } from "./stats.ts";

/** The counts of a view, and the numbers of the tiers, which all views share. */
export function statsOf(space: Space): CacheStats {
  const counters = newCounters();
  for (const { counters: own } of partsOf(space)) add(counters as never, own as never);
  const tiers = space.engine.store.stats();
  const sum = (of: "errors" | "entries" | "bytes") => tiers.reduce((total, tier) => total + (tier[of] ?? 0), 0);
  const served = counters.hits + counters.staleHits;
  const hitRate = served / (served + counters.misses) || 0;
  return {
    ...counters,
    hitRate,
    errors: sum("errors"),
    size: sum("entries"),
    bytes: sum("bytes"),
    tiers,
  };
}

/** Counts from zero again; the tiers only with the root. */
export function resetStats(space: Space): void {
  for (const { counters } of partsOf(space)) Object.assign(counters, newCounters());
  if (space.prefix === "") space.engine.store.resetStats();
}

/** The spaces that a view counts. */
function partsOf(space: Space): Space[] {
  return space.prefix === "" ? [...space.engine.spaces.values()] : [space];
}

/** Adds numbers to those of the same names. */
function add(sums: { [name: string]: unknown }, numbers: { [name: string]: unknown }): void {
  for (const name in numbers) {
    if (name === "evictions") add(sums[name] as never, numbers[name] as never);
    else sums[name] = ((sums[name] as number) ?? 0) + (numbers[name] as number);
  }
}
