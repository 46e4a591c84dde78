/**
 * Looks into a journal, and what they told.
 *
 * @module
 */
import type { Change, JournalPage, TagInvalidation } from "../../../src/tier.ts";
import { equal, ok, same } from "../assert.ts";
import type { Handle } from "./subject.ts";

/** Where the journal stands. */
export async function position({ tier }: Handle): Promise<number> {
  const { position, sequence, changes } = await tier.journal!();
  ok(Number.isSafeInteger(position), "a position must be a safe integer");
  same(typeof sequence, "number", "a journal must know the sequence");
  equal(changes, [], "without a position a journal must tell of no change");
  return position;
}

/** A look into the journal whose answer must be known. */
export async function look({ tier }: Handle, since: number): Promise<JournalPage & { changes: readonly Change[] }> {
  const { changes, ...page } = await tier.journal!(since);
  ok(changes, "a journal must know a few changes since a position that it gave");
  return { ...page, changes };
}

/** Whether the changes make a reader drop what it has of the key. A tier may tell of more than was changed. */
export function tells(changes: readonly Change[], key: string): boolean {
  return changes.some((change) => {
    if (change.by === "keys") return change.keys.includes(key);
    return change.by === "prefix" && key.startsWith(change.prefix);
  });
}

/** Those of the keys that the changes do not tell of. */
export function missing(changes: readonly Change[], keys: readonly string[]): string[] {
  return keys.filter((key) => !tells(changes, key));
}

/** Whether the changes tell of an invalidation; the order of its tags does not matter. */
export function tellsInvalidation(
  changes: readonly Change[],
  invalidation: TagInvalidation,
  sequence: number,
): boolean {
  const name = ({ tags, match, mode }: Pick<TagInvalidation, "tags" | "match" | "mode">, at: number) =>
    JSON.stringify([[...tags].sort(), match, mode, at]);
  return changes.some(
    (change) => change.by === "tags" && name(change, change.sequence) === name(invalidation, sequence),
  );
}
