/**
 * Least recently used: the plainest policy.
 *
 * @module
 */
import type { Policy } from "./policy.ts";

const NONE = -1;

/** A doubly linked list through two integer arrays; the least recently used slot is the victim. */
export class Lru implements Policy {
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #newest = NONE;
  #oldest = NONE;

  grow(capacity: number): void {
    const next = new Int32Array(capacity);
    const previous = new Int32Array(capacity);
    next.set(this.#next);
    previous.set(this.#previous);
    this.#next = next;
    this.#previous = previous;
  }

  insert(slot: number): void {
    this.#previous[slot] = NONE;
    this.#next[slot] = this.#newest;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#previous[this.#newest] = slot;
    this.#newest = slot;
  }

  hit(slot: number): void {
    if (slot === this.#newest) return;
    this.remove(slot);
    this.insert(slot);
  }

  remove(slot: number): void {
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    if (previous === NONE) this.#newest = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#oldest = previous;
    else this.#previous[next] = previous;
  }

  victim(candidate: number): number {
    // A candidate alone in the tier is the oldest as well; it has just been asked for, so it stays while anything else is there.
    return this.#oldest === candidate ? this.#previous[candidate]! : this.#oldest;
  }

  clear(): void {
    this.#newest = this.#oldest = NONE;
    this.#next = this.#previous = new Int32Array(0);
  }
}
