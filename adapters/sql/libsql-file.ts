/**
 * Files by the package `libsql`, for runtimes without a SQLite of their own, such as Node 20.
 *
 * Its weaknesses (0.5.29): it closes a file only when its statements have been collected, and it ends the process when a
 * text in the file is not UTF-8, which only damage or another program can bring about.
 *
 * @module
 */

import { MissingPackageError } from "../../src/errors.ts";
import type { Tier } from "../../src/tier.ts";
import { builtin, workingFolder } from "./builtin.ts";
import { type FileDriver, held, immediate, type Row, type SyncDriver } from "./driver.ts";
import { type Encrypted, type SqliteTier, sqliteTier } from "./file-tier.ts";
import type { SqliteOptions } from "./sqlite-options.ts";

/** The slice of `Database` that is used; it is that of better-sqlite3. */
interface LibsqlDatabase {
  prepare(sql: string): LibsqlStatement;
  exec(sql: string): void;
  close(): void;
}

interface LibsqlStatement {
  /** Whether it has columns. */
  readonly reader: boolean;
  /** Rows as arrays. */
  raw(enabled: boolean): unknown;
  all(args: readonly unknown[]): unknown[];
  run(args: readonly unknown[]): unknown;
}

type Libsql = new (path: string) => LibsqlDatabase;

/** Opens files by libsql. */
export const libsqlFiles: FileDriver = {
  open(path, readOnly) {
    const Database = loadLibsql();
    // Its option `readonly` does nothing.
    return libsqlDriver(new Database(readOnly ? `${fileUrl(path)}?mode=ro` : path));
  },
  adopt(handle) {
    const { prepare, exec, close, pragma } = handle as Record<string, unknown>;
    return [prepare, exec, close, pragma].every((method) => typeof method === "function")
      ? libsqlDriver(handle as LibsqlDatabase)
      : undefined;
  },
};

function libsqlDriver(database: LibsqlDatabase): SyncDriver {
  const statements = held((sql) => {
    const statement = database.prepare(sql);
    if (statement.reader) statement.raw(true);
    return statement;
  });
  // Parameters go in as one list: a single Uint8Array by itself would be taken for named parameters and end the process.
  const all: SyncDriver["all"] = (sql, args) => {
    const statement = statements.of(sql);
    if (statement.reader) return statement.all(args) as Row[];
    statement.run(args);
    return [];
  };
  return {
    sync: true,
    handle: database,
    all,
    exec: (sql) => database.exec(sql),
    transaction: (run) => immediate(all, run),
    close() {
      // Its statements keep the file open until they are collected, so the log is written back by hand.
      try {
        database.exec("PRAGMA busy_timeout = 0");
        all("PRAGMA wal_checkpoint(TRUNCATE)", []);
      } catch {
        // Read-only, or others are at work: then the log stays, and is as good.
      }
      database.close();
    },
  };
}

interface NodeModule {
  createRequire(from: string): (name: string) => unknown;
}

/** Loads the package from where Tiercel is installed, or else from where the program runs. */
function loadLibsql(): Libsql {
  const createRequire = builtin<NodeModule>("node:module")?.createRequire;
  let cause: unknown;
  for (const from of [import.meta.url, `${workingFolder()}/`]) {
    try {
      if (createRequire !== undefined) return createRequire(from)("libsql") as Libsql;
    } catch (error) {
      cause ??= error;
    }
  }
  throw new MissingPackageError(
    "Cannot load libsql as it must be installed where there is no SQLite built in: npm install libsql",
    { cause },
  );
}

function fileUrl(path: string): string {
  return builtin<{ pathToFileURL(path: string): URL }>("node:url")!.pathToFileURL(path).href;
}

/**
 * The SQLite tier on the package `libsql`; see `sqlite` of `tiercel/sqlite`, which picks it in Node 20.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function libsqlFile(target: string | URL, options: SqliteOptions & Encrypted): Tier;
export function libsqlFile(target: SqliteOptions & Encrypted, options?: SqliteOptions): Tier;
export function libsqlFile(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier;
export function libsqlFile(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier {
  return sqliteTier("sqlite", libsqlFiles, target, options);
}

export type { SqliteTier } from "./file-tier.ts";
export type { SqliteOptions } from "./sqlite-options.ts";
