/**
 * The journal's rows where nobody can look between the statements of a transaction: each is written, or not, by
 * what the database itself finds.
 *
 * @module
 */
import type { TagInvalidation, Touch, Write } from "../../src/tier.ts";
import type { Plan, Step } from "./driver.ts";
import { KEYS_PER_ROW } from "./journal.ts";
import { isStorable, LIVE } from "./liveness.ts";

/** A plan with other steps before and after its own, in the same transaction. */
export function framed<T>(plan: Plan<T>, before: readonly Step[], after: readonly Step[] = []): Plan<T> {
  const { steps } = plan;
  return {
    steps: [...before, ...steps, ...after],
    finish: (rows) => plan.finish(rows.slice(before.length, before.length + steps.length)),
  };
}

/**
 * Before the writes: their keys, without those whose lease does not stand. Where a key comes twice, what the first write
 * does to the lease of the second changes nothing: the first is stored, so the key is told either way.
 */
const WRITES = `INSERT INTO journal (origin, kind, what)
  SELECT ?, 'keys' AS kind, json_group_array(DISTINCT json_extract(w.value, '$[0]')) FROM json_each(?) w
  WHERE json_type(w.value, '$[1]') = 'null' OR EXISTS (
    SELECT 1 FROM leases WHERE key = json_extract(w.value, '$[0]') AND token = json_extract(w.value, '$[1]')
  ) GROUP BY kind`;

/** The steps to be run before writes that tell of those which will be stored. */
export function tellWrites(origin: number, writes: readonly Write<unknown>[]): Step[] {
  // What is no number stands for no lease in JSON.
  const pairs = writes.map(({ key, lease = null }) => [key, Number.isFinite(lease ?? 0) ? lease : 0]);
  return inRows(pairs, (some) => ({ sql: WRITES, args: [origin, JSON.stringify(some)] }));
}

/** Before the touches: the keys with a live entry. */
const TOUCHES = `INSERT INTO journal (origin, kind, what)
  SELECT ?, 'keys' AS kind, json_group_array(e.key) FROM json_each(?) k CROSS JOIN entries e ON e.key = k.value
  WHERE ${LIVE} GROUP BY kind`;

/** The steps to be run before touches that tell of those which will be done. */
export function tellTouches(origin: number, touches: readonly Touch[], now: number): Step[] {
  const keys = [...new Set(touches.map(({ key }) => key))].filter(isStorable);
  return inRows(keys, (some) => ({ sql: TOUCHES, args: [origin, JSON.stringify(some), now] }));
}

const INVALIDATION = `INSERT INTO journal (origin, kind, what, match, mode, sequence)
  SELECT ?, 'tags', ?, ?, ?, sequence FROM meta`;

/** The step to be run after an invalidation that tells of it. */
export function tellInvalidation(origin: number, { tags, match, mode }: TagInvalidation): Step {
  return { sql: INVALIDATION, args: [origin, JSON.stringify([...new Set(tags)].sort()), match, mode] };
}

function inRows<T>(items: readonly T[], step: (some: readonly T[]) => Step): Step[] {
  const steps: Step[] = [];
  for (let start = 0; start < items.length; start += KEYS_PER_ROW)
    steps.push(step(items.slice(start, start + KEYS_PER_ROW)));
  return steps;
}
