/**
 * Listing and counting. Records are read, which are small, but not the values that are too large for them.
 *
 * @module
 */
import type { ScanOptions, ScanResult } from "../../src/tier.ts";
import type { Invalidations } from "./invalidations.ts";
import { MOST_LISTED } from "./kv.ts";
import { type Found, liveOf, readOne } from "./reads.ts";
import type { Session } from "./session.ts";

/** At most `limit` records, in the order of their keys. */
async function list(
  { kv, layout }: Session,
  prefix: string,
  after: string | undefined,
  limit: number,
): Promise<Found[]> {
  const found: Found[] = [];
  const options = { limit, batchSize: Math.min(limit, MOST_LISTED) };
  for await (const { key, value, versionstamp } of kv.list(layout.records(prefix, after), options))
    found.push({ key: key.at(-1) as string, versionstamp, ...readOne(versionstamp, value) });
  return found;
}

/** A page of live keys. The cursor is the last key looked at, so keys that come and go in between hide no other. */
export async function scan(
  session: Session,
  invalidations: Invalidations,
  { prefix, cursor, limit, now, leased = false }: ScanOptions,
): Promise<ScanResult> {
  const found = await list(session, prefix, cursor, limit);
  const live = await liveOf(invalidations, { found: new Map(found.map((one) => [one.key, one])) }, now);
  const keys = found.flatMap(({ key, record }) => (live.has(key) || (leased && record.lease) ? [key] : []));
  return found.length < limit ? { keys } : { keys, cursor: found.at(-1)!.key };
}

/** The number of live entries whose key begins with `prefix`: every record of them is read. */
export async function size(
  session: Session,
  invalidations: Invalidations,
  prefix: string,
  now: number,
): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await scan(session, invalidations, {
      prefix,
      ...(cursor !== undefined && { cursor }),
      limit: MOST_LISTED,
      now,
    });
    count += page.keys.length;
    cursor = page.cursor;
    if (cursor === undefined) return count;
  }
}
