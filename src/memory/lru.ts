/**
 * Least recently used: the plainest policy.
 *
 * @module
 */
import type { Policy } from "./policy.ts";

/** What the policy keeps in a slot: its place between what was used after it and what was used before it. */
export interface Link<S> {
  newer: S;
  older: S;
}

/** A doubly linked ring of slots; the least recently used is the victim. */
export class Lru<S extends Link<S>> implements Policy<S> {
  /** Stands between the newest, which is its `older`, and the oldest, which is its `newer`. */
  readonly #ends = {} as S;

  constructor() {
    this.#ends.newer = this.#ends.older = this.#ends;
  }

  insert(slot: S): void {
    const ends = this.#ends;
    const newest = ends.older;
    slot.newer = ends;
    slot.older = newest;
    newest.newer = ends.older = slot;
  }

  hit(slot: S): void {
    if (slot === this.#ends.older) return;
    this.remove(slot);
    this.insert(slot);
  }

  remove({ newer, older }: S): void {
    newer.older = older;
    older.newer = newer;
  }

  victim(): S {
    return this.#ends.newer;
  }
}
