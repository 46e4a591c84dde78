/**
 * Writing: entries, deletions, deadlines, leases. Each key is one document, so that whatever is done to it is one step; a batch
 * is one call, and not one step.
 *
 * @module
 */
import { TierError } from "../../src/errors.ts";
import type { Touch, Write, WriteResult } from "../../src/tier.ts";
import { randomInteger } from "../sql/random-integer.ts";
import { expiresAt, type Lease, leaseEnd, type Stored, toDocument, toEnd } from "./document.ts";
import type { BulkOperation, Calls } from "./driver.ts";
import { entriesFrom, entryId, keyOf } from "./ids.ts";
import type { Invalidations } from "./invalidations.ts";
import { liveOf, type Reading, readKeys, storedOf } from "./reads.ts";

/** So often a write is tried again that another one of the same key has come in between. */
const MOST_ATTEMPTS = 20;

/** Runs operations that upsert, again those that met another that made the document at the same time. */
async function insist(calls: Calls, operations: BulkOperation[]): Promise<number> {
  let matched = 0;
  let left = operations;
  for (let count = 0; count < MOST_ATTEMPTS; count++) {
    const result = await calls.bulk(left);
    matched += result.matched;
    left = result.duplicates.map((index) => left[index]!);
    if (left.length === 0) return matched;
  }
  throw gaveUp(calls);
}

function gaveUp({ name }: Calls): TierError {
  return new TierError(name, `Gave up a write to ${name} as others changed the same keys ${MOST_ATTEMPTS} times`);
}

/** Writes entries, those with a lease only while it stands. */
export async function setEntries(
  calls: Calls,
  invalidations: Invalidations,
  writes: readonly Write<Uint8Array>[],
  now: number,
): Promise<WriteResult> {
  const isCurrent = ({ entry }: Write<Uint8Array>): boolean => entry.tags.length > 0 && entry.sequence === undefined;
  // Only where somebody needs it: it is one more call.
  const known = writes.reduce((highest, { entry }) => Math.max(highest, entry.sequence ?? 0), 0);
  const sequence = writes.some(isCurrent) ? await invalidations.sequence(now) : known;
  const refused: string[] = [];
  for (const some of rounds(writes)) refused.push(...(await setOnce(calls, some, sequence)));
  return refused.length === 0 ? { sequence } : { sequence, refused };
}

/** Parts without a key that comes twice, in their order. */
function rounds(writes: readonly Write<Uint8Array>[]): Write<Uint8Array>[][] {
  const parts: Write<Uint8Array>[][] = [];
  const times = new Map<string, number>();
  for (const write of writes) {
    const at = times.get(write.key) ?? 0;
    times.set(write.key, at + 1);
    parts[at] ??= [];
    parts[at].push(write);
  }
  return parts;
}

/** Writes entries of keys that differ; answers with those that were refused. */
async function setOnce(calls: Calls, writes: readonly Write<Uint8Array>[], sequence: number): Promise<string[]> {
  const leased = new Map<string, unknown>();
  const operations = writes.map(({ key, entry, lease }): BulkOperation => {
    const replacement = toDocument(key, entry, entry.sequence ?? sequence);
    if (lease === undefined) return { replaceOne: { filter: { _id: entryId(key) }, replacement, upsert: true } };
    leased.set(key, replacement.write);
    return { replaceOne: { filter: { _id: entryId(key), "lease.token": lease }, replacement } };
  });
  if (leased.size === 0) {
    await insist(calls, operations);
    return [];
  }
  const plain = operations.filter((_, index) => writes[index]!.lease === undefined);
  const others = operations.filter((_, index) => writes[index]!.lease !== undefined);
  const [matched] = await Promise.all([insist(calls, others), insist(calls, plain)]);
  if (matched === leased.size) return [];
  // Some were refused: those that are not there.
  const ids = [...leased.keys()].map(entryId);
  const stored = await calls.find(
    { _id: { $in: ids }, write: { $in: [...leased.values()] } },
    { projection: { _id: 1 } },
  );
  const there = new Set(stored.map(({ _id }) => keyOf(_id as string)));
  return [...leased.keys()].filter((key) => !there.has(key));
}

/** Deletes entries and leases; answers for each key whether a live entry was there, for one that comes twice at its first place. */
export async function deleteEntries(
  calls: Calls,
  invalidations: Invalidations,
  keys: readonly string[],
  now: number,
): Promise<boolean[]> {
  const names = new Set(keys);
  const ids = [...names].map(entryId);
  let reading: Reading = { found: new Map() };
  if (ids.length === 1) {
    const doc = await calls.take({ _id: ids[0] }, { value: 0 });
    if (doc !== null) reading = { found: storedOf([doc], true) };
  } else if (ids.length > 1) {
    reading = await readKeys(calls, names, { now, metaOnly: true });
    await calls.deleteMany({ _id: { $in: ids } });
  }
  const live = await liveOf(invalidations, reading, now);
  return keys.map((key) => live.delete(key));
}

/** Moves deadlines; answers for each key whether a live entry was there. */
export async function touchEntries(
  calls: Calls,
  invalidations: Invalidations,
  touches: readonly Touch[],
  now: number,
): Promise<boolean[]> {
  // Of two touches of one key the last one stays.
  const byKey = new Map(touches.map((touch) => [touch.key, touch]));
  for (let count = 0; count < MOST_ATTEMPTS; count++) {
    const reading = await readKeys(calls, byKey.keys(), { now, metaOnly: true });
    const live = await liveOf(invalidations, reading, now);
    const operations = [...live.keys()].map((key): BulkOperation => {
      const { freshUntil, staleUntil } = byKey.get(key)!;
      const { write, lease } = reading.found.get(key)!;
      const end = expiresAt(Math.max(staleUntil, lease ? leaseEnd(lease) : 0));
      const moved = { freshUntil: toEnd(freshUntil), staleUntil: toEnd(staleUntil), write: randomInteger(), ...end };
      const update = { $set: moved, ...(end.expiresAt === undefined && { $unset: { expiresAt: "" } }) };
      return { updateOne: { filter: { _id: entryId(key), write }, update } };
    });
    const { matched } = await calls.bulk(operations);
    if (matched === operations.length) return touches.map(({ key }) => live.has(key));
  }
  throw gaveUp(calls);
}

/** Tries to take a lease on each of the keys, if it is still as it was found; answers with those that got it. */
export async function takeLeases(
  calls: Calls,
  keys: readonly string[],
  found: ReadonlyMap<string, Stored>,
  lease: Lease,
): Promise<string[]> {
  const operations = keys.map((key): BulkOperation => {
    const { write, entry } = found.get(key) ?? { write: undefined };
    const end = expiresAt(Math.max(entry?.staleUntil ?? 0, leaseEnd(lease)));
    // One without an end keeps none; but if it is gone by now, the lease alone has one.
    const made = end.expiresAt === undefined ? { $setOnInsert: expiresAt(leaseEnd(lease)) } : {};
    return {
      updateOne: {
        // Whoever comes second would make another document, which the server refuses.
        filter: { _id: entryId(key), write: write ?? { $exists: false } },
        update: { $set: { lease, write: randomInteger(), ...end }, ...made },
        upsert: true,
      },
    };
  });
  const { duplicates } = await calls.bulk(operations);
  const late = new Set(duplicates);
  return keys.filter((_, index) => !late.has(index));
}

/** Gives leases back, or revokes whatever lease a key has. */
export async function releaseLeases(calls: Calls, leases: readonly { key: string; lease?: number }[]): Promise<void> {
  const operations = leases.map(({ key, lease }): BulkOperation => {
    const filter = { _id: entryId(key), ...(lease !== undefined && { "lease.token": lease }) };
    return { updateOne: { filter, update: { $unset: { lease: "" }, $set: { write: randomInteger() } } } };
  });
  await calls.bulk(operations);
}

/** Deletes the entries and leases of all keys that begin with `prefix`. Marks and the sequence stay. */
export async function clearEntries(calls: Calls, prefix: string): Promise<void> {
  await calls.deleteMany(entriesFrom(prefix));
}

/** Removes at most `limit` documents that are over; answers with the keys of those that had an entry. */
export async function pruneEntries(calls: Calls, limit: number, now: number): Promise<string[]> {
  const isOver = { expiresAt: { $lte: new Date(now) } };
  const docs = await calls.find(isOver, { projection: { staleUntil: 1 }, limit });
  if (docs.length === 0) return [];
  await calls.deleteMany({ _id: { $in: docs.map(({ _id }) => _id) }, ...isOver });
  return docs.flatMap(({ _id, staleUntil }) => (staleUntil === undefined ? [] : [keyOf(_id as string)]));
}
