/**
 * Memory over a SQLite file: what was cached is still there after a restart.
 *
 * Run it with `node examples/sqlite.ts [file]`, `bun examples/sqlite.ts` or `deno run -A examples/sqlite.ts`.
 */
// Runs on: node20, node22, node24, node26, bun, deno
import { createCache, memory } from "tiercel";
import { sqlite } from "tiercel/sqlite";

const file = process.argv[2] ?? ".tiercel/example.db";

/** A program that starts, answers one request, and ends. */
async function runOnce(): Promise<void> {
  const cache = createCache({ name: "reports", tiers: [memory({ maxEntries: 1_000 }), sqlite(file)], ttl: "10m" });
  cache.on("error", ({ operation, tier }) => console.error(`${tier ?? "cache"} failed in ${operation}`));
  const started = performance.now();
  const report = await cache.getOrSet(["report", 2026, "q3"], buildReport, { tags: ["reports"] });
  const source = cache.stats().loads > 0 ? "built" : "from SQLite";
  console.log(
    `${report.lines} lines, ${source}, ${(performance.now() - started).toFixed(1)} ms, made ${report.madeAt.getFullYear() > 2000}`,
  );
  // Flushes what was acknowledged and closes the file.
  await cache.close();
}

async function buildReport(): Promise<{ lines: number; madeAt: Date }> {
  let lines = 0;
  for (let i = 0; i < 30_000_000; i++) lines = (lines + i) % 1_000;
  return { lines, madeAt: new Date() };
}

await runOnce();
await runOnce();
