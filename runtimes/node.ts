/**
 * Tiercel on Node: `tiercel/node`.
 *
 * @module
 */
import type { Cache } from "../src/api.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { withFiles } from "./files.ts";
import { type OpenOptions, openWith } from "./open.ts";

/**
 * Opens a cache whose tiers the URL picks:
 *
 * - a path, `file:PATH` or `sqlite:PATH`: memory, and below it that SQLite file (node:sqlite; on Node 20 the package
 *   `libsql`); `?mode=ro` after `file:` and `sqlite:` opens it for reading only;
 * - `memory:`: memory alone.
 *
 * Without a URL the environment variable `TIERCEL_URL` is read, and without that the file is `.tiercel/cache.db` in
 * the working folder.
 *
 * @throws {ConfigError} for a URL or option that cannot be used; it names the scheme, never the whole URL
 * @throws {StoreOpenError} when the file cannot be opened, {StoreSchemaError} when a newer Tiercel wrote it,
 *   {MissingPackageError} on Node 20 without `libsql`
 *
 * @example
 * ```ts
 * import { openCache } from "tiercel/node";
 *
 * const cache = openCache("data/cache.db", { ttl: "5m", grace: "1h" });
 * const user = await cache.getOrSet("user:42", async () => ({ name: "Ada" }));
 * await cache.close();
 * ```
 */
export function openCache<S extends AnyScopes = NoScopes>(url?: string, options?: OpenOptions<S>): Cache<S> {
  return openWith(withFiles, url, options);
}

export type { OpenOptions } from "./open.ts";
