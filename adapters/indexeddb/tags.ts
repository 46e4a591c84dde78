/**
 * Invalidating by tags.
 *
 * By `any` it only raises numbers: its cost does not depend on how many entries it hits. They are misses from then on, and
 * `prune` removes them. By `all` or `exact` entries are hit at once, found by the index of tags, and a rule is kept for those
 * whose load had begun before and that are written later.
 *
 * @module
 */
import type { TagInvalidation } from "../../src/tier.ts";
import { type Head, lastOf, nextSequence, raised, ruleId, withRule } from "../marks.ts";
import type { EntryRecord } from "./entry-record.ts";
import { answer, type IdbTransaction } from "./idb.ts";
import { HEAD, ruleKey, State, type TagMark, taggedRange, tagKey, UNMARKED } from "./state.ts";
import type { Changed } from "./writes.ts";

/** Most rules kept. A tagged entry that was loaded before one that was dropped is refused when it comes. */
const MOST_RULES = 500;

/** Invalidates by tags; answers with the new sequence. */
export async function invalidate(transaction: IdbTransaction, invalidation: TagInvalidation): Promise<Changed<number>> {
  const { tags, match, mode } = invalidation;
  const state = new State(transaction);
  const names = [...new Set(tags)].sort();
  const isAny = match === "any" || (match === "all" && names.length === 1);
  const [head, marks] = await Promise.all([state.head(), isAny ? state.marks(names) : new Map<string, TagMark>()]);
  const sequence = nextSequence(head, invalidation);
  const bumped: Head = { ...head, sequence };
  if (isAny) {
    for (const tag of names) {
      const known = marks.get(tag);
      const isPending = mode === "delete" || known?.pending === 1;
      const floor = known?.floor ?? head.floor;
      const mark = { ...raised(known ?? UNMARKED, mode, sequence), last: sequence, floor };
      state.put(tagKey(tag), isPending ? { ...mark, pending: 1 } : mark);
    }
    state.put(HEAD, bumped);
  } else if (names.length > 0) {
    const exact = match === "exact";
    await hit(transaction, names, exact, mode);
    const { rule, dropped } = withRule(await state.rules(), names, exact, mode, sequence, MOST_RULES);
    state.put(ruleKey(ruleId(rule)), rule);
    for (const old of dropped) state.delete(ruleKey(ruleId(old)));
    const rulesFloor = Math.max(head.rulesFloor, ...dropped.map(lastOf));
    state.put(HEAD, { ...bumped, rulesAt: sequence, rulesFloor });
  } else {
    state.put(HEAD, bumped);
  }
  return { answer: sequence, change: { by: "tags", tags: names, match, mode, sequence } };
}

/** Hits the entries that have all of the tags, or with `exact` no other. */
async function hit(
  transaction: IdbTransaction,
  tags: readonly string[],
  exact: boolean,
  mode: TagInvalidation["mode"],
): Promise<void> {
  const store = transaction.objectStore("entries");
  const index = store.index("tags");
  const lists = await Promise.all(tags.map((tag) => answer(index.getAllKeys(taggedRange(tag)))));
  const [first = [], ...rest] = lists.map((keys) => new Set(keys as string[]));
  const keys = [...first].filter((key) => rest.every((others) => others.has(key)));
  if (mode === "delete" && !exact) {
    for (const key of keys) store.delete(key);
    return;
  }
  const change = async (key: string): Promise<void> => {
    const record = (await answer(store.get(key))) as EntryRecord;
    if (exact && record.g?.length !== tags.length) return;
    if (mode === "delete") store.delete(key);
    else store.put({ ...record, f: 0 }, key);
  };
  await Promise.all(keys.map(change));
}
