/**
 * What several processes see of one cache. Each run is of four processes: Node 24, Bun, Deno and Node 22.
 *
 *     TIERCEL_LONG=1    seven times as long, and with several seeds
 *     TIERCEL_SEED=7    this seed alone
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Fleet } from "./fleet.ts";
import { inFolder } from "./folder.ts";
import { type RunOptions, run, tell } from "./run.ts";

const isLong = Boolean(process.env.TIERCEL_LONG);
const seeds = process.env.TIERCEL_SEED ? [Number(process.env.TIERCEL_SEED)] : isLong ? [1, 2, 3] : [1];
/** The rounding of clocks, in milliseconds. */
const ROUNDING = 15;
/** Longer than a run may take: whoever waits for one that nobody gives back never ends. */
const LEASE = "1h";

/** Of each process. */
const OPERATIONS = isLong ? 10_000 : 1_500;

const runs: Record<string, Omit<RunOptions, "folder" | "seed">> = {
  "memory and SQLite, coherent at every call": {
    operations: OPERATIONS,
    memory: true,
    coherence: 0,
    lease: LEASE,
    bounds: { read: 0 },
  },
  "memory and SQLite, coherent within 50 ms": {
    operations: OPERATIONS,
    memory: true,
    coherence: "50ms",
    lease: LEASE,
    bounds: { read: 50 + ROUNDING },
  },
  "SQLite alone, loads joined within 50 ms": {
    operations: OPERATIONS,
    memory: false,
    coherence: "50ms",
    lease: LEASE,
    bounds: { read: 0, load: 50 + ROUNDING },
  },
  "memory and SQLite, processes that are stopped for longer than their leases, and one that is killed": {
    operations: OPERATIONS,
    memory: true,
    coherence: 0,
    lease: "50ms",
    bounds: { read: 0 },
    during: disturb,
  },
};

/** Stops one process after the other in the middle of what it does, and kills one of them. */
async function disturb({ children }: Fleet): Promise<void> {
  for (let turn = 0; ; turn++) {
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const one = running[turn % running.length];
    if (!one) return;
    if (turn === 5) one.kill("SIGKILL");
    else one.kill("SIGSTOP");
    await setTimeout(120);
    one.kill("SIGCONT");
    await setTimeout(30);
  }
}

for (const [name, options] of Object.entries(runs)) {
  for (const seed of seeds) {
    test(`${name}: nobody reads what was invalidated (seed ${seed})`, () =>
      inFolder(async (folder) => {
        const outcome = await run({ ...options, folder, seed });
        assert.equal(outcome.violations.length, 0, tell(outcome, { seed }));
        // The check had something to find.
        const { reads, foreign, doomed } = outcome;
        assert.ok(reads > options.operations, `${reads} values were read`);
        assert.ok(foreign > reads / 20, `${foreign} of ${reads} were of another process`);
        assert.ok(doomed > reads / 2, `${doomed} of ${reads} were invalidated later on`);
      }));
  }
}
