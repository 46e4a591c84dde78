/**
 * A shared HTTP cache around a handler of requests.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { callable } from "../errors.ts";
import { HttpEngine } from "./engine.ts";
import { type AnyCache, type HttpCacheOptions, resolveHttpOptions } from "./options.ts";

/** Answers requests: `app.fetch` of Hono, what `Bun.serve` and `Deno.serve` take, the `fetch` of a Worker. What comes after the request goes along. */
export type FetchHandler<Rest extends unknown[] = unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

/** A handler with a cache before it. */
export interface CachedHandler<Rest extends unknown[]> {
  (request: Request, ...rest: Rest): Promise<Response>;
  /**
   * Forgets all that is stored for a URL, in all its variants; `request` where the key or the scope depends on more than the URL, as with
   * `X-Forwarded-Proto` and other fields of {@linkcode KEYED_FIELDS}.
   *
   * @throws {KeyError} for what is no URL of http or https
   */
  purge(url: string, request?: Request): Promise<void>;
}

/**
 * Puts a shared HTTP cache (RFC 9111) before a handler: what its responses allow is stored, served while it is fresh, validated when it is stale, and
 * asked for once however many want it. On Workers the context's `waitUntil` is used where it is the handler's third argument.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { withHttpCache } from "tiercel/http";
 *
 * const cache = createCache({ maxEntries: 1_000 });
 * const handler = withHttpCache(
 *   () => new Response("Hello", { headers: { "cache-control": "max-age=60", "cache-tag": "greeting" } }),
 *   cache,
 * );
 * const response = await handler(new Request("https://example.com/"));
 * await cache.invalidateTags(["greeting"]);
 * ```
 */
export function withHttpCache<Rest extends unknown[]>(
  handler: FetchHandler<Rest>,
  // biome-ignore lint/suspicious/noExplicitAny: of whatever scopes.
  cache: Cache<any, any, any>,
  options: HttpCacheOptions = {},
): CachedHandler<Rest> {
  callable("handler", handler);
  const engine = new HttpEngine(cache as AnyCache, resolveHttpOptions(options));
  const handle = (request: Request, ...rest: Rest): Promise<Response> => {
    const forward = async (own: Request): Promise<Response> => handler(own, ...rest);
    return engine.handle({ request, forward, refresh: forward, waitUntil: waitUntilOf(rest) });
  };
  return Object.assign(handle, {
    purge: (url: string, request?: Request): Promise<void> => engine.purge(url, request),
  });
}

/** Of a Worker's context, which comes after its environment, or of what Deno tells of a request. */
export function waitUntilOf(rest: readonly unknown[]): ((work: Promise<unknown>) => void) | undefined {
  for (const one of rest) {
    const context = one as { waitUntil?: (work: Promise<unknown>) => void } | null | undefined;
    if (typeof context === "object" && typeof context?.waitUntil === "function")
      return (work) => context.waitUntil!(work);
  }
  return undefined;
}
