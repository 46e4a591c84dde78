/**
 * Leases: who may load a key. One is part of the key's record, so that whatever changes the record ends it.
 *
 * @module
 */
import { type Entry, freshness } from "../../src/entry.ts";
import type { ReadOptions } from "../../src/tier.ts";
import { randomInteger } from "../sql/random-integer.ts";
import type { Invalidations } from "./invalidations.ts";
import { type Found, readEntries, readRecords } from "./reads.ts";
import type { KeyRecord, Lease } from "./record.ts";
import { carryOut, insist, type Plan, type Session } from "./session.ts";

/** So often a lease is tried to take while others change its key. */
const MOST_TRIES = 5;

/** Runs something when no other change of these keys is under way in this process. */
export type InTurn = <T>(keys: readonly string[], run: () => Promise<T>) => Promise<T>;

/** A read that asks for leases, and what it has found. */
export interface Leasing extends ReadOptions {
  readonly keys: readonly string[];
  readonly lease: number;
  readonly found: ReadonlyMap<string, Found>;
  /** Is completed where others came between. */
  readonly entries: Map<string, Entry<Uint8Array>>;
}

/** Takes leases where there is no fresh entry and nobody else has one; answers with the token of each. */
export async function leaseFree(
  session: Session,
  invalidations: Invalidations,
  { keys, now, lease, refresh = false, metaOnly = false, entries, ...before }: Leasing,
  inTurn: InTurn,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map(before.found);
  const token = randomInteger();
  const taken = new Map<string, number>();
  const isFree = (key: string): boolean => {
    const entry = entries.get(key);
    const isWanted = refresh || entry === undefined || freshness(entry, now) !== "fresh";
    return isWanted && !((found.get(key)!.record.lease?.until ?? 0) > now);
  };
  const attempt = async (free: readonly string[]): Promise<readonly string[]> => {
    const late = new Set(await takeLeases(session, free, found, { token, until: now + lease }, now));
    for (const key of free) if (!late.has(key)) taken.set(key, token);
    const again = await readEntries(session, invalidations, late, { now, metaOnly, withHead: false });
    for (const key of late) {
      const entry = again.entries.get(key);
      if (entry === undefined) entries.delete(key);
      else entries.set(key, entry);
      found.set(key, again.found.get(key)!);
    }
    return [...late];
  };
  let free = [...new Set(keys)].filter(isFree);
  for (let count = 0; count < MOST_TRIES && free.length > 0; count++)
    free = (await inTurn(free, () => attempt(free))).filter(isFree);
  return taken;
}

/** A record with another lease. */
function leased({ entry }: KeyRecord, lease: Lease | undefined): KeyRecord | null {
  if (entry === undefined && lease === undefined) return null;
  return { ...(entry && { entry }), ...(lease && { lease }) };
}

/** Tries to take a lease on each of the keys; answers with those that others came between. */
function takeLeases(
  session: Session,
  keys: readonly string[],
  found: ReadonlyMap<string, Found>,
  lease: Lease,
  now: number,
): Promise<string[]> {
  const plans = keys.map((key): Plan => {
    const { record, versionstamp } = found.get(key)!;
    return { key, versionstamp, record: leased(record, lease), isChange: false };
  });
  return carryOut(session, plans, now);
}

/** Gives leases back, or revokes whatever lease a key has. */
export async function releaseLeases(
  session: Session,
  leases: readonly { key: string; lease?: number }[],
  now: number,
): Promise<void> {
  const byKey = new Map<string, (number | undefined)[]>();
  for (const { key, lease } of leases) byKey.set(key, [...(byKey.get(key) ?? []), lease]);
  await insist(session.name, [...byKey.keys()], async (left) => {
    const { found } = await readRecords(session, left, now);
    const plans: Plan[] = [];
    for (const key of left) {
      const { record, versionstamp } = found.get(key)!;
      const isGiven = byKey.get(key)!.some((lease) => lease === undefined || lease === record.lease?.token);
      if (record.lease === undefined || !isGiven) continue;
      plans.push({ key, versionstamp, record: leased(record, undefined), isChange: false });
    }
    return carryOut(session, plans, now);
  });
}
