/**
 * Reading: documents, with what was invalidated since they were written.
 *
 * @module
 */
import type { ScanOptions, ScanResult } from "../../src/tier.ts";
import { readDocument, type Stored, type StoredEntry } from "./document.ts";
import type { Calls, Doc } from "./driver.ts";
import { entriesFrom, entryId, HEAD, keyOf } from "./ids.ts";
import { headOf, type Invalidations, SEQUENCE_ONLY } from "./invalidations.ts";

/** What was found, by key. */
export interface Reading {
  readonly found: ReadonlyMap<string, Stored>;
  /** Where it was asked for. */
  readonly sequence?: number;
}

/** What a read is to bring. */
export interface Wanted {
  readonly now: number;
  readonly metaOnly?: boolean;
  readonly sequence?: boolean;
}

/** Reads documents by key, and the sequence with them. */
export async function readKeys(
  calls: Calls,
  keys: Iterable<string>,
  { now, metaOnly = false, sequence = false }: Wanted,
): Promise<Reading> {
  const ids = [...new Set(keys)].map(entryId);
  if (sequence) ids.push(HEAD);
  if (ids.length === 0) return { found: new Map() };
  const projection = metaOnly ? { ...SEQUENCE_ONLY, value: 0 } : SEQUENCE_ONLY;
  const docs = await calls.find({ _id: { $in: ids } }, { projection });
  const found = storedOf(
    docs.filter(({ _id }) => _id !== HEAD),
    metaOnly,
  );
  if (!sequence) return { found };
  const head = docs.find(({ _id }) => _id === HEAD);
  return { found, sequence: (await headOf(calls, head, now)).sequence };
}

/** What documents say, by key. */
export function storedOf(docs: readonly Doc[], metaOnly: boolean): Map<string, Stored> {
  return new Map(docs.map((doc) => [keyOf(doc._id as string), readDocument(doc, metaOnly)]));
}

/** Those of the entries that are live, as they are to be seen. */
export async function liveOf(
  invalidations: Invalidations,
  { found }: Pick<Reading, "found">,
  now: number,
): Promise<Map<string, StoredEntry>> {
  const standing: [string, StoredEntry][] = [];
  for (const [key, { entry }] of found) if (entry !== undefined && entry.staleUntil > now) standing.push([key, entry]);
  const judge = await invalidations.judge(
    standing.map(([, entry]) => entry),
    now,
  );
  const live = new Map<string, StoredEntry>();
  for (const [key, entry] of standing) {
    const verdict = judge(entry);
    if (verdict !== "deleted") live.set(key, verdict === "expired" ? { ...entry, freshUntil: 0 } : entry);
  }
  return live;
}

/** A page of live keys. The cursor is the last key looked at, so keys that come and go in between hide no other. */
export async function scan(
  calls: Calls,
  invalidations: Invalidations,
  { prefix, cursor, limit, now, leased = false }: ScanOptions,
): Promise<ScanResult> {
  const options = { projection: { value: 0 }, sort: { _id: 1 }, limit };
  const docs = await calls.find(entriesFrom(prefix, cursor), options);
  const found = storedOf(docs, true);
  const live = await liveOf(invalidations, { found }, now);
  const keys = [...found].flatMap(([key, { lease }]) => (live.has(key) || (leased && lease) ? [key] : []));
  return docs.length < limit ? { keys } : { keys, cursor: keyOf(docs.at(-1)!._id as string) };
}

/** Documents in one page of a count. */
const PAGE = 1_000;

/** The number of live entries whose key begins with `prefix`: all of their documents are read, without the values. */
export async function size(calls: Calls, invalidations: Invalidations, prefix: string, now: number): Promise<number> {
  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await scan(calls, invalidations, {
      prefix,
      ...(cursor !== undefined && { cursor }),
      limit: PAGE,
      now,
    });
    count += page.keys.length;
    cursor = page.cursor;
    if (cursor === undefined) return count;
  }
}
