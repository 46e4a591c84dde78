/**
 * The numbers of a cache as instruments of OpenTelemetry.
 *
 * @module
 */
import type { BatchObservableCallback, Meter } from "@opentelemetry/api";
import type { Cache } from "../api.ts";
import type { AnyScopes } from "../scope/types.ts";

/** Bounds in seconds that are advised for durations. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Makes the instruments; returns what ends them. */
export function observeNumbers(cache: Cache<AnyScopes>, meter: Meter): () => void {
  const counter = (name: string, unit: string, description: string) =>
    meter.createObservableCounter(`tiercel.${name}`, { unit, description });
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(`tiercel.${name}`, { unit, description });
  const reads = counter("reads", "{read}", "Reads by outcome");
  const sets = counter("sets", "{entry}", "Values stored");
  const deletes = counter("deletes", "{entry}", "Entries deleted by the caller");
  const evictions = counter("evictions", "{entry}", "Entries that left before they were asked to");
  const tierReads = counter("tier.reads", "{read}", "Reads of a tier by outcome");
  const tierErrors = counter("tier.errors", "{error}", "Faults of a tier");
  const entries = gauge("entries", "{entry}", "Entries in a tier in this process");
  const memory = gauge("memory", "By", "Estimated memory of the entries of a tier in this process");
  const own = { "tiercel.cache": cache.name };
  const observe: BatchObservableCallback = (result) => {
    const stats = cache.stats();
    for (const [outcome, number] of [
      ["hit", stats.hits],
      ["stale", stats.staleHits],
      ["miss", stats.misses],
    ] as const)
      result.observe(reads, number, { ...own, "tiercel.outcome": outcome });
    result.observe(sets, stats.sets, own);
    result.observe(deletes, stats.deletes, own);
    for (const [reason, number] of Object.entries(stats.evictions))
      result.observe(evictions, number, { ...own, "tiercel.reason": reason });
    for (const tier of stats.tiers) {
      const labels = { ...own, "tiercel.tier": tier.name };
      result.observe(tierReads, tier.hits, { ...labels, "tiercel.outcome": "hit" });
      result.observe(tierReads, tier.misses, { ...labels, "tiercel.outcome": "miss" });
      result.observe(tierErrors, tier.errors, labels);
      if (tier.entries !== undefined) result.observe(entries, tier.entries, labels);
      if (tier.bytes !== undefined) result.observe(memory, tier.bytes, labels);
    }
  };
  const instruments = [reads, sets, deletes, evictions, tierReads, tierErrors, entries, memory];
  meter.addBatchObservableCallback(observe, instruments);
  const loads = meter.createHistogram("tiercel.load.duration", {
    unit: "s",
    description: "How long calls of loaders took",
    advice: { explicitBucketBoundaries: BOUNDS },
  });
  const unlisten = cache.on("load", ({ duration, ok, background }) =>
    loads.record(duration / 1_000, { ...own, "tiercel.ok": ok, "tiercel.background": background }),
  );
  return () => {
    meter.removeBatchObservableCallback(observe, instruments);
    unlisten();
  };
}
