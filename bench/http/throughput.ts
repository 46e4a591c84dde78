/**
 * Hits without a network: the handlers of app.ts, asked by the same requests in turns, in one process. Batches are short and many, so that a
 * collection of garbage, which the bodies are most of, meets all alike.
 *
 *     node bench/http/throughput.ts    bun bench/http/throughput.ts    deno run -A bench/http/throughput.ts
 */
import { type Handler, handlerOf, type Kind, NAMES } from "./app.ts";

const URL_OF = "http://localhost/page";
const BATCH = 100;
const ROUNDS = 300;
/** Those that warm up. */
const COLD = 60;

async function batch(handler: Handler): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < BATCH; i++) await (await handler(new Request(URL_OF))).arrayBuffer();
  return ((performance.now() - start) / BATCH) * 1000;
}

/** Adds the time of each of some single requests, in microseconds. */
async function singles(handler: Handler, times: number[]): Promise<void> {
  for (let i = 0; i < BATCH; i++) {
    const start = performance.now();
    await (await handler(new Request(URL_OF))).arrayBuffer();
    times.push((performance.now() - start) * 1000);
  }
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.floor(sorted.length * part)]!;
}

const entrants = (Object.keys(NAMES) as Kind[]).map((kind) => ({
  kind,
  handler: handlerOf(kind),
  batches: [] as number[],
  single: [] as number[],
}));
for (let round = 0; round < ROUNDS; round++) {
  // Each begins as often as others, and none is always behind the same one.
  entrants.push(entrants.shift()!);
  for (const { kind, handler, batches, single } of entrants) {
    // A thousandth of its speed is told by fewer.
    if (kind === "hono" && round % 10 > 0) continue;
    const time = await batch(handler);
    if (round < COLD) continue;
    batches.push(time);
    await singles(handler, single);
  }
}
for (const { batches, single } of entrants) {
  batches.sort((a, b) => a - b);
  single.sort((a, b) => a - b);
}
const bare = entrants.find(({ kind }) => kind === "bare")!.batches;
for (const name of Object.keys(NAMES) as Kind[]) {
  const { batches, single } = entrants.find(({ kind }) => kind === name)!;
  const best = `${batches[0]!.toFixed(2).padStart(8)} µs (${(bare[0]! / batches[0]!).toFixed(2)} of bare)`;
  const middle = `median ${at(batches, 0.5).toFixed(2).padStart(8)} µs (${(at(bare, 0.5) / at(batches, 0.5)).toFixed(2)})`;
  console.log(`${NAMES[name].padEnd(16)} best ${best}   ${middle}   p99 ${at(single, 0.99).toFixed(0).padStart(6)} µs`);
}
