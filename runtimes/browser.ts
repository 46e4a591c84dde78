/**
 * Tiercel on browsers: `tiercel/browser`.
 *
 * @module
 */
import { indexedDb } from "../adapters/indexeddb.ts";
import type { Cache } from "../src/api.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { type OpenOptions, openWith, type Runtime } from "./open.ts";

const browser: Runtime = {
  schemes: { indexeddb: ({ rest }, { store }) => [indexedDb(rest === "" ? undefined : rest, { ...store })] },
  standard: () => ({ url: "memory:", option: "url" }),
  environment: () => undefined,
};

/**
 * Opens a cache whose tiers the URL picks: `memory:`, which is also the default, or `indexeddb:NAME` for a database of that name below
 * memory, which outlives the page and is shared by its tabs.
 *
 * @throws {ConfigError} for a URL or option that cannot be used; it names the scheme, never the whole URL
 *
 * @example
 * ```ts
 * import { openCache } from "tiercel/browser";
 *
 * const cache = openCache("memory:", { ttl: "5m" });
 * const user = await cache.getOrSet("user:42", async () => ({ name: "Ada" }));
 * ```
 */
export function openCache<S extends AnyScopes = NoScopes>(url?: string, options?: OpenOptions<S>): Cache<S> {
  return openWith(browser, url, options);
}

export type { OpenOptions } from "./open.ts";
