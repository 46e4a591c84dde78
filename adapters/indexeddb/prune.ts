/**
 * Removing what is over: expired entries, entries that an invalidation by tag hit, leases that ran out, marks that are too
 * many. Bounded and short, so that other tabs get between.
 *
 * @module
 */
import type { EntryRecord } from "./entry-record.ts";
import { answer, type IdbTransaction, upTo } from "./idb.ts";
import { allOf, HEAD, State, type TagMark, taggedRange, tagKey } from "./state.ts";

/** Most tags whose entries are looked for in one go. */
const MOST_TAGS = 100;

/** Most marks kept, and how many are dropped in one go. */
const MOST_MARKS = 10_000;
const SURPLUS = 100;

/** Removes at most `limit` entries that are over or were invalidated; answers with their keys. */
export async function pruneEntries(transaction: IdbTransaction, limit: number, now: number): Promise<string[]> {
  const entries = transaction.objectStore("entries");
  const pruned = new Set((await answer(entries.index("end").getAllKeys(upTo(now), limit))) as string[]);
  for (const key of pruned) entries.delete(key);
  const state = new State(transaction);
  const pending = state.store.index("pending");
  const [keys, marks] = await Promise.all([
    answer(pending.getAllKeys(undefined, MOST_TAGS)),
    answer(pending.getAll(undefined, MOST_TAGS)) as Promise<TagMark[]>,
  ]);
  for (const [index, mark] of marks.entries()) {
    const room = limit - pruned.size;
    if (room <= 0) break;
    const [, tag] = keys[index] as [string, string];
    const dead = (await answer(entries.index("tags").getAllKeys(taggedRange(tag, mark.deleted), room))) as string[];
    for (const key of dead) {
      entries.delete(key);
      pruned.add(key);
    }
    if (dead.length < room) {
      const { pending: _, ...swept } = mark;
      state.put(tagKey(tag), swept);
    }
  }
  return [...pruned];
}

/**
 * Drops the oldest marks where there are too many. What they hit is removed or made stale for good before that; what was
 * loaded before and comes later is refused, by `floor`.
 */
export async function pruneMarks(transaction: IdbTransaction): Promise<void> {
  const state = new State(transaction);
  const surplus = Math.min(SURPLUS, (await answer(state.store.count(allOf("tag")))) - MOST_MARKS);
  if (surplus <= 0) return;
  const last = state.store.index("last");
  const [keys, marks] = await Promise.all([
    answer(last.getAllKeys(undefined, surplus)),
    answer(last.getAll(undefined, surplus)) as Promise<TagMark[]>,
  ]);
  const entries = transaction.objectStore("entries");
  const tagged = entries.index("tags");
  const head = await state.head();
  let { floor } = head;
  for (const [index, mark] of marks.entries()) {
    const [, tag] = keys[index] as [string, string];
    for (const key of await answer(tagged.getAllKeys(taggedRange(tag, mark.deleted)))) entries.delete(key as string);
    for (const key of await answer(tagged.getAllKeys(taggedRange(tag, mark.expired)))) {
      const record = (await answer(entries.get(key as string))) as EntryRecord;
      entries.put({ ...record, f: 0 }, key as string);
    }
    floor = Math.max(floor, mark.last);
    state.delete(tagKey(tag));
  }
  state.put(HEAD, { ...head, floor });
}
