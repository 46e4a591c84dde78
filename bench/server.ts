/**
 * A contender's process: makes the contender, then measures whatever operation it is told to, one sample a time.
 */

import type { Operation, OperationName } from "./contender.ts";
import { MEMORY, type Setting, SQLITE } from "./contenders/all.ts";

/** What the parent asks for: a sample of at least this many milliseconds. */
export interface Order {
  readonly operation: OperationName;
  readonly atLeast: number;
}

/** What a contender's process answers. */
export type Report =
  | { readonly kind: "ready"; readonly operations: OperationName[] }
  | { readonly kind: "sample"; readonly nanoseconds: number }
  | { readonly kind: "failed"; readonly reason: string };

const say = (report: Report): void => void process.send?.(report);

/** Serves orders until the parent goes away. */
export async function serve(name: string, setting: Setting, cpu: boolean): Promise<void> {
  const clock = cpu ? processorTime : () => performance.now();
  process.on("disconnect", () => process.exit());
  try {
    const contender = await { ...MEMORY, ...SQLITE }[name]!.make(setting);
    process.on("message", (order: Order) => {
      sample(contender.operations[order.operation]!, order.atLeast, clock).then(
        (nanoseconds) => say({ kind: "sample", nanoseconds }),
        fail,
      );
    });
    say({ kind: "ready", operations: Object.keys(contender.operations) as OperationName[] });
  } catch (error) {
    fail(error);
  }
}

/**
 * Nanoseconds per operation. One run first does not count: caches of the processor are filled with what others left. The
 * garbage collector is left alone, as a collection on demand shrinks the space for new objects and slows what follows.
 */
async function sample({ count, run }: Operation, atLeast: number, clock: () => number): Promise<number> {
  await run();
  const start = clock();
  let done = 0;
  let elapsed = 0;
  do {
    await run();
    done += count;
    elapsed = clock() - start;
  } while (elapsed < atLeast);
  return (elapsed * 1e6) / done;
}

/** Milliseconds that this thread has had of the processor. */
function processorTime(): number {
  const { user, system } = (
    process as unknown as { threadCpuUsage(): { user: number; system: number } }
  ).threadCpuUsage();
  return (user + system) / 1_000;
}

function fail(error: unknown): void {
  say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
}
