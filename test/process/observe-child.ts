/**
 * A process that is watched, or starved. The first argument is what to do, the second the file or an option.
 */
import { writeSync } from "node:fs";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { accessLog, evictionLog, memoryPressure } from "../../src/observe/mod.ts";
import { settle } from "../contract/mod.ts";

const [task, what] = process.argv.slice(-2) as [string, string];
const say = (line: string) => writeSync(1, `${line}\n`);

/**
 * Reads and deletes keys until it is killed, and says of each what must be in the logs by now: a deletion a second later, a read two seconds later. The
 * timers that say so begin after those of the logs, so they end after them, however busy the machine is.
 */
async function logForever(): Promise<void> {
  const cache = createCache({ name: "app", tiers: [memory(), sqlite(what)] });
  accessLog(cache);
  evictionLog(cache);
  await cache.set("k", 1);
  for (let i = 0; ; i++) {
    await cache.get(`read${i}`);
    await cache.set("gone", i);
    await cache.delete("gone");
    setTimeout(async () => {
      setTimeout(async () => {
        await settle();
        say(`read${i}`);
      }, 1_000);
      await settle();
      say("gone");
    }, 1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Stores four times as much as the heap may hold. */
async function fill(): Promise<void> {
  const cache = createCache({ tiers: [memory({ maxEntries: 10_000_000 })] });
  const pressure =
    what === "watched" ? memoryPressure(cache, { target: 0.3, interval: 10, cooldown: 10, batch: 0.2 }) : undefined;
  const log = evictionLog(cache);
  for (let i = 0; i < 60_000; i++) {
    await cache.set(
      `key ${i}`,
      Array.from({ length: 500 }, (_, j) => i + j + 0.5),
    );
    // The watch looks every ten milliseconds: no more is stored than it can have given up.
    if (i % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const [last] = await log.list({ limit: 1 });
  const { entries } = cache.stats().tiers[0]!;
  say(JSON.stringify({ evicted: pressure?.evicted, reason: last?.reason, entries }));
  await cache.close();
}

await { logForever, fill }[task]!();
