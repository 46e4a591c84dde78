/**
 * A `fetch` with a cache.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { callable, checkOptions } from "../errors.ts";
import { bodyOf } from "../streams/body.ts";
import { discard } from "./asking.ts";
import { HttpEngine } from "./engine.ts";
import { withoutFragment } from "./key.ts";
import { located } from "./located.ts";
import { type AnyCache, type HttpCacheOptions, resolveHttpOptions } from "./options.ts";

/** Options of {@linkcode cachedFetch}. */
export interface CachedFetchOptions extends HttpCacheOptions {
  /** What asks the origin. Default: the global `fetch`, as it is at the call. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** As `fetch`. */
export type CachedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` that keeps what responses allow (RFC 9111), and counts the `cache` mode of a request. By default it is a shared cache, as fits a
 * server that asks for many users; `shared: false` keeps `private` responses and answers to requests with credentials as well. What came by
 * a redirect is not stored.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { cachedFetch } from "tiercel/http";
 *
 * const fetch = cachedFetch(createCache(), { staleIfError: "1h" });
 * ```
 */
export function cachedFetch(
  // biome-ignore lint/suspicious/noExplicitAny: of whatever scopes.
  cache: Cache<any, any, any>,
  options: CachedFetchOptions = {},
): CachedFetch {
  checkOptions(options);
  const { fetch: own, ...rest } = options;
  if (own !== undefined) callable("fetch", own);
  const engine = new HttpEngine(cache as AnyCache, resolveHttpOptions(rest));
  const forward = (request: Request): Promise<Response> => (own ?? globalThis.fetch)(request);
  return async (input, init) => {
    const request = new Request(input as RequestInfo, init);
    const { signal } = request;
    signal?.throwIfAborted();
    const exchange = { request, forward, refresh: forward, isFetch: true, mode: modeOf(request) };
    const response = await abortable(
      // What is stored was checked for nobody, or for others.
      request.integrity && /^(GET|HEAD)$/.test(request.method)
        ? engine.pass(exchange, { forward: "bypass", detail: "integrity" })
        : engine.handle(exchange),
      signal,
    );
    if (response.url === "") located(response, { url: withoutFragment(request.url), redirected: response.redirected });
    // Every request has a signal, but few were given one.
    return init?.signal || input instanceof Request ? ending(response, signal) : response;
  };
}

function modeOf(request: Request): string | undefined {
  try {
    // Workers have no such property, or one that throws.
    return request.cache === "default" ? undefined : request.cache;
  } catch {
    return undefined;
  }
}

/** The answer, or the reason of the caller's abort; what others wait for goes on. */
function abortable(work: Promise<Response>, signal: AbortSignal | undefined): Promise<Response> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      // Nobody reads what comes, and the origin, or others who read the same, would wait for him.
      work.then(discard, () => {});
    };
    signal.addEventListener("abort", abort, { once: true });
    const done = (): void => signal.removeEventListener("abort", abort);
    work.then(resolve, reject).then(done);
  });
}

/** The same answer, whose body ends when the signal does, as with `fetch`. */
function ending(response: Response, signal: AbortSignal | undefined): Response {
  if (!signal || !response.body) return response;
  if (signal.aborted) {
    void discard(response);
    throw signal.reason;
  }
  const { status, statusText, headers } = response;
  const reader = response.body.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  const next = async (): Promise<Uint8Array | undefined> => {
    const { value } = await reader.read();
    // A copy, as what the platform has read may be its own.
    return value && new Uint8Array(value);
  };
  const own = new Response(bodyOf(next, leave, signal) as BodyInit, { status, statusText, headers });
  return located(own, response);
}
