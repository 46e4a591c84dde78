/**
 * Reading entries with what was invalidated since they were written, in one transaction.
 *
 * @module
 */
import { type Entry, freshness } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { ReadOptions, ReadResult } from "../../src/tier.ts";
import { type Tagged, verdictByMarks } from "../marks.ts";
import { fromRecord } from "./entry-record.ts";
import { answer, type IdbTransaction } from "./idb.ts";
import { State, UNMARKED } from "./state.ts";

/** Is told of a record that cannot be read. */
export type CorruptListener = (key: string, error: CorruptError) => void;

/** An entry as a reader may see it, or a miss. */
export type Found = Entry<Uint8Array> | undefined;

/** Errors of a single record whose bytes the browser has lost; those of the database as a whole are others. */
const LOST = new Set(["DataError", "DataCloneError", "NotFoundError", "NotReadableError"]);

/** The entries under keys, whatever became of them since. What cannot be read is none, and told to `corrupt`. */
export async function entriesOf(
  transaction: IdbTransaction,
  keys: Iterable<string>,
  corrupt: CorruptListener,
): Promise<Map<string, Entry<Uint8Array>>> {
  const store = transaction.objectStore("entries");
  const entries = new Map<string, Entry<Uint8Array>>();
  const read = async (key: string): Promise<void> => {
    try {
      const record = await answer(store.get(key));
      if (record !== undefined) entries.set(key, fromRecord(record));
    } catch (error) {
      if (error instanceof CorruptError) corrupt(key, error);
      else if (LOST.has((error as { name: string }).name))
        corrupt(key, new CorruptError("Cannot read entry as its record is damaged", { cause: error }));
      else throw error;
    }
  };
  await Promise.all([...new Set(keys)].map(read));
  return entries;
}

/** Those of the entries that are live, as they are to be seen. */
export async function liveOf(
  state: State,
  entries: ReadonlyMap<string, Entry<Uint8Array>>,
  now: number,
): Promise<Map<string, Entry<Uint8Array>>> {
  const standing = [...entries].filter(([, { staleUntil }]) => staleUntil > now);
  const tags = standing.flatMap(([, entry]) => entry.tags);
  const marks = tags.length === 0 ? undefined : await state.marks(tags);
  const live = new Map<string, Entry<Uint8Array>>();
  for (const [key, entry] of standing) {
    const verdict = verdictByMarks(entry as Tagged, (tag) => marks!.get(tag) ?? UNMARKED);
    if (verdict !== "deleted") live.set(key, verdict === "expired" ? { ...entry, freshUntil: 0 } : entry);
  }
  return live;
}

/** What a read finds, and which keys somebody could take a lease on. */
export interface Look extends ReadResult<Uint8Array> {
  readonly entries: Found[];
  /** Keys without a fresh entry, or which are to be refreshed, on which nobody has a lease; each once. */
  readonly free: readonly string[];
}

/** Reads entries, and where it is asked to the sequence and which leases are to be had. */
export async function look(
  transaction: IdbTransaction,
  keys: readonly string[],
  options: ReadOptions,
  corrupt: CorruptListener,
): Promise<Look> {
  const { now, sequence: isAsked = false, lease, refresh = false } = options;
  const state = new State(transaction);
  const [head, found, leases] = await Promise.all([
    isAsked ? state.head() : undefined,
    entriesOf(transaction, keys, corrupt),
    lease === undefined ? undefined : state.leases(keys),
  ]);
  const live = await liveOf(state, found, now);
  const isFree = (key: string): boolean => {
    const entry = live.get(key);
    const isWanted = refresh || entry === undefined || freshness(entry, now) !== "fresh";
    return isWanted && !((leases!.get(key)?.until ?? 0) > now);
  };
  return {
    entries: keys.map((key) => live.get(key)),
    ...(head !== undefined && { sequence: head.sequence }),
    free: leases === undefined ? [] : [...new Set(keys)].filter(isFree),
  };
}
