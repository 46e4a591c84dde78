/**
 * The SQLite tier: `tiercel/sqlite`. A file that several processes may share, with tags, on the SQLite that the runtime
 * has: bun:sqlite, node:sqlite, or the package `libsql` where there is neither (Node 20).
 *
 * @module
 */

import { StoreOpenError } from "../src/errors.ts";
import type { Tier } from "../src/tier.ts";
import { builtin, userAgent } from "./sql/builtin.ts";
import { bunFiles } from "./sql/bun-sqlite.ts";
import type { FileDriver } from "./sql/driver.ts";
import { type Encrypted, type SqliteTier, sqliteTier } from "./sql/file-tier.ts";
import { libsqlFiles } from "./sql/libsql-file.ts";
import { nodeFiles } from "./sql/node-sqlite.ts";
import type { SqliteOptions } from "./sql/sqlite-options.ts";

/**
 * A tier in a SQLite file.
 *
 * Reads answer at once; asynchronous writes that are started in one tick share one transaction. The file is in WAL mode:
 * readers and a writer do not wait for each other. An acknowledged write survives `kill -9` of the process; see
 * {@linkcode SqliteOptions.synchronous} for power cuts. Nothing is opened before the cache is made; then `createCache`
 * throws a `StoreOpenError` when the file cannot be opened, a `StoreSchemaError` when a newer Tiercel wrote it, and a
 * `MissingPackageError` in Node 20 without `libsql`. The file may hold tables of others; ours are made beside them.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { sqlite } from "tiercel/sqlite";
 *
 * const cache = createCache({ tiers: [memory(), sqlite("data/cache.db", { ttl: "7d" })] });
 * ```
 */
export function sqlite(target: string | URL, options: SqliteOptions & Encrypted): Tier;
export function sqlite(target: SqliteOptions & Encrypted, options?: SqliteOptions): Tier;
export function sqlite(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier;
export function sqlite(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier {
  return sqliteTier("sqlite", anyFiles, target, options);
}

const anyFiles: FileDriver = {
  open: (path, readOnly) => pick().open(path, readOnly),
  adopt: (handle) => bunFiles.adopt(handle) ?? libsqlFiles.adopt(handle) ?? nodeFiles.adopt(handle),
};

/** The driver of this runtime. The user agent comes first: workerd has a node:sqlite whose constructor throws. */
function pick(): FileDriver {
  const agent = userAgent();
  if (agent === "Cloudflare-Workers") {
    throw new StoreOpenError(
      "Cannot open SQLite store as Workers have no files: use D1 or the storage of a Durable Object",
    );
  }
  if (agent.startsWith("Bun/")) return bunFiles;
  if (builtin("node:sqlite") !== undefined) return nodeFiles;
  if (builtin("node:module") !== undefined) return libsqlFiles;
  throw new StoreOpenError(
    "Cannot open SQLite store as the runtime must be Node 20.16, Bun or Deno at least: received one without files",
  );
}

export type { SqliteTier } from "./sql/file-tier.ts";
export type { SqliteOptions } from "./sql/sqlite-options.ts";
