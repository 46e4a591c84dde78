/**
 * Reading: entries by key, pages of keys, their number.
 *
 * @module
 */
import type { Entry } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { ScanOptions, ScanResult } from "../../src/tier.ts";
import type { Plan, Row, Step } from "./driver.ts";
import { ENTRY_COLUMNS, META_COLUMNS } from "./entry-row.ts";
import { IN_RANGE, LIVE, range } from "./liveness.ts";

/** One entry by key. */
export const READ_ONE: string = `SELECT ${ENTRY_COLUMNS} FROM entries e WHERE e.key = ?`;
/** One entry by key, without its value. */
export const READ_ONE_META: string = `SELECT ${META_COLUMNS} FROM entries e WHERE e.key = ?`;

const BATCH = "FROM json_each(?) k CROSS JOIN entries e ON e.key = k.value";
const READ_BATCH = `SELECT ${ENTRY_COLUMNS}, k.key AS place ${BATCH}`;
const READ_BATCH_META = `SELECT ${META_COLUMNS}, k.key AS place ${BATCH}`;

/** Column of a batch with the index of the key in the list. */
const PLACE = 10;

/** The statement that reads many keys at once, of whatever number, so that it stays prepared. */
export function readBatch(keys: readonly (string | null)[], metaOnly: boolean): Step {
  return { sql: metaOnly ? READ_BATCH_META : READ_BATCH, args: [JSON.stringify(keys)] };
}

/** Puts the rows of {@linkcode readBatch} at the places of their keys. */
export function placed(
  rows: readonly Row[],
  count: number,
  read: (row: Row, index: number) => Entry<Uint8Array> | undefined,
): (Entry<Uint8Array> | undefined)[] {
  const entries = new Array<Entry<Uint8Array> | undefined>(count).fill(undefined);
  for (const row of rows) {
    const index = row[PLACE] as number;
    entries[index] = read(row, index);
  }
  return entries;
}

/** The invalidation sequence. */
export const SEQUENCE: Step = { sql: "SELECT sequence FROM meta", args: [] };

/**
 * The number in the rows of {@linkcode SEQUENCE}, or of another statement that answers with a sequence.
 *
 * @throws {CorruptError} when the row of `meta` is lost
 */
export function sequenceOf(rows: readonly Row[] | undefined): number {
  const sequence = rows?.[0]?.[0];
  if (Number.isSafeInteger(sequence)) return sequence as number;
  throw new CorruptError("Cannot read invalidation sequence as the table meta must have a row with an integer");
}

const SCAN = `SELECT e.key FROM entries e WHERE ${IN_RANGE} AND e.key <> coalesce(?, x'') AND ${LIVE} ORDER BY e.key LIMIT ?`;

/** The same with the keys that somebody loads. */
const SCAN_LEASED = `SELECT key FROM (
    SELECT e.key FROM entries e WHERE ${IN_RANGE} AND ${LIVE}
    UNION SELECT e.key FROM leases e WHERE ${IN_RANGE}
  ) WHERE key <> coalesce(?, x'') ORDER BY key LIMIT ?`;

/** A page of live keys. The cursor is the last key of the page before, so keys that come and go in between hide no other. */
export function scanPlan({ prefix, cursor, limit, now, leased = false }: ScanOptions): Plan<ScanResult> {
  const bounds = range(prefix);
  if (bounds === undefined) return { steps: [], finish: () => ({ keys: [] }) };
  const from = cursor ?? bounds[0];
  const step: Step = leased
    ? { sql: SCAN_LEASED, args: [from, bounds[1], now, from, bounds[1], cursor ?? null, limit] }
    : { sql: SCAN, args: [from, bounds[1], cursor ?? null, now, limit] };
  return {
    steps: [step],
    finish([rows = []]) {
      const keys = rows.map(([key]) => key as string);
      return keys.length < limit ? { keys } : { keys, cursor: keys.at(-1) };
    },
  };
}

/**
 * All keys in the range, which takes only the index of keys, without those that are over and those that an invalidation
 * hit and that are still to be swept. `+` keeps the planner from walking the keys for them.
 */
const SIZE = `SELECT
  (SELECT count(*) FROM entries e WHERE ${IN_RANGE})
  - (SELECT count(*) FROM entries e WHERE e.stale_until <= ? AND ${IN_RANGE.replaceAll("e.key", "+e.key")})
  - (SELECT count(DISTINCT e.id) FROM tags t CROSS JOIN entry_tags x ON x.tag = t.id AND x.sequence < t.deleted
      CROSS JOIN entries e ON e.id = x.entry
    WHERE t.deleted > t.swept AND (e.stale_until IS NULL OR e.stale_until > ?) AND ${IN_RANGE.replaceAll("e.key", "+e.key")})`;

/** The number of live entries whose key begins with `prefix`. */
export function sizePlan(prefix: string, now: number): Plan<number> {
  const bounds = range(prefix);
  if (bounds === undefined) return { steps: [], finish: () => 0 };
  return {
    steps: [{ sql: SIZE, args: [...bounds, now, ...bounds, now, ...bounds] }],
    finish: ([rows]) => Number(rows?.[0]?.[0] ?? 0),
  };
}
