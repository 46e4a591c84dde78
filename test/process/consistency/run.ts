/**
 * A run: processes that work on one cache at once, and what the checker says of their history.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bounds, check, type Verdict } from "./checker.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { type History, historyOf, linesOf } from "./history.ts";
import type { Job } from "./job.ts";
import { describe } from "./report.ts";

/** What is run. */
export interface RunOptions extends Pick<Job, "seed" | "operations" | "memory" | "coherence" | "lease" | "fault"> {
  /** An empty folder. */
  readonly folder: string;
  readonly bounds: Bounds;
  /** Default 4: one of each runtime. */
  readonly processes?: number;
  /** What happens to the processes meanwhile. It may kill some, whose last calls then do not end. */
  readonly during?: (fleet: Fleet) => Promise<void>;
}

/** What came of it. */
export interface Outcome extends Verdict {
  readonly history: History;
}

/** Runs processes to their end and checks the history. @throws {Error} when one failed or was not done */
export async function run({ folder, bounds, processes = 4, during, ...rest }: RunOptions): Promise<Outcome> {
  const file = join(folder, "history.jsonl");
  const common = { ...rest, store: join(folder, "cache.db"), history: file };
  const fleet = await startFleet(
    "worker.ts",
    Array.from({ length: processes }, (_, process): Job => ({ ...common, process })),
  );
  try {
    fleet.go();
    await Promise.all([fleet.ended, during?.(fleet)]);
  } finally {
    fleet.end();
  }
  const history = historyOf(linesOf(readFileSync(file, "utf8")));
  const { calls } = history;
  const isKilled = fleet.children.map(({ signalCode }) => signalCode === "SIGKILL");
  const open = calls.filter(
    ({ line, end, error }) => end === Infinity && error === undefined && !isKilled[line.process],
  );
  if (open.length > 0)
    throw new Error(`${open.length} calls did not end, the first is ${JSON.stringify(open[0]!.line)}`);
  return { ...check(history, bounds), history };
}

/** The first violations as text, with the seed that led to them. */
export function tell({ violations, history }: Outcome, { seed }: Pick<RunOptions, "seed">): string {
  const some = violations.slice(0, 3).map((violation) => describe(violation, history));
  return [`${violations.length} violations with seed ${seed}`, ...some].join("\n\n");
}
