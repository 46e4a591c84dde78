/**
 * node:sqlite, in Node from 22.13 and in Deno from 2.2.
 *
 * Node 22 prints an ExperimentalWarning when it is first used; `node --disable-warning=ExperimentalWarning` silences it.
 *
 * @module
 */

import { MissingPackageError } from "../../src/errors.ts";
import type { Tier } from "../../src/tier.ts";
import { builtin } from "./builtin.ts";
import { type FileDriver, held, immediate, type Row, type SyncDriver } from "./driver.ts";
import { type Encrypted, type SqliteTier, sqliteTier } from "./file-tier.ts";
import type { SqliteOptions } from "./sqlite-options.ts";

/** The slice of `DatabaseSync` that is used. */
interface NodeDatabase {
  prepare(sql: string): NodeStatement;
  exec(sql: string): void;
  close(): void;
}

interface NodeStatement {
  all(...args: unknown[]): unknown[];
  /** Since Node 22.16. */
  setReturnArrays?(enabled: boolean): void;
}

interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => NodeDatabase;
}

/** Opens files by node:sqlite. */
export const nodeFiles: FileDriver = {
  open(path, readOnly) {
    const module = builtin<NodeSqlite>("node:sqlite");
    if (module === undefined) {
      throw new MissingPackageError(
        "Cannot load node:sqlite as the runtime must be Node 22.13 or Deno 2.2 at least: npm install libsql",
      );
    }
    return nodeDriver(new module.DatabaseSync(path, { readOnly }));
  },
  adopt(handle) {
    const { prepare, exec, close, batch } = handle as Record<string, unknown>;
    // D1 has `prepare` and `exec` too, but answers with promises.
    const fits = [prepare, exec, close].every((method) => typeof method === "function") && batch === undefined;
    return fits ? nodeDriver(handle as NodeDatabase) : undefined;
  },
};

function nodeDriver(database: NodeDatabase): SyncDriver {
  const statements = held((sql) => {
    const statement = database.prepare(sql);
    // Rows as arrays take a quarter less time than as objects.
    statement.setReturnArrays?.(true);
    return statement;
  });
  const all: SyncDriver["all"] = (sql, args) => {
    const statement = statements.of(sql);
    const rows = statement.all(...args);
    return statement.setReturnArrays === undefined ? (rows as object[]).map(Object.values) : (rows as Row[]);
  };
  return {
    sync: true,
    handle: database,
    all,
    exec: (sql) => database.exec(sql),
    transaction: (run) => immediate(all, run),
    close: () => database.close(),
  };
}

/**
 * The SQLite tier on node:sqlite; see `sqlite` of `tiercel/sqlite`, which picks it where it exists.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function nodeSqlite(target: string | URL, options: SqliteOptions & Encrypted): Tier;
export function nodeSqlite(target: SqliteOptions & Encrypted, options?: SqliteOptions): Tier;
export function nodeSqlite(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier;
export function nodeSqlite(target: string | URL | SqliteOptions, options?: SqliteOptions): SqliteTier {
  return sqliteTier("sqlite", nodeFiles, target, options);
}

export type { SqliteTier } from "./file-tier.ts";
export type { SqliteOptions } from "./sqlite-options.ts";
