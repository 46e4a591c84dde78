/** Sets keys for ever in a cache over the SQLite file that it is given, and prints each key that was acknowledged. */
import { writeSync } from "node:fs";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";

const cache = createCache({ tiers: [memory(), sqlite(process.argv.at(-1) as string)] });
for (let i = 0; ; i++) {
  await cache.set(`k${i}`, `value of k${i}`, { ttl: "1h", tags: ["t"] });
  writeSync(1, `k${i}\n`);
}
