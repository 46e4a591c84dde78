import type { MemoryOptions } from "../../../mod.ts";
import { fifo, lfu, lifetime, lru } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { suite } from "../../contract/mod.ts";
import { type RunOptions, run } from "./ledger-of-entries.ts";

const POLICIES: Record<string, MemoryOptions> = {
  "the default": {},
  lru: { policy: lru() },
  lfu: { policy: lfu() },
  fifo: { policy: fifo() },
  lifetime: { rules: [lifetime()] },
};

const LOADS: Record<string, [options: MemoryOptions, spec: Partial<RunOptions>]> = {
  "one entry": [{ maxEntries: 1 }, { keys: 5 }],
  "few entries": [{ maxEntries: 10 }, { keys: 40 }],
  "many entries": [{ maxEntries: 500 }, { keys: 2_000 }],
  "entries that end": [{ maxEntries: 100 }, { keys: 300, withEnds: true }],
  "entries that weigh alike": [{ maxBytes: 1_000 }, { keys: 300, weigh: () => 10 }],
  "entries of every weight, some too heavy": [
    { maxBytes: 1_000 },
    { keys: 300, weigh: (random) => random ** 4 * 1_200 },
  ],
  "weights and ends and both bounds": [
    { maxBytes: 2_000, maxEntries: 50 },
    { keys: 300, withEnds: true, weigh: (random) => 1 + Math.floor(random * 100) },
  ],
};

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite(
  "the books of memory",
  Object.fromEntries(
    Object.entries(POLICIES).flatMap(([policy, own]) =>
      Object.entries(LOADS).map(([load, [options, spec]]) => [
        `${policy}, ${load}: what is there is what was written and did not leave`,
        async () => {
          for (const seed of [1, 2])
            await run({ ...options, ...own }, { seed, steps: 3_000, keys: 100, every: 7, ...spec });
        },
      ]),
    ),
  ),
);
