/**
 * Another process over the folder that it is given, which does one thing until it is killed, or once:
 * `forever` sets 20 keys again and again and prints each number that was acknowledged; `share` sets and deletes its own
 * keys and one that all set, and then prints `done`.
 */
import { writeSync } from "node:fs";
import { files } from "../../adapters/files.ts";
import { createCache } from "../../mod.ts";

const [task, folder, id] = process.argv.slice(-3) as [string, string, string];
// What takes longer than a tier may is no error of the call, and would be told as acknowledged.
const cache = createCache({ tiers: [files(folder, { timeout: "forever" })] });

if (task === "forever") {
  for (let round = 0; ; round++) {
    // From one block to many.
    await cache.set(`k${round % 20}`, { round, text: String(round % 10).repeat(1 + (round % 7) * 30_000) });
    writeSync(1, `${round}\n`);
  }
}
for (let round = 0; round < 12; round++) {
  await cache.set(`${id}-${round}`, `value of ${id}-${round}`);
  await cache.set("all", { by: id, text: id.repeat(20_000) });
  await cache.touch("all", { ttl: "36500d" });
  if (round % 3 === 0) await cache.delete(`${id}-${round}`);
  const all = (await cache.get("all")) as { by: string; text: string } | undefined;
  if (all === undefined || all.text !== all.by.repeat(20_000)) throw new Error("The common key must be whole");
}
await cache.close();
writeSync(1, "done\n");
