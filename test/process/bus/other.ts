/**
 * Another process over the same SQLite file, which changes one thing and ends. Runs in Node, Bun and Deno.
 */
import { sqlite } from "../../../adapters/sqlite.ts";
import { createCache, memory } from "../../../mod.ts";

const [store, change] = process.argv.slice(2);
const cache = createCache({ name: "polled", tiers: [memory(), sqlite(store!)] });
if (change === "tags") await cache.invalidateTags("t");
else await cache.delete("k");
await cache.close();
