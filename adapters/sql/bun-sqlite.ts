/**
 * bun:sqlite.
 *
 * @module
 */

import { MissingPackageError } from "../../src/errors.ts";
import type { Tier } from "../../src/tier.ts";
import { builtin } from "./builtin.ts";
import { type FileDriver, held, immediate, type Row, type SyncDriver } from "./driver.ts";
import { type Encrypted, type SqliteTier, sqliteTier } from "./file-tier.ts";
import type { SqliteOptions } from "./sqlite-options.ts";

/** The slice of `Database` that is used. */
interface BunDatabase {
  /** Unlike `query()`, which keeps only the last 20 statements, leaves it to us to keep them. */
  prepare(sql: string): BunStatement;
  exec(sql: string): void;
  close(): void;
}

interface BunStatement {
  /** Rows as arrays; integers above 2^53 come rounded. */
  values(...args: unknown[]): unknown[][] | null | undefined;
  finalize(): void;
}

interface BunSqlite {
  readonly Database: new (
    path: string,
    options: { readonly: boolean } | { readwrite: boolean; create: boolean },
  ) => BunDatabase;
}

/** Opens files by bun:sqlite. */
export const bunFiles: FileDriver = {
  open(path, readOnly) {
    const module = builtin<BunSqlite>("bun:sqlite");
    if (module === undefined) throw new MissingPackageError("Cannot load bun:sqlite as the runtime must be Bun");
    return bunDriver(new module.Database(path, readOnly ? { readonly: true } : { readwrite: true, create: true }));
  },
  adopt(handle) {
    const { prepare, exec, close, query } = handle as Record<string, unknown>;
    return [prepare, exec, close, query].every((method) => typeof method === "function")
      ? bunDriver(handle as BunDatabase)
      : undefined;
  },
};

function bunDriver(database: BunDatabase): SyncDriver {
  const statements = held((sql) => database.prepare(sql));
  const all: SyncDriver["all"] = (sql, args) => (statements.of(sql).values(...args) ?? []) as Row[];
  return {
    sync: true,
    handle: database,
    all,
    exec: (sql) => database.exec(sql),
    transaction: (run) => immediate(all, run),
    close() {
      // Until then the file stays open and the write-ahead log beside it.
      for (const statement of statements.all) statement.finalize();
      database.close();
    },
  };
}

/**
 * The SQLite tier on bun:sqlite; see `sqlite` of `tiercel/sqlite`, which picks it in Bun.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function bunSqlite(target: string | URL, options: SqliteOptions & Encrypted): Tier;
export function bunSqlite(target: SqliteOptions & Encrypted, options?: SqliteOptions): Tier;
export function bunSqlite(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier;
export function bunSqlite(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier {
  return sqliteTier("sqlite", bunFiles, target, options);
}

export type { SqliteTier } from "./file-tier.ts";
export type { SqliteOptions } from "./sqlite-options.ts";
