/**
 * Uses a cache with a bus and does not close it: the process must end all the same. Runs in Node, Bun and Deno.
 */
import { isMainThread, Worker } from "node:worker_threads";
import { broadcastBus, createCache, memory, pollingBus } from "../../../mod.ts";
import { mapData, mapTier } from "../../contract/mod.ts";

const kind = process.argv[2]!;
const cache = createCache({
  tiers: [memory(), mapTier({ data: mapData() })],
  bus: kind === "polling" ? pollingBus({ every: 10 }) : broadcastBus(),
});
await cache.set("k", 1);
if ((await cache.get("k")) === 1 && isMainThread) console.log("used");
if (kind === "threads" && isMainThread) new Worker(new URL(import.meta.url), { argv: [kind] });
