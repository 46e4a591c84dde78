/**
 * Tiercel on edge runtimes such as Vercel's: `tiercel/edge`.
 *
 * @module
 */
import type { Cache } from "../src/api.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { httpStores } from "./http.ts";
import { type OpenOptions, openWith, processVariable, type Runtime } from "./open.ts";

/** Where the URL of a store is, as its makers name it. */
const VARIABLES = ["UPSTASH_REDIS_REST_URL", "KV_REST_API_URL", "TURSO_DATABASE_URL", "LIBSQL_URL"];

/** How Vercel tells a function of the request that it serves, as its package `@vercel/functions` asks. */
const REQUEST = /* @__PURE__ */ Symbol.for("@vercel/request-context");

interface VercelRequest {
  waitUntil?(work: Promise<unknown>): void;
}

const edge: Runtime = {
  schemes: httpStores,
  standard({ environment }) {
    const option = VARIABLES.find((name) => environment(name));
    return option === undefined ? { url: "memory:", option: "url" } : { url: environment(option)!, option };
  },
  environment: processVariable,
  waitUntil(work) {
    const current = (globalThis as { [REQUEST]?: { get?(): VercelRequest | undefined } })[REQUEST];
    current?.get?.()?.waitUntil?.(work);
  },
};

/**
 * Opens a cache whose tiers the URL picks. Memory is always the first; below it is
 *
 * - for `https://NAME.upstash.io`, or a URL with `?token=`, that Upstash database, with the token there, as option `token`, or in
 *   `UPSTASH_REDIS_REST_TOKEN`;
 * - for `libsql://…`, another `https://…` or `wss://…` that libSQL database (package `@libsql/client`), with the token as `?authToken=`, as
 *   option `token`, or in `TURSO_AUTH_TOKEN`;
 * - for `memory:` nothing.
 *
 * Without a URL these variables of the environment are read, the first that is there: `TIERCEL_URL`, `UPSTASH_REDIS_REST_URL`,
 * `KV_REST_API_URL`, `TURSO_DATABASE_URL`, `LIBSQL_URL`; without any it is memory alone. On Vercel, work in the background is given to the
 * `waitUntil` of the request; elsewhere pass one to the calls that may do such work.
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
  return openWith(edge, url, options);
}

export type { OpenOptions } from "./open.ts";
