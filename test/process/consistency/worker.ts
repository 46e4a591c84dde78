/**
 * A process that works on a cache over a SQLite file which others use as well, and writes the history of it. Runs in
 * Node, Bun and Deno.
 */
import { setImmediate } from "node:timers/promises";
import { sqlite } from "../../../adapters/sqlite.ts";
import { createCache, memory } from "../../../mod.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import { broken } from "./broken.ts";
import { type Job, jobOf, told } from "./job.ts";
import { Log } from "./log.ts";
import { Actor } from "./operations.ts";
import { scopes, viewsOf } from "./views.ts";

/** How many operations are under way at once. */
const THREADS = 4;

const job = jobOf<Job>();
const store = sqlite(job.store, { busyTimeout: "60s" });
const bottom = job.fault ? broken(store, job.fault) : store;
const cache = createCache({
  name: "consistency",
  tiers: job.memory ? [memory(), bottom] : [bottom],
  coherence: job.coherence,
  scopes,
  ...(job.lease && { lease: job.lease }),
  logger: { warn: complain, error: complain },
});

/** A tier that fails would make the run say nothing. */
function complain(message: string, detail?: unknown): void {
  console.error(message, detail);
  process.exit(1);
}

const random = seededRandom(job.seed * 1_000 + job.process);
const actor = new Actor({ views: viewsOf(cache), log: new Log(job.history, job.process), random });
await told();
let left = job.operations;
await Promise.all(
  Array.from({ length: THREADS }, async () => {
    while (left-- > 0) {
      await actor.act();
      // Else nothing but microtasks would ever run.
      if (random() < 0.3) await setImmediate();
    }
  }),
);
await cache.close();
process.exit(0);
