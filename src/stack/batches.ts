/**
 * Batches that a tier can take, and one answer of the answers to them.
 *
 * @module
 */
import { all, then } from "../maybe.ts";
import type { MaybePromise, ReadResult, WriteResult } from "../tier.ts";

/** Calls a tier with as much as it can take at once. */
export function batched<T, A>(
  items: readonly T[],
  size: number,
  call: (some: readonly T[]) => MaybePromise<A>,
  join: (answers: readonly A[]) => A,
): MaybePromise<A> {
  return items.length <= size ? call(items) : then(all(split(items, size).map(call)), join);
}

/** Consecutive parts of at most `size`. */
function split<T>(items: readonly T[], size: number): (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size));
  return parts;
}

export function joinReads(results: readonly ReadResult[]): ReadResult {
  const [{ sequence, leases }] = results as readonly [ReadResult];
  return {
    entries: results.flatMap((result) => result.entries),
    sequence,
    leases: leases && results.flatMap((result) => result.leases!),
  };
}

export function joinWrites(results: readonly WriteResult[]): WriteResult {
  return { sequence: results[0]!.sequence, refused: results.flatMap(({ refused = [] }) => refused) };
}

/** For deletions and touches. */
export function joinExisted(answers: readonly (readonly boolean[])[]): readonly boolean[] {
  return answers.flatMap((existed) => [...existed]);
}
