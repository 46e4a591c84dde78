/**
 * Hits over HTTP: handlers of app.ts, each in a process of its own, asked in turns over 16 connections. On Workers it is workerd with the Cache API
 * that Miniflare has for it.
 *
 *     node bench/http/load.ts [node|bun|deno|workerd]
 */
import { Agent, request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Running, startProgram } from "../../test/process/http-suite.ts";
import { startWorker } from "../../test/process/http-suite-proxies.ts";
import { freePort } from "../../test/servers/ports.ts";
import { type Kind, NAMES } from "./app.ts";

const here = dirname(fileURLToPath(import.meta.url));
const bin = join(here, "../../node_modules/.bin");
const [runtime = "node"] = process.argv.slice(2);
const PROGRAMS: Record<string, string[]> = {
  node: [process.execPath],
  bun: [join(bin, "bun")],
  deno: [join(bin, "deno"), "run", "-A", "--no-check"],
};
const CONNECTIONS = 16;
const ROUNDS = 12;
const SECONDS = 0.6;
/** What is of interest where a network is between: ours, and Hono's where the runtime has what it needs. */
const KINDS: Kind[] = ["bare", "cached", ...(["deno", "workerd"].includes(runtime) ? (["hono"] as const) : [])];

async function start(kind: Kind): Promise<Running> {
  if (runtime === "workerd") return startWorker(join(here, "worker.ts"), { KIND: kind });
  const port = await freePort();
  const [program = "", ...args] = PROGRAMS[runtime]!;
  return startProgram(program, [...args, join(here, "serve.ts"), `${port}`, kind], { port, cwd: here });
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function ask(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const own = request(new URL("/page", url), { agent }, (response) => {
      response.on("end", resolve);
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`Status ${response.statusCode}`));
    });
    own.on("error", reject);
    own.end();
  });
}

/** Asks for a while; answers with the time of each request, in milliseconds. */
async function load(url: string): Promise<number[]> {
  const end = performance.now() + SECONDS * 1000;
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      await ask(url);
      const after = performance.now();
      times.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return times;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const entrants = await Promise.all(
  KINDS.map(async (kind) => ({ kind, ...(await start(kind)), rates: [] as number[], times: [] as number[] })),
);
for (let round = 0; round < ROUNDS; round++) {
  for (const { url, rates, times } of entrants) {
    const took = await load(url);
    // The first rounds warm up.
    if (round < 3) continue;
    rates.push(took.length / SECONDS);
    times.push(...took);
  }
}
const bare = median(entrants[0]!.rates);
for (const { kind, rates, times } of entrants) {
  times.sort((a, b) => a - b);
  const rate = median(rates);
  const p99 = times[Math.floor(times.length * 0.99)]!;
  console.log(
    `${runtime} ${NAMES[kind].padEnd(16)} ${Math.round(rate)} requests/s (${(rate / bare).toFixed(2)} of bare), p99 ${p99.toFixed(2)} ms`,
  );
}
for (const { stop } of entrants) await stop();
process.exit(0);
