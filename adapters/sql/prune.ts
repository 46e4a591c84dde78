/**
 * Removing what is over: expired entries, entries that an invalidation by tag hit, and records of tags without entries.
 * Three plans, each bounded and short, so that other writers get between them.
 *
 * @module
 */
import type { Plan, Row } from "./driver.ts";
import { pruneLeases } from "./leases.ts";

const DELETE_EXPIRED = `DELETE FROM entries WHERE id IN (
    SELECT id FROM entries WHERE stale_until <= ? ORDER BY stale_until LIMIT ?
  ) RETURNING key`;

/** Removes at most `limit` entries that are over, and as many leases; answers with the keys of the entries. */
export function pruneExpiredPlan(limit: number, now: number): Plan<string[]> {
  return {
    steps: [{ sql: DELETE_EXPIRED, args: [now, limit] }, pruneLeases(limit, now)],
    finish: ([rows]) => keysOf(rows),
  };
}

/** The tags to be swept next, no more than are looked at in one go. */
const PENDING = "(SELECT id, deleted FROM tags WHERE deleted > swept ORDER BY id LIMIT ?)";
const DELETE_DEAD = `DELETE FROM entries WHERE id IN (
    SELECT x.entry FROM ${PENDING} t CROSS JOIN entry_tags x ON x.tag = t.id AND x.sequence < t.deleted LIMIT ?
  ) RETURNING key`;
const MARK_SWEPT = `UPDATE tags SET swept = deleted WHERE id IN (
    SELECT t.id FROM ${PENDING} t WHERE NOT EXISTS (SELECT 1 FROM entry_tags x WHERE x.tag = t.id AND x.sequence < t.deleted)
  )`;

/** Removes at most `limit` entries that were invalidated by a tag; answers with their keys. */
export function pruneDeadPlan(limit: number): Plan<string[]> {
  return {
    steps: [
      { sql: DELETE_DEAD, args: [MOST_TAGS, limit] },
      { sql: MARK_SWEPT, args: [MOST_TAGS] },
    ],
    finish: ([rows]) => keysOf(rows),
  };
}

/** Most tags looked at by one prune. */
const MOST_TAGS = 1_000;

/**
 * How long, in milliseconds, the record of a tag is kept after its last invalidation though no entry has it. Sequences
 * are times where nothing pushes them ahead. Dropping a record raises `floor`, and a load that began below it cannot
 * store a new tag: loads that take longer than this may have to be repeated, nothing worse.
 */
const RECORD_AGE = 60_000;

const WINDOW = "SELECT id FROM tags WHERE id > ? ORDER BY id LIMIT ?";
const LAST = `SELECT max(id), count(*) FROM (${WINDOW})`;
const UNUSED = `SELECT t.id FROM tags t WHERE t.id IN (${WINDOW})
  AND max(t.deleted, t.expired) <= (SELECT max(sequence, ?) FROM meta) - ${RECORD_AGE}
  AND NOT EXISTS (SELECT 1 FROM entry_tags x WHERE x.tag = t.id)`;
const RAISE_FLOOR = `UPDATE meta SET floor = max(floor, coalesce((SELECT max(max(deleted, expired)) FROM tags WHERE id IN (${UNUSED})), 0))`;
const DROP_TAGS = `DELETE FROM tags WHERE id IN (${UNUSED})`;

/**
 * Drops records of tags that no entry has, among the next ids after `cursor`. Answers with the cursor to go on from:
 * 0 after the last.
 */
export function pruneTagsPlan(cursor: number, now: number): Plan<number> {
  const args = [cursor, MOST_TAGS, now];
  return {
    steps: [
      { sql: LAST, args: [cursor, MOST_TAGS] },
      { sql: RAISE_FLOOR, args },
      { sql: DROP_TAGS, args },
    ],
    finish([rows]) {
      const [last, count] = rows?.[0] ?? [];
      return count === MOST_TAGS && typeof last === "number" ? last : 0;
    },
  };
}

function keysOf(rows: readonly Row[] | undefined): string[] {
  return (rows ?? []).map(([key]) => key as string);
}
