/**
 * Writing: entries with their tags, deletions, deadlines.
 *
 * @module
 */
import type { Touch, Write } from "../../src/tier.ts";
import type { Plan, Step } from "./driver.ts";
import { IS_CORRUPT, toEnd, writeEntry } from "./entry-row.ts";
import { IN_RANGE, isStorable, LIVE, range } from "./liveness.ts";
import { SEQUENCE, sequenceOf } from "./reads.ts";
import { tagEntry } from "./tags.ts";

/** Writes entries; answers with the sequence that those without one got. */
export function setPlan(writes: readonly Write<Uint8Array>[]): Plan<number> {
  const steps: Step[] = [];
  for (const write of writes) {
    const { tags } = write.entry;
    if (tags.length === 0) steps.push(writeEntry(write, 0));
    else steps.push(...tagEntry(write, [...new Set(tags)]));
  }
  steps.push(SEQUENCE);
  return { steps, finish: (rows) => sequenceOf(rows.at(-1)) };
}

const LIVE_KEYS = `SELECT k.value FROM json_each(?) k CROSS JOIN entries e ON e.key = k.value WHERE ${LIVE}`;
const DELETE = "DELETE FROM entries WHERE key IN (SELECT value FROM json_each(?))";

/** Deletes keys; answers for each whether a live entry was there, for one that comes twice at its first place only. */
export function deletePlan(keys: readonly string[], now: number): Plan<boolean[]> {
  const list = JSON.stringify(keys.filter(isStorable));
  return {
    steps: [
      { sql: LIVE_KEYS, args: [list, now] },
      { sql: DELETE, args: [list] },
    ],
    finish([rows = []]) {
      const live = new Set(rows.map(([key]) => key));
      return keys.map((key) => live.delete(key));
    },
  };
}

/** An entry that an invalidation made stale at once (`fresh_until` 0) must not become fresh by a touch. */
const TOUCH = `UPDATE entries AS e SET fresh_until = CASE e.fresh_until WHEN 0 THEN 0 ELSE ? END, stale_until = ?
  WHERE e.key = ? AND ${LIVE} RETURNING 1`;

/** Moves deadlines; answers for each key whether a live entry was there. */
export function touchPlan(touches: readonly Touch[], now: number): Plan<boolean[]> {
  return {
    steps: touches.map(({ key, freshUntil, staleUntil }) => ({
      sql: TOUCH,
      // A key that SQLite would change on the way is nobody's.
      args: [toEnd(freshUntil), toEnd(staleUntil), isStorable(key) ? key : null, now],
    })),
    finish: (rows) => rows.map((touched) => touched.length > 0),
  };
}

const CLEAR = `DELETE FROM entries AS e WHERE ${IN_RANGE}`;

/** Deletes all entries whose key begins with `prefix`. Tag records and the sequence stay. */
export function clearPlan(prefix: string): Plan<void> {
  const bounds = range(prefix);
  return { steps: bounds === undefined ? [] : [{ sql: CLEAR, args: bounds }], finish() {} };
}

const DROP_CORRUPT = `DELETE FROM entries AS e WHERE e.key = ? AND (${IS_CORRUPT})`;

/** Deletes the row of a key if it is still one that nobody can read. */
export function dropCorruptPlan(key: string): Plan<void> {
  return { steps: [{ sql: DROP_CORRUPT, args: [key] }], finish() {} };
}
