/**
 * A contender's process: takes a sample whenever it is told how long that is to be, in milliseconds.
 */
import { CALLS, ENTRANTS } from "./contenders.ts";

const { make, isAwaited } = ENTRANTS[process.argv[2]!]!;
process.on("disconnect", () => process.exit());
const call = await make();

/** Calls in an order that is random and always the same. */
const order = Array.from({ length: CALLS }, (_, at) => at);
let state = 42;
for (let i = CALLS - 1; i > 0; i--) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  const j = Math.floor((state / 2 ** 32) * (i + 1));
  [order[i], order[j]] = [order[j]!, order[i]!];
}

/** Every call ten times. */
const run = isAwaited
  ? async () => {
      for (let n = 0; n < 10; n++)
        for (let i = 0; i < CALLS; i++) if ((await call(order[i]!)) == null) throw new Error("no result");
    }
  : () => {
      for (let n = 0; n < 10; n++)
        for (let i = 0; i < CALLS; i++) if (call(order[i]!) == null) throw new Error("no result");
    };

/** Microseconds that this thread has had of the processor, which other work on the machine does not change. */
function now(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

process.on("message", async (atLeast: number) => {
  // The first run does not count: caches of the processor are filled with what others left.
  await run();
  const start = now();
  let done = 0;
  do {
    await run();
    done += 10 * CALLS;
  } while (now() - start < atLeast * 1_000);
  process.send!(((now() - start) * 1_000) / done);
});
