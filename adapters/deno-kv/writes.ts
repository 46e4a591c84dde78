/**
 * Writing: entries, deletions, deadlines, leases. Each key is one record, so that whatever is done to it is one step.
 *
 * @module
 */
import type { Touch, Write, WriteResult } from "../../src/tier.ts";
import type { Invalidations } from "./invalidations.ts";
import { MOST_LISTED } from "./kv.ts";
import { type Found, liveOf, loadValue, readOne, readRecords } from "./reads.ts";
import { split, toEnd } from "./record.ts";
import { carryOut, commit, insist, type Plan, type Session, tell } from "./session.ts";

/** What is there to be removed with a record. */
function before({ record, versionstamp }: Found): Pick<Plan, "versionstamp" | "before"> {
  return { versionstamp, before: record.entry?.parts ?? 0 };
}

/** Writes entries, those with a lease only while it stands. */
export async function setEntries(
  session: Session,
  writes: readonly Write<Uint8Array>[],
  now: number,
): Promise<WriteResult> {
  const byKey = new Map<string, Write<Uint8Array>[]>();
  for (const write of writes) byKey.set(write.key, [...(byKey.get(write.key) ?? []), write]);
  const refused = new Map<string, number>();
  let sequence: number | undefined;
  const attempt = async (keys: readonly string[]): Promise<string[]> => {
    const { found, sequence: current } = await readRecords(session, keys, now, { withHead: true });
    // All of one call are written under one.
    sequence ??= current!;
    const plans: Plan[] = [];
    for (const key of keys) {
      let lease = found.get(key)!.record.lease?.token;
      let last: Write<Uint8Array> | undefined;
      refused.delete(key);
      for (const write of byKey.get(key)!) {
        if (write.lease !== undefined && write.lease !== lease) {
          refused.set(key, (refused.get(key) ?? 0) + 1);
          continue;
        }
        lease = undefined;
        last = write;
      }
      if (last === undefined) continue;
      const { meta, parts } = split(last.entry, last.entry.sequence ?? sequence);
      plans.push({ key, ...before(found.get(key)!), record: { entry: meta }, parts, isChange: true });
    }
    return carryOut(session, plans, now);
  };
  await insist(session.name, [...byKey.keys()], attempt);
  const names = [...refused].flatMap(([key, times]) => Array.from({ length: times }, () => key));
  return names.length === 0 ? { sequence: sequence! } : { sequence: sequence!, refused: names };
}

/** Deletes entries and leases; answers for each key whether a live entry was there, for one that comes twice at its first place. */
export async function deleteEntries(
  session: Session,
  invalidations: Invalidations,
  keys: readonly string[],
  now: number,
): Promise<boolean[]> {
  const live = new Set<string>();
  await insist(session.name, [...new Set(keys)], async (left) => {
    const records = await readRecords(session, left, now);
    const alive = await liveOf(invalidations, records, now);
    for (const key of left) {
      if (alive.has(key)) live.add(key);
      else live.delete(key);
    }
    // Also those that were not there: a cache may still have what this store has lost.
    const plans = left.map((key): Plan => ({ key, ...before(records.found.get(key)!), record: null, isChange: true }));
    return carryOut(session, plans, now);
  });
  return keys.map((key) => live.delete(key));
}

/** Moves deadlines; answers for each key whether a live entry was there. */
export async function touchEntries(
  session: Session,
  invalidations: Invalidations,
  touches: readonly Touch[],
  now: number,
): Promise<boolean[]> {
  // Of two touches of one key the last one stays.
  const byKey = new Map(touches.map((touch) => [touch.key, touch]));
  const touched = new Set<string>();
  await insist(session.name, [...byKey.keys()], async (left) => {
    const records = await readRecords(session, left, now, { withParts: true });
    const live = await liveOf(invalidations, records, now);
    const plans: Plan[] = [];
    const again: string[] = [];
    for (const key of left) {
      touched.delete(key);
      if (!live.has(key)) continue;
      const found = records.found.get(key)!;
      const plan = await touchPlan(session, found, byKey.get(key)!);
      if (plan === undefined) {
        again.push(key);
        continue;
      }
      touched.add(key);
      plans.push(plan);
    }
    return [...again, ...(await carryOut(session, plans, now))];
  });
  return touches.map(({ key }) => touched.has(key));
}

/** `undefined` where the value is being written anew. */
async function touchPlan(session: Session, found: Found, touch: Touch): Promise<Plan | undefined> {
  const entry = found.record.entry!;
  const moved = { freshUntil: toEnd(touch.freshUntil), staleUntil: toEnd(touch.staleUntil) };
  const { lease } = found.record;
  const rest = { key: found.key, ...before(found), isChange: true };
  if (entry.parts === 0) return { ...rest, record: { entry: { ...entry, ...moved }, ...(lease && { lease }) } };
  // Each part has an end of its own.
  const value = await loadValue(session, entry, found);
  if (value === undefined) return undefined;
  const { meta, parts } = split({ ...entry, ...moved, value }, entry.sequence);
  return { ...rest, record: { entry: meta, ...(lease && { lease }) }, parts };
}

/** Deletes the entries and leases of all keys that begin with `prefix`, page by page. Marks and the sequence stay. */
export async function clearEntries(session: Session, prefix: string, now: number): Promise<void> {
  const { kv, layout } = session;
  let left: Found[] = [];
  const drop = (): Promise<void> =>
    insist(session.name, left, async (some) => {
      const late = new Set(
        await carryOut(
          session,
          some.map((found): Plan => ({ key: found.key, ...before(found), record: null, isChange: false })),
          now,
        ),
      );
      return late.size === 0 ? [] : [...(await readRecords(session, late, now)).found.values()];
    });
  for await (const { key, value, versionstamp } of kv.list(layout.records(prefix), { batchSize: MOST_LISTED })) {
    left.push({ key: key.at(-1) as string, versionstamp, ...readOne(versionstamp, value) });
    if (left.length < MOST_LISTED) continue;
    await drop();
    left = [];
  }
  await drop();
  // Now that nothing is left that whoever follows could read again.
  await commit(kv, (atomic) => tell(atomic, session, { by: "prefix", prefix }));
}
