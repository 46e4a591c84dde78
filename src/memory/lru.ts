/**
 * Least recently used: a doubly linked ring of what is used.
 *
 * @module
 */

/** A place in the ring, between what was used after it and what was used before it. */
export interface Link<T> {
  newer: T;
  older: T;
}

/** Takes something out of its ring. */
export function unlink<T extends Link<T>>({ newer, older }: T): void {
  newer.older = older;
  older.newer = newer;
}

/** Puts something into a ring as the newest; `ends` stands between the newest, which is its `older`, and the oldest. */
export function link<T extends Link<T>>(item: T, ends: T): void {
  const newest = ends.older;
  item.newer = ends;
  item.older = newest;
  newest.newer = ends.older = item;
}
