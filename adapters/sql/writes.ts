/**
 * Writing: entries with their tags, deletions, deadlines.
 *
 * @module
 */
import type { Touch, Write, WriteResult } from "../../src/tier.ts";
import type { Plan, Step } from "./driver.ts";
import { IS_CORRUPT, toEnd, writeEntry } from "./entry-row.ts";
import { giveBack, revoke, revokeRange } from "./leases.ts";
import { IN_RANGE, isStorable, LIVE, range } from "./liveness.ts";
import { SEQUENCE, sequenceOf } from "./reads.ts";
import { tagEntry } from "./tags.ts";

/** Writes entries, those with a lease only while it stands; answers with the sequence that those without one got. */
export function setPlan(writes: readonly Write<Uint8Array>[]): Plan<WriteResult> {
  return writes.some(({ lease }) => lease !== undefined) ? leasedPlan(writes) : plainPlan(writes);
}

function plainPlan(writes: readonly Write<Uint8Array>[]): Plan<WriteResult> {
  const keys = writes.map(({ key }) => key);
  const steps: Step[] = [];
  for (const write of writes) addEntry(steps, write);
  if (keys.length > 0) steps.push(revoke(keys));
  steps.push(SEQUENCE);
  return {
    steps,
    changes: () => ({ by: "keys", keys }),
    finish: (rows) => ({ sequence: sequenceOf(rows.at(-1)) }),
  };
}

/** As a key may come twice, each write takes effect, and ends or revokes a lease, before the next. */
function leasedPlan(writes: readonly Write<Uint8Array>[]): Plan<WriteResult> {
  const steps: Step[] = [];
  /** For each write the step that answers with a row if its lease stood; -1 without a lease. */
  const verdicts = writes.map((write) => {
    const { lease } = write;
    addEntry(steps, write, lease);
    steps.push(lease === undefined ? revoke([write.key]) : giveBack(write.key, lease));
    return lease === undefined ? -1 : steps.length - 1;
  });
  steps.push(SEQUENCE);
  /** Which writes were refused; known when it is finished. */
  let isRefused: boolean[] = [];
  const keys = (refused: boolean): string[] =>
    writes.filter((_, index) => isRefused[index] === refused).map(({ key }) => key);
  return {
    steps,
    changes: () => ({ by: "keys", keys: keys(false) }),
    finish(rows) {
      isRefused = verdicts.map((step) => step >= 0 && rows[step]!.length === 0);
      const sequence = sequenceOf(rows.at(-1));
      return isRefused.includes(true) ? { sequence, refused: keys(true) } : { sequence };
    },
  };
}

function addEntry(steps: Step[], write: Write<Uint8Array>, lease?: number): void {
  const { tags } = write.entry;
  if (tags.length === 0) steps.push(writeEntry(write, 0, lease));
  else steps.push(...tagEntry(write, [...new Set(tags)], lease));
}

const LIVE_KEYS = `SELECT k.value FROM json_each(?) k CROSS JOIN entries e ON e.key = k.value WHERE ${LIVE}`;
const DELETE = "DELETE FROM entries WHERE key IN (SELECT value FROM json_each(?))";

/** Deletes keys; answers for each whether a live entry was there, for one that comes twice at its first place only. */
export function deletePlan(given: readonly string[], now: number): Plan<boolean[]> {
  const keys = given.filter(isStorable);
  const list = JSON.stringify(keys);
  return {
    steps: [{ sql: LIVE_KEYS, args: [list, now] }, { sql: DELETE, args: [list] }, revoke(keys)],
    // Also those that were not there: a cache may still have what this store has lost.
    changes: () => ({ by: "keys", keys }),
    finish([rows = []]) {
      const live = new Set(rows.map(([key]) => key));
      return given.map((key) => live.delete(key));
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
    changes: (touched) => ({ by: "keys", keys: touches.filter((_, index) => touched[index]).map(({ key }) => key) }),
    finish: (rows) => rows.map((touched) => touched.length > 0),
  };
}

const CLEAR = `DELETE FROM entries AS e WHERE ${IN_RANGE}`;

/** Deletes all entries whose key begins with `prefix`. Tag records and the sequence stay. */
export function clearPlan(prefix: string): Plan<void> {
  const bounds = range(prefix);
  if (bounds === undefined) return { steps: [], finish() {} };
  return {
    steps: [{ sql: CLEAR, args: bounds }, revokeRange(bounds)],
    changes: () => ({ by: "prefix", prefix }),
    finish() {},
  };
}

const DROP_CORRUPT = `DELETE FROM entries AS e WHERE e.key = ? AND (${IS_CORRUPT})`;

/** Deletes the row of a key if it is still one that nobody can read. */
export function dropCorruptPlan(key: string): Plan<void> {
  return { steps: [{ sql: DROP_CORRUPT, args: [key] }], finish() {} };
}
