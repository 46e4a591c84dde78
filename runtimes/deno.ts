/**
 * Tiercel on Deno: `tiercel/deno`.
 *
 * @module
 */
import type { Cache } from "../src/api.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { type OpenOptions, openWith } from "./open.ts";
import { server } from "./server.ts";

/**
 * Opens a cache whose tiers the URL picks. Memory is always the first; below it is
 *
 * - for a path, `file:PATH` or `sqlite:PATH` that SQLite file (node:sqlite); `?mode=ro` after `file:` and `sqlite:` opens
 *   it for reading only;
 * - for `redis://…` and `rediss://…` that Redis (package `redis` or `ioredis`);
 * - for `libsql://…`, `https://…` or `wss://…` that libSQL database (package `@libsql/client`), with the token as `?authToken=`, as option
 *   `token`, or in `TURSO_AUTH_TOKEN`;
 * - for `https://NAME.upstash.io`, or a URL with `?token=`, that Upstash database, with the token there, as option `token`, or in
 *   `UPSTASH_REDIS_REST_TOKEN`;
 * - for `memory:` nothing.
 *
 * Without a URL the environment variable `TIERCEL_URL` is read if Deno permits it, and without that the file is
 * `.tiercel/cache.db` in the working folder.
 *
 * @throws {ConfigError} for a URL or option that cannot be used; it names the scheme, never the whole URL
 * @throws {StoreOpenError} when the file cannot be opened, {StoreSchemaError} when a newer Tiercel wrote it
 *
 * @example
 * ```ts
 * import { openCache } from "tiercel/deno";
 *
 * const cache = openCache("data/cache.db", { ttl: "5m", grace: "1h" });
 * const user = await cache.getOrSet("user:42", async () => ({ name: "Ada" }));
 * await cache.close();
 * ```
 */
export function openCache<S extends AnyScopes = NoScopes>(url?: string, options?: OpenOptions<S>): Cache<S> {
  return openWith(server, url, options);
}

export type { OpenOptions } from "./open.ts";
