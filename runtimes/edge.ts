/**
 * Tiercel on edge runtimes such as Vercel's: `tiercel/edge`.
 *
 * @module
 */
import type { Cache } from "../src/api.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { withMemoryOnly } from "./memory-only.ts";
import { type OpenOptions, openWith } from "./open.ts";

/**
 * Opens a cache whose tiers the URL picks. So far it knows `memory:` alone, which is also the default. Without a URL
 * the environment variable `TIERCEL_URL` is read, where the runtime has one. Pass the `waitUntil` of the request to
 * the calls that may work in the background.
 *
 * @throws {ConfigError} for a URL or option that cannot be used; it names the scheme, never the whole URL
 *
 * @example
 * ```ts
 * import { openCache } from "tiercel/edge";
 *
 * const cache = openCache("memory:", { ttl: "5m" });
 * const user = await cache.getOrSet("user:42", async () => ({ name: "Ada" }));
 * ```
 */
export function openCache<S extends AnyScopes = NoScopes>(url?: string, options?: OpenOptions<S>): Cache<S> {
  return openWith(withMemoryOnly, url, options);
}

export type { OpenOptions } from "./open.ts";
