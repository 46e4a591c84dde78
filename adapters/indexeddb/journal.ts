/**
 * The journal: what each opener changed, in the order of their transactions, for caches above that follow.
 *
 * @module
 */
import type { Change, JournalPage } from "../../src/tier.ts";
import { answer, between, type IdbTransaction } from "./idb.ts";
import { State } from "./state.ts";

/** So many of its last changes the journal has at least. */
const KEPT = 4_096;

/** What is over is dropped whenever so many have come. */
const EVERY = 256;

/** Most changes in one look. Who would have to read more is told that anything may have changed. */
const MOST_CHANGES = 1_000;

interface JournalRecord {
  readonly origin: number;
  readonly change: Change | null;
}

/** Writes a change into the journal, in the transaction that made it. */
export async function record(transaction: IdbTransaction, origin: number, change: Change): Promise<void> {
  const journal = transaction.objectStore("journal");
  const told: JournalRecord = { origin, change };
  const position = (await answer(journal.put(told))) as number;
  if (position % EVERY === 0) journal.delete(between(0, position - KEPT + 1));
}

/** What others than `origin` changed after position `since`. */
export async function lookInto(transaction: IdbTransaction, origin: number, since?: number): Promise<JournalPage> {
  const journal = transaction.objectStore("journal");
  const [{ sequence }, first, last, records] = await Promise.all([
    new State(transaction).head(),
    answer(journal.openKeyCursor(null, "next")),
    answer(journal.openKeyCursor(null, "prev")),
    since === undefined ? [] : answer(journal.getAll(between(since, Infinity, true), MOST_CHANGES + 1)),
  ]);
  const position = (last?.key ?? 0) as number;
  if (since === undefined) return { position, sequence, changes: [] };
  // Below the first it is forgotten; above the last it is a position in a database that was deleted.
  const isKnown = first !== null && since >= (first.key as number) - 1 && since <= position;
  return { position, sequence, changes: isKnown ? othersOf(records as JournalRecord[], origin) : undefined };
}

/** `undefined` when they are too many, or one of them tells nothing that can be understood. */
function othersOf(records: readonly JournalRecord[], origin: number): Change[] | undefined {
  if (records.length > MOST_CHANGES) return undefined;
  const changes: Change[] = [];
  for (const found of records) {
    const { origin: by, change } = Object(found) as JournalRecord;
    if (by === origin) continue;
    if (!isChange(change)) return undefined;
    changes.push(change);
  }
  return changes;
}

function isChange(change: unknown): change is Change {
  const { by, keys, prefix, tags, sequence } = Object(change) as Record<string, unknown>;
  const isTexts = (list: unknown): boolean => Array.isArray(list) && list.every((text) => typeof text === "string");
  if (by === "keys") return isTexts(keys);
  if (by === "prefix") return typeof prefix === "string";
  return by === "tags" && isTexts(tags) && Number.isSafeInteger(sequence);
}
