/**
 * The slice of a client of `@libsql/client` that is used, and a driver over it.
 *
 * @module
 */
import type { AsyncDriver, Row, SqlValue, Step } from "../sql/driver.ts";

/** One statement with its parameters. */
export interface LibsqlStatement {
  readonly sql: string;
  readonly args: SqlValue[];
}

/** The rows of one statement: a row is reached into by the index of a column. */
export interface LibsqlRows {
  readonly rows: readonly ArrayLike<unknown>[];
}

/**
 * An open client, as `createClient` of `@libsql/client` makes it, or one with these methods. Its `intMode` must be
 * `"number"`, which is the default, or `"bigint"`.
 */
export interface LibsqlClient {
  /** `"file"` of a client that reads a file on this machine. */
  readonly protocol?: string;
  /** Runs one statement. */
  execute(statement: LibsqlStatement): Promise<LibsqlRows>;
  /** Runs statements in one transaction and one round trip; all or none take effect. */
  batch(statements: LibsqlStatement[], mode: "read" | "write"): Promise<LibsqlRows[]>;
  close(): void | Promise<void>;
}

/** A driver over a client; `settle` as in {@linkcode AsyncDriver}. */
export function libsqlDriver(client: LibsqlClient, settle?: () => Promise<void>): AsyncDriver {
  const driver: AsyncDriver = {
    sync: false,
    handle: client,
    isNear: client.protocol === "file",
    async batch(steps, mode) {
      // One statement is a transaction by itself.
      const answers =
        steps.length === 1
          ? [await client.execute(statement(steps[0]!))]
          : await client.batch(steps.map(statement), mode);
      return answers.map(({ rows }) => rows.map(row));
    },
    close: () => client.close(),
  };
  return settle === undefined ? driver : { ...driver, settle };
}

function statement({ sql, args }: Step): LibsqlStatement {
  return { sql, args: args.map(bound) };
}

/** The client refuses NaN and infinite numbers, which other drivers bind as NULL, or compare with nothing. */
function bound(value: SqlValue): SqlValue {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

function row(cells: ArrayLike<unknown>): Row {
  return Array.from(cells, cell);
}

function cell(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    // As it is, it counts as what it must be: no number that we can have written.
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return new Uint8Array(value as ArrayBuffer);
}
