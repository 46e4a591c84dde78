/**
 * Writing: entries, deletions, deadlines. Each is the work of one transaction over all stores.
 *
 * @module
 */
import type { Change, Touch, Write, WriteResult } from "../../src/tier.ts";
import { type Tagged, type Verdict, verdictByMarks, verdictByRules } from "../marks.ts";
import { entriesOf, liveOf } from "./entry-reader.ts";
import { toEnd, toRecord } from "./entry-record.ts";
import type { IdbTransaction } from "./idb.ts";
import { keyRange, leaseKey, leaseRange, State, UNMARKED } from "./state.ts";

/** Work in a transaction, and what it changed for the journal. */
export interface Changed<T> {
  readonly answer: T;
  readonly change: Change | undefined;
}

/** A change of keys; of none, nothing is told. */
function byKeys(keys: readonly string[]): Change | undefined {
  return keys.length === 0 ? undefined : { by: "keys", keys };
}

/** Writes entries, those with a lease only while it stands. */
export async function setEntries(
  transaction: IdbTransaction,
  writes: readonly Write<Uint8Array>[],
): Promise<Changed<WriteResult>> {
  const state = new State(transaction);
  const entries = transaction.objectStore("entries");
  const isLate = ({ entry }: Write<Uint8Array>): boolean => entry.tags.length > 0 && entry.sequence !== undefined;
  const late = writes.filter(isLate);
  const [head, leases, marks] = await Promise.all([
    state.head(),
    state.leases(writes.filter(({ lease }) => lease !== undefined).map(({ key }) => key)),
    state.marks(late.flatMap(({ entry }) => entry.tags)),
  ]);
  const rules = late.some(({ entry }) => entry.sequence! < head.rulesAt) ? await state.rules() : [];
  /** What was invalidated while the value was loaded hits it now. */
  const verdict = (entry: Tagged): Verdict => {
    const floors = entry.tags.map((tag) => marks.get(tag)?.floor ?? head.floor);
    if (entry.sequence < Math.max(head.rulesFloor, ...floors)) return "deleted";
    // That marks make an entry stale readers see themselves.
    const isDeleted = verdictByMarks(entry, (tag) => marks.get(tag) ?? UNMARKED) === "deleted";
    return isDeleted ? "deleted" : verdictByRules(entry, rules);
  };
  const stored: string[] = [];
  const refused: string[] = [];
  for (const write of writes) {
    const { key, entry, lease } = write;
    if (lease !== undefined && leases.get(key)?.token !== lease) {
      refused.push(key);
      continue;
    }
    leases.delete(key);
    state.delete(leaseKey(key));
    const sequence = entry.sequence ?? head.sequence;
    const fate = isLate(write) ? verdict({ tags: [...new Set(entry.tags)], sequence }) : "valid";
    const record = toRecord(entry, sequence);
    if (fate === "deleted") entries.delete(key);
    else entries.put(fate === "expired" ? { ...record, f: 0 } : record, key);
    stored.push(key);
  }
  return {
    answer: refused.length === 0 ? { sequence: head.sequence } : { sequence: head.sequence, refused },
    change: byKeys(stored),
  };
}

/** Deletes entries and leases; answers for each key whether a live entry was there, for one that comes twice at its first place. */
export async function deleteEntries(
  transaction: IdbTransaction,
  keys: readonly string[],
  now: number,
): Promise<Changed<boolean[]>> {
  const state = new State(transaction);
  // What cannot be read is no live entry, and goes with the others.
  const live = await liveOf(state, await entriesOf(transaction, keys, () => {}), now);
  const store = transaction.objectStore("entries");
  for (const key of new Set(keys)) {
    store.delete(key);
    state.delete(leaseKey(key));
  }
  // Also those that were not there: a cache may still have what this store has lost.
  return { answer: keys.map((key) => live.delete(key)), change: byKeys(keys) };
}

/** Moves deadlines; answers for each key whether a live entry was there. */
export async function touchEntries(
  transaction: IdbTransaction,
  touches: readonly Touch[],
  now: number,
): Promise<Changed<boolean[]>> {
  const keys = touches.map(({ key }) => key);
  const found = await entriesOf(transaction, keys, () => {});
  const live = await liveOf(new State(transaction), found, now);
  const store = transaction.objectStore("entries");
  const touched = touches.map(({ key, freshUntil, staleUntil }) => {
    const entry = live.get(key) && found.get(key);
    if (entry === undefined) return false;
    // One that an invalidation made stale at once must not become fresh by a touch.
    const moved = { ...entry, freshUntil: entry.freshUntil === 0 ? 0 : freshUntil, staleUntil };
    store.put(toRecord(moved, entry.sequence!), key);
    if (!(toEnd(staleUntil) > now)) live.delete(key);
    return true;
  });
  return { answer: touched, change: byKeys(keys.filter((_, index) => touched[index])) };
}

/** Deletes the entries and leases of all keys that begin with `prefix`. Marks and the sequence stay. */
export async function clearEntries(transaction: IdbTransaction, prefix: string): Promise<Changed<void>> {
  transaction.objectStore("entries").delete(keyRange(prefix));
  new State(transaction).delete(leaseRange(prefix));
  return { answer: undefined, change: { by: "prefix", prefix } };
}
