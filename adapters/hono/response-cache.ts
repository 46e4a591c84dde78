/**
 * The HTTP cache as middleware of Hono.
 *
 * @module
 */
import type { Cache } from "../../src/api.ts";
import { checkOptions, methods } from "../../src/errors.ts";
import { HttpEngine } from "../../src/http/engine.ts";
import { type AnyCache, type HttpCacheOptions, resolveHttpOptions } from "../../src/http/options.ts";
import { ownFields, withOwn, withoutOwn } from "./own-fields.ts";

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: { raw: Request };
  get res(): Response;
  set res(response: Response | undefined);
  body(data: null): Response;
  // biome-ignore lint/suspicious/noExplicitAny: the environment is the user's.
  env: any;
  readonly executionCtx: { waitUntil(work: Promise<unknown>): void };
}

/** What is used of an app: Hono's own, or the one that it is mounted in. */
export interface HonoApp {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  fetch(request: Request, env?: any, context?: any): Response | Promise<Response>;
}

/** Options of {@linkcode responseCache}. */
export interface ResponseCacheOptions extends HttpCacheOptions {
  /**
   * The app that the middleware is part of, which refreshes in the background are asked from. Without it nothing is served while it is
   * revalidated: `stale-while-revalidate` does not count, and the request waits for the answer.
   */
  app?: (HonoApp | (() => HonoApp)) | undefined;
}

/** Middleware of Hono, with a way to forget what it has stored. */
export interface ResponseCache {
  (c: HonoContext, next: () => Promise<void>): Promise<void>;
  /**
   * Forgets all that is stored for a URL, in all its variants; `request` where the key or the scope depends on more than the URL, as with
   * `X-Forwarded-Proto` and other fields of {@linkcode KEYED_FIELDS}.
   *
   * @throws {KeyError} for what is no URL of http or https
   */
  purge(url: string, request?: Request): Promise<void>;
}

/** In the environment of a sub-request, which no client can reach, unlike a header. */
const REFRESH = Symbol("tiercel refresh");

/** What is there: for which cache it is, and what takes what comes from behind that. */
interface Refreshing {
  readonly engine: HttpEngine;
  take(response: Response): void;
}

/**
 * Puts a shared HTTP cache (RFC 9111) before the routes that come after it. What `withHttpCache` does, with `waitUntil` of the request's context.
 *
 * A refresh in the background is a sub-request of the app: middleware that goes on with `next()` when its request was answered would work
 * with a context that is not its own any more. What is stored is as ever what comes from behind the cache: middleware before it has an empty
 * body in its hands then, and nobody gets what it makes of that. Nor is stored what such middleware sets before, such as `X-Request-Id`: each
 * answer has that of its own request, but for what the route takes away. `Cache-Control`, `Vary` and others that tell of the answer itself count as
 * those of routes, wherever they are set.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { createCache } from "tiercel";
 * import { responseCache } from "tiercel/hono";
 *
 * const cache = createCache();
 * const app = new Hono();
 * app.use("/articles/*", responseCache(cache, { app }));
 * app.get("/articles/:id", (c) => {
 *   c.header("cache-control", "max-age=60, stale-while-revalidate=600");
 *   return c.json({ id: c.req.param("id") });
 * });
 * ```
 */
export function responseCache(
  // biome-ignore lint/suspicious/noExplicitAny: of whatever scopes.
  cache: Cache<any, any, any>,
  options: ResponseCacheOptions = {},
): ResponseCache {
  checkOptions(options);
  const { app, ...rest } = options;
  const appOf = (): HonoApp | undefined => (typeof app === "function" ? app() : app);
  if (app !== undefined && typeof app !== "function") methods("app", app, "fetch");
  const engine = new HttpEngine(cache as AnyCache, resolveHttpOptions(rest));

  const middleware = async (c: HonoContext, next: () => Promise<void>): Promise<void> => {
    const { env } = c;
    const refreshing: Refreshing | undefined = env?.[REFRESH];
    // Another's is no business of this one.
    if (refreshing && refreshing.engine !== engine) return next();
    const own = ownFields(c);
    if (refreshing) {
      await next();
      const res = withoutOwn(c.res, own);
      refreshing.take(res);
      replace(c, new Response(null, res));
      return;
    }
    const { raw } = c.req;
    const refresh =
      app &&
      (async (request: Request): Promise<Response> => {
        let taken: Response | undefined;
        const asked: Refreshing = {
          engine,
          take(response) {
            taken = response;
          },
        };
        await appOf()!.fetch(request, Object.assign(Object.create(env ?? null), { [REFRESH]: asked }), contextOf(c));
        if (taken) return taken;
        throw new Error("Cannot refresh response as middleware before the cache has answered in its place");
      });
    let hasRun = false;
    const forward = async (request: Request): Promise<Response> => {
      // The rest of the chain runs once for a context.
      if (hasRun && refresh) return refresh(request);
      hasRun = true;
      c.req.raw = request;
      try {
        await next();
      } finally {
        c.req.raw = raw;
      }
      return withoutOwn(c.res, own);
    };
    const waitUntil = (work: Promise<unknown>): void => {
      const context = contextOf(c);
      if (context) context.waitUntil(work);
      else engine.rules.waitUntil?.(work);
    };
    const response = withOwn(await engine.handle({ request: raw, forward, refresh, isOnce: !refresh, waitUntil }), own);
    if (hasRun) replace(c, response);
    else c.res = response;
  };
  return Object.assign(middleware, {
    purge: (url: string, request?: Request): Promise<void> => engine.purge(url, request),
  });
}

/** Hono gives a response the headers of the one before, unless that is taken away first. */
function replace(c: HonoContext, response: Response): void {
  c.res = undefined;
  c.res = response;
}

/** Where there is none, Hono throws. */
function contextOf(c: HonoContext): HonoContext["executionCtx"] | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
