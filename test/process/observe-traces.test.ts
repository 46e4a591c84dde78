import { ok } from "node:assert/strict";
import { test } from "node:test";
import { hasTraces, keysOf } from "../../bench/hit-ratio/traces.ts";
import { createCache, memory } from "../../mod.ts";
import { hotKeys } from "../../src/observe/mod.ts";

const TRACES = [
  "arc_OLTP",
  "c2k_web07",
  "clockpro_domains",
  "nasa_19950801",
  "corda_vaultservice",
  "addr_gcc",
  "addr_twolf",
  "lirs_2_pools",
  "lirs_cpp",
  "lirs_sprite",
  "lirs_multi1",
  "lirs_multi2",
  "lirs_multi3",
];

for (const trace of TRACES)
  test(`${trace}: of the 20 keys that are read most 19 are told at least`, {
    skip: hasTraces ? false : "needs the traces beside the project",
  }, async () => {
    const cache = createCache({ tiers: [memory({ maxEntries: 1_000 })] });
    const hot = hotKeys(cache);
    const exact = new Map<string, number>();
    const face = cache.sync as { getOrSet(key: string, loader: () => number): number };
    for (const [i, key] of keysOf(trace).entries()) {
      // As it does by itself every second.
      if (i % 50_000 === 0) hot.top(0);
      face.getOrSet(key, () => 1);
      exact.set(key, (exact.get(key) ?? 0) + 1);
    }
    const told = hot.top(20);
    const counts = [...exact.values()].sort((a, b) => b - a);
    // With equal counts at the end, each of them is among the first 20.
    const least = counts[19]!;
    const right = told.filter(({ key }) => exact.get(key as string)! >= least).length;
    ok(right >= 19, `${right} of 20 are right`);
    for (const { key, count, error } of told) {
      const real = exact.get(key as string)!;
      ok(count >= real && count - error <= real, `${String(key)}: ${count} ± ${error} of ${real}`);
    }
    await cache.close();
  });
