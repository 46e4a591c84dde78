/**
 * A process that asks for many cold keys at once, as others do, and tells who loaded which. Runs in Node, Bun and Deno.
 */
import { openSync, writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { sqlite } from "../../../adapters/sqlite.ts";
import { createCache, memory } from "../../../mod.ts";
import { jobOf, type LoadJob, type LoadLine, told } from "./job.ts";

/** Longer than any run. */
const FOR_EVER = 3_600_000;
/** How many keys a process waits for at once. */
const AT_ONCE = 100;

const job = jobOf<LoadJob>();
const cache = createCache({
  name: "loads",
  tiers: [memory(), sqlite(job.store, { busyTimeout: "60s" })],
  lease: job.lease,
});
const file = openSync(job.history, "a");
const say = (line: Omit<LoadLine, "time" | "process">) =>
  writeSync(file, `${JSON.stringify({ time: Date.now(), process: job.process, ...line })}\n`);

let loads = 0;
async function load(key: string): Promise<string> {
  const value = `${key} by ${job.process}`;
  say({ event: "start", key, value });
  await setTimeout(++loads > (job.hangsAfter ?? Infinity) ? FOR_EVER : 1 + (loads % 4));
  say({ event: "end", key, value });
  return value;
}

await told();
// Each begins elsewhere, or the first process would have all before the others are awake.
let next = Math.floor((job.process * job.keys) / job.processes);
const last = next + job.keys;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < last) {
      const key = `k${next++ % job.keys}`;
      say({ event: "ask", key });
      say({ event: "got", key, value: await cache.getOrSet(key, () => load(key)) });
    }
  }),
);
await cache.close();
process.exit(0);
