/**
 * The books of memory, for longer: the default policy against millions of random operations.
 *
 *     TIERCEL_LONG=1    ten million of them
 */
import { test } from "node:test";
import { run } from "../unit/memory/ledger-of-entries.ts";

const STEPS = process.env.TIERCEL_LONG ? 10_000_000 : 500_000;

test(`${STEPS} random operations: what is there is what was written and did not leave`, async () => {
  const weigh = (random: number) => 1 + Math.floor(random ** 3 * 200);
  await run({ maxEntries: 2_000 }, { seed: 1, steps: STEPS / 2, keys: 10_000, every: 1_000 });
  await run(
    { maxEntries: 2_000, maxBytes: 50_000 },
    { seed: 2, steps: STEPS / 2, keys: 10_000, withEnds: true, weigh, every: 1_000 },
  );
});
