/**
 * The `_id` of documents: a letter and a text, so that whatever a caller chooses as a key or tag is a value and nothing else.
 *
 * @module
 */
import { sha256 } from "../../src/sha256.ts";
import { prefixEnd } from "../sql/liveness.ts";
import type { Doc } from "./driver.ts";

/** The document with the numbers of the store as a whole. */
export const HEAD = "head";

const ENTRY = "k:";
const TAG = "t:";
const HASHED_TAG = "h:";

/** A longer tag is known by its hash. */
const LONGEST_TAG = 500;

/** The `_id` of an entry. */
export function entryId(key: string): string {
  return ENTRY + key;
}

/** The key of an entry's `_id`. */
export function keyOf(id: string): string {
  return id.slice(ENTRY.length);
}

/** The `_id` of a tag's mark. */
export function markId(tag: string): string {
  return tag.length <= LONGEST_TAG ? TAG + tag : HASHED_TAG + sha256(new TextEncoder().encode(tag));
}

/** Which documents are entries whose key begins with `prefix`, or with `after` those of them above it. */
export function entriesFrom(prefix: string, after?: string): Doc {
  // MongoDB compares strings by the bytes of UTF-8, as SQLite does.
  const end = prefixEnd(ENTRY + prefix);
  return { _id: after === undefined ? { $gte: ENTRY + prefix, $lt: end } : { $gt: ENTRY + after, $lt: end } };
}

/** Which documents are marks. */
export const MARKS: Doc = { $or: [{ _id: { $gte: TAG, $lt: "t;" } }, { _id: { $gte: HASHED_TAG, $lt: "h;" } }] };
