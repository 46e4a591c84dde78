/**
 * A page of 10 KB that costs a millisecond to make: the bare handler that returns the same bytes, the HTTP cache around it as a wrapper and as Hono's
 * middleware, and Hono's own `cache()` where there is a global `caches`. Each is asked by the same requests in turns, in one process.
 *
 *     node bench/http/throughput.ts    bun bench/http/throughput.ts    deno run -A bench/http/throughput.ts
 */
import { Hono } from "hono";
import { cache as honoCache } from "hono/cache";
import { responseCache } from "../../adapters/hono/mod.ts";
import { createCache } from "../../mod.ts";
import { cacheStorage, withHttpCache } from "../../src/http/mod.ts";

const BODY = new TextEncoder().encode("<p>Hello, world</p>\n".repeat(512));
const HEADERS = { "content-type": "text/html; charset=UTF-8", "cache-control": "public, max-age=3600", etag: '"v1"' };
const URL_OF = "http://localhost/page";
const BATCH = 2_000;
const ROUNDS = 15;

type Handler = (request: Request) => Response | Promise<Response>;

function bare(): Handler {
  const app = new Hono();
  app.get("/page", (c) => c.body(BODY, 200, HEADERS));
  return app.fetch;
}

function wrapped(): Handler {
  return withHttpCache(bare(), createCache());
}

function middleware(): Handler {
  const app = new Hono();
  app.use(responseCache(createCache(), { app }));
  app.get("/page", (c) => c.body(BODY, 200, HEADERS));
  return app.fetch;
}

function hono(): Handler | undefined {
  const globals = globalThis as { caches?: CacheStorage };
  globals.caches ??= cacheStorage(createCache());
  const app = new Hono();
  app.use(honoCache({ cacheName: "bench", wait: true }));
  app.get("/page", (c) => c.body(BODY, 200, HEADERS));
  return app.fetch;
}

async function batch(handler: Handler): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < BATCH; i++) {
    const response = await handler(new Request(URL_OF));
    await response.arrayBuffer();
  }
  return (performance.now() - start) / BATCH;
}

/** Time of each single request, in milliseconds. */
async function latencies(handler: Handler): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    const start = performance.now();
    await (await handler(new Request(URL_OF))).arrayBuffer();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

const own = "caches" in globalThis;
const handlers: Record<string, Handler | undefined> = {
  "bare Hono": bare(),
  withHttpCache: wrapped(),
  responseCache: middleware(),
  [own ? "hono/cache, the runtime's caches" : "hono/cache over cacheStorage"]: hono(),
};
const times = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, handler] of Object.entries(handlers)) {
    if (!handler) continue;
    const time = await batch(handler);
    // The first rounds warm up.
    if (round > 3) times.set(name, [...(times.get(name) ?? []), time]);
  }
}
const best = (name: string): number => Math.min(...times.get(name)!);
for (const name of times.keys()) {
  const sorted = await latencies(handlers[name]!);
  const p99 = sorted[Math.floor(sorted.length * 0.99)]!;
  const ratio = best("bare Hono") / best(name);
  console.log(
    `${name.padEnd(34)} ${(best(name) * 1000).toFixed(2).padStart(8)} µs   ${ratio.toFixed(2).padStart(5)} of bare   p99 ${(p99 * 1000).toFixed(1).padStart(7)} µs`,
  );
}
