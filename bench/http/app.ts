/** A page of 10 KB: by the bare handler of Hono, with the HTTP cache around it as a wrapper and as middleware, and with Hono's own `cache()`. */
import { Hono } from "hono";
import { cache as honoCache } from "hono/cache";
import { responseCache } from "../../adapters/hono/mod.ts";
import { createCache } from "../../mod.ts";
import { cacheStorage, withHttpCache } from "../../src/http/mod.ts";

const BODY = new TextEncoder().encode("<p>Hello, world</p>\n".repeat(512));
const HEADERS = { "content-type": "text/html; charset=UTF-8", "cache-control": "public, max-age=3600", etag: '"v1"' };

export type Kind = "bare" | "wrapped" | "cached" | "hono";
export type Handler = (request: Request, ...rest: object[]) => Response | Promise<Response>;

/** What stands behind a name in the tables. */
export const NAMES: Readonly<Record<Kind, string>> = {
  bare: "bare Hono",
  wrapped: "withHttpCache",
  cached: "responseCache",
  hono: "Hono's cache()",
};

/** The handler, at `/page`. Where the runtime has no `caches`, Hono's stands on `cacheStorage`. */
export function handlerOf(kind: Kind): Handler {
  const app = new Hono();
  if (kind === "cached") app.use(responseCache(createCache(), { app }));
  if (kind === "hono") {
    (globalThis as { caches?: unknown }).caches ??= cacheStorage(createCache());
    // Without a context that it can leave the rest to, it has to wait.
    app.use(honoCache({ cacheName: "bench", wait: !isWorker() }));
  }
  app.get("/page", (c) => c.body(BODY, 200, HEADERS));
  const fetch: Handler = (request, ...rest) => app.fetch(request, ...(rest as []));
  return kind === "wrapped" ? withHttpCache(fetch, createCache()) : fetch;
}

function isWorker(): boolean {
  return globalThis.navigator?.userAgent === "Cloudflare-Workers";
}
