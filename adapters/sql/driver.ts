/**
 * What a SQL backend must offer, and the form in which work is given to it.
 *
 * All work is a {@linkcode Plan}: statements that need no answer of one another, so that a local file runs them one
 * by one in a transaction, a Durable Object in `transactionSync`, and D1 or libSQL over HTTP as one atomic batch.
 * No statement has more than 12 parameters (lists go in as one JSON text, read by `json_each`), a placeholder is always
 * a plain `?`, and what is bound is text, a number, bytes or null: the least that all drivers have in common.
 *
 * @module
 */
import type { Change } from "../../src/tier.ts";

/** What can be bound to a placeholder. Others throw on D1 and on node:sqlite, and end the process on libSQL. */
export type SqlValue = string | number | null | Uint8Array;

/** One row: its columns in the order of the statement. */
export type Row = readonly unknown[];

/** One statement with its parameters. */
export interface Step {
  /** One of a fixed set of texts, so that a driver may keep every statement prepared. */
  readonly sql: string;
  readonly args: readonly SqlValue[];
  /** Does nothing where this step answers without a row. A driver may ask that once per transaction, and leave it out. */
  readonly given?: Step;
}

/** Statements that take effect together or not at all, and how their rows become an answer. */
export interface Plan<T> {
  readonly steps: readonly Step[];
  /** Changes the invalidation sequence. */
  readonly bumps?: boolean;
  /** Takes leases. */
  readonly leases?: boolean;
  /** What it changed, for the journal, given its answer. */
  changes?(answer: T): Change;
  /** Makes the answer of the rows of each step. Throws when they cannot be right; then nothing has been changed. */
  finish(rows: readonly (readonly Row[])[]): T;
}

/** A database in this process: node:sqlite, bun:sqlite, a libSQL file, a Durable Object. */
export interface SyncDriver {
  readonly sync: true;
  /** The open handle underneath. */
  readonly handle: unknown;
  /** Runs one statement, held prepared after the first time, to its end. */
  all(sql: string, args: readonly SqlValue[]): readonly Row[];
  /** Runs statements without parameters and rows, such as those of a schema. */
  exec(sql: string): void;
  /** Runs `run` in a transaction that holds the write lock from its start; rolls back when it throws. */
  transaction<T>(run: () => T): T;
  /** Closes the handle, with all statements. */
  close(): void;
}

/** A database elsewhere: D1, libSQL over HTTP. */
export interface AsyncDriver {
  readonly sync: false;
  /** The client underneath. */
  readonly handle: unknown;
  /** Whether a round trip costs next to nothing, as to a file, so that it is a lock that is waited for. */
  readonly isNear: boolean;
  /** Runs all steps in one round trip, atomically; answers with the rows of each. */
  batch(steps: readonly Step[], mode: "read" | "write"): Promise<readonly (readonly Row[])[]>;
  /** Settles what a database needs that turned out to be ours, or empty. */
  settle?(): Promise<void>;
  close(): void | Promise<void>;
}

/** Either kind of {@linkcode SyncDriver} or {@linkcode AsyncDriver}, told apart by `sync`. */
export type SqlDriver = SyncDriver | AsyncDriver;

/** How the databases of one runtime or package are opened. */
export interface FileDriver {
  /** Opens the file, which is created unless `readOnly`. Throws what the runtime throws, or a TiercelError. */
  open(path: string, readOnly: boolean): SyncDriver;
  /** A driver over a handle that the caller opened, or `undefined` when it is of another kind. */
  adopt(handle: object): SyncDriver | undefined;
}

/**
 * Runs `run` between `BEGIN IMMEDIATE` and `COMMIT`. Immediate, because a transaction that takes the write lock only when
 * it first writes fails at once when another process wrote after it began to read (SQLITE_BUSY_SNAPSHOT).
 */
export function immediate<T>(all: SyncDriver["all"], run: () => T): T {
  all("BEGIN IMMEDIATE", []);
  try {
    const answer = run();
    all("COMMIT", []);
    return answer;
  } catch (error) {
    try {
      all("ROLLBACK", []);
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error;
  }
}

/** Prepared statements by their text. Bounded, as the texts are a fixed set. */
export function held<S>(prepare: (sql: string) => S): { of(sql: string): S; readonly all: Iterable<S> } {
  const statements = new Map<string, S>();
  return {
    of(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = prepare(sql);
        statements.set(sql, statement);
      }
      return statement;
    },
    all: { [Symbol.iterator]: () => statements.values() },
  };
}
