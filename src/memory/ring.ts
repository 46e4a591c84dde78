/**
 * A ring of slots: a doubly linked list in two columns.
 *
 * @module
 */
import { copied } from "./slots.ts";

/** Slots in the order in which they were put in. A slot is in it at most once. */
export class Ring {
  // Place 0 stands between the newest and the oldest; slot s is at place s + 1.
  #newer: Int32Array = new Int32Array(1);
  #older: Int32Array = new Int32Array(1);

  /** Slots will be below this from now on. */
  resize(capacity: number): void {
    this.#newer = copied(this.#newer, new Int32Array(capacity + 1));
    this.#older = copied(this.#older, new Int32Array(capacity + 1));
  }

  insert(slot: number): void {
    const place = slot + 1;
    const newest = this.#older[0]!;
    this.#older[place] = newest;
    this.#newer[place] = 0;
    this.#newer[newest] = this.#older[0] = place;
  }

  remove(slot: number): void {
    const newer = this.#newer[slot + 1]!;
    const older = this.#older[slot + 1]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  /** The last one in; -1 when there is none. */
  get newest(): number {
    return this.#older[0]! - 1;
  }

  /** The first one in; -1 when there is none. */
  get oldest(): number {
    return this.#newer[0]! - 1;
  }
}
