/**
 * Reading entries so that one damaged row costs one entry and not the batch.
 *
 * @module
 */
import type { Entry } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { ReadOptions } from "../../src/tier.ts";
import type { Connection } from "./connection.ts";
import type { Row, Step } from "./driver.ts";
import { readEntry } from "./entry-row.ts";
import { isStorable } from "./liveness.ts";
import { placed, READ_ONE, READ_ONE_META, readBatch } from "./reads.ts";
import { CORRUPT, resultCode } from "./result-codes.ts";

/** An entry, or a miss. */
export type Found = Entry<Uint8Array> | undefined;

/** Is told of a row that cannot be read, and whether the row itself is at fault or the file around it. */
export type CorruptListener = (key: string, error: CorruptError, isRow: boolean) => void;

/** Reads entries by key, in the order of the keys. What cannot be read is a miss and told to `corrupt`. */
export function readEntries(
  connection: Connection,
  keys: readonly string[],
  options: ReadOptions,
  corrupt: CorruptListener,
): Found[] {
  const { now, metaOnly = false } = options;
  if (keys.length <= 1) return keys.map((key) => readOne(connection, key, now, metaOnly, corrupt));
  const { sql, args } = readStep(keys, metaOnly);
  let rows: readonly Row[];
  try {
    rows = connection.all(sql, args);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return keys.map((key) => readOne(connection, key, now, metaOnly, corrupt));
  }
  return entriesOf(rows, keys, options, corrupt);
}

/** The statement that reads entries by key, for {@linkcode entriesOf}. */
export function readStep(keys: readonly string[], metaOnly: boolean): Step {
  // A key that SQLite would change on the way must not meet another's entry; the empty list has no place for it.
  return readBatch(keys.every(isStorable) ? keys : keys.map((key) => (isStorable(key) ? key : null)), metaOnly);
}

/** The entries in the rows of {@linkcode readStep}, in the order of the keys. */
export function entriesOf(
  rows: readonly Row[],
  keys: readonly string[],
  { now, metaOnly = false }: ReadOptions,
  corrupt: CorruptListener,
): Found[] {
  return placed(rows, keys.length, (row, index) => read(row, now, metaOnly, keys[index]!, corrupt));
}

function readOne(connection: Connection, key: string, now: number, metaOnly: boolean, corrupt: CorruptListener): Found {
  if (!isStorable(key)) return undefined;
  let row: Row | undefined;
  try {
    row = connection.all(metaOnly ? READ_ONE_META : READ_ONE, [key])[0];
  } catch (error) {
    if (!isDamage(error)) throw error;
    corrupt(
      key,
      new CorruptError("Cannot read entry as its row is damaged", { cause: error }),
      resultCode(error) !== CORRUPT,
    );
    return undefined;
  }
  return row === undefined ? undefined : read(row, now, metaOnly, key, corrupt);
}

function read(row: Row, now: number, metaOnly: boolean, key: string, corrupt: CorruptListener): Found {
  try {
    return readEntry(row, now, metaOnly);
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    corrupt(key, error, true);
    return undefined;
  }
}

/** A damaged page, or an integer that node:sqlite refuses to make a number of. */
function isDamage(error: unknown): boolean {
  return resultCode(error) === CORRUPT || (error as { code?: unknown } | null)?.code === "ERR_OUT_OF_RANGE";
}
