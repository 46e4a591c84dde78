/**
 * A contender's process, under Node, Bun or Deno: makes the contender and measures what it is told to. Orders come as lines
 * of JSON, and so do the answers go: the one channel that is the same in all three.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import type { OperationName, Setting } from "./contender.ts";
import { ENTRANTS } from "./contenders/all.ts";
import { type Footprint, footprint } from "./heap.ts";
import { CALLS, type Operation, Workbench } from "./operations.ts";

/** What a process is told to do. */
export type Order =
  | { readonly kind: "begin"; readonly entrant: string; readonly setting: Setting; readonly cpu: boolean }
  | { readonly kind: "open"; readonly operation: OperationName }
  | { readonly kind: "sample"; readonly atLeast: number }
  | { readonly kind: "heap"; readonly entrant: string; readonly setting: Setting };

/** What it answers. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "sample"; readonly nanoseconds: number; readonly hits: number }
  | { readonly kind: "heap"; readonly footprint: Footprint }
  | { readonly kind: "failed"; readonly reason: string };

let workbench: Workbench;
let operation: Operation | undefined;
let clock: () => number = () => performance.now();

async function obey(order: Order): Promise<Report> {
  switch (order.kind) {
    case "begin": {
      const entrant = ENTRANTS[order.entrant]!;
      if (order.cpu) clock = processorTime;
      await warmUp(new Workbench(entrant, { ...order.setting, capacity: 500 }));
      workbench = new Workbench(entrant, order.setting);
      return { kind: "ready" };
    }
    case "open":
      operation = undefined;
      // What was before must not be collected in a sample.
      (globalThis as { gc?: () => void }).gc?.();
      operation = await workbench.open(order.operation);
      return { kind: "ready" };
    case "sample":
      return sample(operation!, order.atLeast);
    case "heap":
      return { kind: "heap", footprint: await footprint(ENTRANTS[order.entrant]!, order.setting) };
  }
}

/** The compiler has seen every operation before the first is measured, as in a program that has all of them. */
async function warmUp(bench: Workbench): Promise<void> {
  for (const name of ["hit", "set", "zipf", "through"] as const) await sample(await bench.open(name), 5);
}

/**
 * Nanoseconds per call. One run first does not count: caches of the processor are filled with what others left. The event
 * loop turns between runs, so that a time that somebody keeps for a turn or a timer does not stay for all of the sample.
 */
async function sample({ prepare, run }: Operation, atLeast: number): Promise<Report> {
  prepare();
  await run();
  let done = 0;
  let misses = 0;
  let elapsed = 0;
  do {
    prepare();
    await turn();
    const start = clock();
    misses += await run();
    elapsed += clock() - start;
    done += CALLS;
  } while (elapsed < atLeast);
  return { kind: "sample", nanoseconds: (elapsed * 1e6) / done, hits: 1 - misses / done };
}

/** Milliseconds that this thread has had of the processor. Under Node alone: others count in whole milliseconds or not at all. */
function processorTime(): number {
  const { user, system } = (
    process as unknown as { threadCpuUsage(): { user: number; system: number } }
  ).threadCpuUsage();
  return (user + system) / 1_000;
}

const say = (report: Report): void => void process.stdout.write(`${JSON.stringify(report)}\n`);

createInterface({ input: process.stdin })
  .on("line", (line) => {
    obey(JSON.parse(line) as Order).then(say, (error) =>
      say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) }),
    );
  })
  .on("close", () => process.exit());
