/**
 * Listing and counting, by keys and indexes alone: no value is read.
 *
 * @module
 */
import type { ScanOptions, ScanResult } from "../../src/tier.ts";
import { answer, type IdbTransaction, upTo } from "./idb.ts";
import { keyRange, leaseRange, State, type TagMark, taggedRange } from "./state.ts";

/** Keys of entries that are over or that an invalidation hit, and that are still to be pruned. */
async function overKeys(transaction: IdbTransaction, now: number): Promise<ReadonlySet<unknown>> {
  const entries = transaction.objectStore("entries");
  const pending = new State(transaction).store.index("pending");
  const [expired, marked, marks] = await Promise.all([
    answer(entries.index("end").getAllKeys(upTo(now))),
    answer(pending.getAllKeys()),
    answer(pending.getAll()) as Promise<TagMark[]>,
  ]);
  const dead = await Promise.all(
    marks.map(({ deleted }, index) => {
      const [, tag] = marked[index] as [string, string];
      return answer(entries.index("tags").getAllKeys(taggedRange(tag, deleted)));
    }),
  );
  return new Set([...expired, ...dead.flat()]);
}

/** A page of live keys. The cursor is the last key looked at, so keys that come and go in between hide no other. */
export async function scan(
  transaction: IdbTransaction,
  { prefix, cursor, limit, now, leased = false }: ScanOptions,
): Promise<ScanResult> {
  const page = async (found: Promise<unknown[]>, keyOf: (found: unknown) => string): Promise<string[]> =>
    (await found).map(keyOf);
  const state = new State(transaction).store;
  const [over, keys, loading] = await Promise.all([
    overKeys(transaction, now),
    page(
      answer(transaction.objectStore("entries").getAllKeys(keyRange(prefix, cursor), limit)),
      (key) => key as string,
    ),
    leased
      ? page(answer(state.getAllKeys(leaseRange(prefix, cursor), limit)), (key) => (key as [string, string])[1])
      : [],
  ]);
  // A full page says nothing of what comes after its last key.
  const ends = [keys, loading].flatMap((some) => (some.length === limit ? [some.at(-1)!] : [])).sort();
  const [end] = ends;
  const listed = new Set([...keys.filter((key) => !over.has(key)), ...loading]);
  const within = end === undefined ? [...listed] : [...listed].filter((key) => key <= end);
  return end === undefined ? { keys: within } : { keys: within, cursor: end };
}

/** The number of live entries whose key begins with `prefix`. */
export async function size(transaction: IdbTransaction, prefix: string, now: number): Promise<number> {
  const [all, over] = await Promise.all([
    answer(transaction.objectStore("entries").count(keyRange(prefix))),
    overKeys(transaction, now),
  ]);
  let count = all;
  for (const key of over) if ((key as string).startsWith(prefix)) count -= 1;
  return count;
}
