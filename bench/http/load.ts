/**
 * Hits over HTTP: the bare handler of Hono and the one behind `responseCache`, each in a process of its own, asked in turns over 16 connections.
 *
 *     node bench/http/load.ts [node|bun|deno]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const bin = join(here, "../../node_modules/.bin");
const [runtime = "node"] = process.argv.slice(2);
const PROGRAMS: Record<string, string[]> = {
  node: [process.execPath],
  bun: [join(bin, "bun")],
  deno: [join(bin, "deno"), "run", "-A", "--no-check"],
};
const CONNECTIONS = 16;
const ROUNDS = 5;
const SECONDS = 1.5;

async function start(kind: string, port: number): Promise<() => void> {
  const [program = "", ...args] = PROGRAMS[runtime]!;
  const child = spawn(program, [...args, join(here, "serve.ts"), `${port}`, kind], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  return () => child.kill();
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function ask(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const own = request({ port, host: "127.0.0.1", path: "/page", agent }, (response) => {
      response.on("end", resolve);
      response.resume();
    });
    own.on("error", reject);
    own.end();
  });
}

async function load(port: number): Promise<{ rate: number; times: number[] }> {
  const end = performance.now() + SECONDS * 1000;
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      await ask(port);
      const after = performance.now();
      times.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return { rate: times.length / SECONDS, times: times.sort((a, b) => a - b) };
}

const ports: Record<string, number> = { bare: 31_471, cached: 31_472 };
const stops = await Promise.all(Object.entries(ports).map(([kind, port]) => start(kind, port)));
const best: Record<string, { rate: number; p99: number }> = {};
for (let round = 0; round <= ROUNDS; round++) {
  for (const [kind, port] of Object.entries(ports)) {
    const { rate, times } = await load(port);
    const p99 = times[Math.floor(times.length * 0.99)]!;
    // The first round warms up.
    if (round > 0 && rate > (best[kind]?.rate ?? 0)) best[kind] = { rate, p99 };
  }
}
for (const [kind, { rate, p99 }] of Object.entries(best))
  console.log(
    `${runtime} ${kind.padEnd(7)} ${Math.round(rate)} requests/s, p99 ${p99.toFixed(2)} ms, ${(rate / best.bare!.rate).toFixed(2)} of bare`,
  );
for (const stop of stops) stop();
process.exit(0);
