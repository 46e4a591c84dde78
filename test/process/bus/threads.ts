/**
 * A process of three threads with a cache each: what one changes leaves the memory of the others. Runs in Node, Bun and Deno;
 * ends by itself, though its own cache is never closed.
 */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { ORDERS, openShared } from "./thread.ts";

/** Longest time until a message is there, in milliseconds. */
const LIMIT = 120_000;

const [store] = process.argv.slice(2);
const cache = openShared(store);
const workers = [1, 2].map(() => new Worker(new URL("thread.ts", import.meta.url), { workerData: { store } }));
const asks: ((order: string) => Promise<unknown>)[] = [
  (order) => ORDERS[order]!(cache),
  ...workers.map((worker) => async (order: string) => {
    const answer = once(worker, "message");
    worker.postMessage(order);
    return (await answer)[0];
  }),
];

let checks = 0;
for (const change of ["set", "delete", "touch", "clear", "any", "all", "exact", "pattern"]) {
  for (const changer of asks) {
    for (const ask of asks) await ask("load");
    // Those that load later may have been told of what came before.
    for (const ask of asks) if (!(await ask("has"))) await ask("load");
    await changer(change);
    for (const other of asks) {
      if (other === changer) continue;
      const end = Date.now() + LIMIT;
      while ((await other("has")) && Date.now() < end) await setTimeout(1);
      if (await other("has")) throw new Error(`${change} was not heard of`);
      checks++;
    }
    await changer("delete");
    for (const other of asks) while (await other("has")) await setTimeout(1);
  }
}
await Promise.all(asks.slice(1).map((ask) => ask("close")));
console.log(`${checks} checks`);
