/**
 * One of the handlers of `throughput.ts` behind the runtime's own server: `serve.ts <port> <bare|cached>`. The client is `bench/http/load.ts`.
 */
import { Hono } from "hono";
import { responseCache } from "../../adapters/hono/mod.ts";
import { createCache } from "../../mod.ts";

const BODY = new TextEncoder().encode("<p>Hello, world</p>\n".repeat(512));
const HEADERS = { "content-type": "text/html; charset=UTF-8", "cache-control": "public, max-age=3600", etag: '"v1"' };

interface Runtimes {
  Bun?: { serve(options: object): unknown };
  Deno?: {
    serve(options: object, handler: (request: Request) => Response | Promise<Response>): unknown;
    args: string[];
  };
  process?: { argv: string[] };
}

const { Bun, Deno, process } = globalThis as Runtimes;
const [port = "0", kind = "bare"] = Deno?.args ?? process?.argv.slice(2) ?? [];
const app = new Hono();
if (kind === "cached") app.use(responseCache(createCache(), { app }));
app.get("/page", (c) => c.body(BODY, 200, HEADERS));
const fetch = (request: Request): Response | Promise<Response> => app.fetch(request);
const ready = (): void => console.log("ready");
if (Deno) Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: ready }, fetch);
else if (Bun) {
  Bun.serve({ port: Number(port), hostname: "127.0.0.1", fetch });
  ready();
} else {
  const { serve } = await import("@hono/node-server");
  serve({ fetch, port: Number(port), hostname: "127.0.0.1" }, ready);
}
