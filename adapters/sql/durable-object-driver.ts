/**
 * The SQLite storage of a Durable Object as a database in this process. It has no BEGIN and hardly a PRAGMA, and takes
 * numbers as REAL, which the columns turn back into integers.
 *
 * @module
 */
import type { Row, SqlValue, SyncDriver } from "./driver.ts";

/** The slice of a Durable Object's storage that is used. */
export interface DurableObjectStorage {
  readonly sql: {
    /** Keeps statements prepared by their text. */
    exec(sql: string, ...args: SqlValue[]): { raw(): Iterable<unknown[]> };
  };
  /** Rolls back what `run` has done when it throws. */
  transactionSync<T>(run: () => T): T;
}

/** A driver over the storage of an object. */
export function durableObjectDriver(storage: DurableObjectStorage): SyncDriver {
  const all = (sql: string, args: readonly SqlValue[]): readonly Row[] => {
    const rows = Array.from(storage.sql.exec(sql, ...args).raw());
    for (const row of rows) {
      for (const [column, cell] of row.entries()) if (cell instanceof ArrayBuffer) row[column] = new Uint8Array(cell);
    }
    return rows;
  };
  return {
    sync: true,
    handle: storage,
    all,
    exec(sql) {
      storage.sql.exec(sql);
    },
    transaction: (run) => storage.transactionSync(run),
    // It ends with the object.
    close() {},
  };
}
