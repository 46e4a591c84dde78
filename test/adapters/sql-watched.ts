/**
 * A store of bytes whose driver is watched, and disturbed where a test says so.
 */
import type { FileDriver, SyncDriver } from "../../adapters/sql/driver.ts";
import { sqliteStore } from "../../adapters/sql/file-tier.ts";
import type { SqliteOptions } from "../../adapters/sql/sqlite-options.ts";
import type { SqlStore } from "../../adapters/sql/store.ts";
import { FAKE_START, fakeClock } from "../contract/fake-clock.ts";
import { context, type Folder, files } from "./sql-fixture.ts";

export interface Watched {
  readonly store: SqlStore;
  readonly counts: { transactions: number };
  /** Texts of the statements so far, without those of transactions. */
  readonly statements: string[];
  readonly reports: unknown[][];
  /** Called one after the other, each when a transaction is tried. */
  readonly onAttempt: (() => void)[];
}

/** Opens a store on the folder's file. `before` is called before each statement and may throw. */
export function watched(
  folder: Folder,
  before: (sql: string, args: readonly unknown[]) => void = () => {},
  options: SqliteOptions = {},
): Watched {
  const counts = { transactions: 0 };
  const onAttempt: (() => void)[] = [];
  const statements: string[] = [];
  const reports: unknown[][] = [];
  const driver: FileDriver = {
    adopt: () => undefined,
    open(path, readOnly) {
      const real = files.open(path, readOnly);
      const all: SyncDriver["all"] = (sql, args) => {
        statements.push(sql);
        before(sql, args);
        return real.all(sql, args);
      };
      return {
        ...real,
        all,
        transaction(run) {
          counts.transactions++;
          onAttempt.shift()?.();
          return real.transaction(run);
        },
      };
    },
  };
  const store = sqliteStore("sqlite", driver, { path: folder.file, ...options });
  store.open!(context(fakeClock(FAKE_START), (...report) => reports.push(report)));
  counts.transactions = 0;
  statements.length = 0;
  return { store, counts, statements, reports, onAttempt };
}
