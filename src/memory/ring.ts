/**
 * A ring of slots: a doubly linked list in two columns.
 *
 * @module
 */
import { copied } from "./columns.ts";

/** Slots for which there is room at first. */
const LEAST = 64;

/** Slots in the order in which they were put in. A slot is in it at most once; those that are in none are free. */
export class Ring {
  // Place 0 stands between the newest and the oldest; slot s is at place s + 1.
  #newer: Int32Array = new Int32Array(LEAST);
  #older: Int32Array = new Int32Array(LEAST);
  #taken = 0;
  /** Free slots are a list by #newer; 0 ends it. */
  #free = 0;

  take(): number {
    const place = this.#free;
    if (place !== 0) {
      this.#free = this.#newer[place]!;
      return place - 1;
    }
    if (++this.#taken === this.#newer.length) {
      this.#newer = copied(this.#newer, new Int32Array(2 * this.#taken));
      this.#older = copied(this.#older, new Int32Array(2 * this.#taken));
    }
    return this.#taken - 1;
  }

  insert(slot: number): void {
    const place = slot + 1;
    const newest = this.#older[0]!;
    this.#older[place] = newest;
    this.#newer[place] = 0;
    this.#newer[newest] = this.#older[0] = place;
  }

  remove(slot: number): void {
    this.unlink(slot);
    this.#newer[slot + 1] = this.#free;
    this.#free = slot + 1;
  }

  protected unlink(slot: number): void {
    const newer = this.#newer[slot + 1]!;
    const older = this.#older[slot + 1]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  /** The last one in; -1 when there is none. */
  get newest(): number {
    return this.#older[0]! - 1;
  }

  /** Takes the first one out. */
  evict(): number {
    const slot = this.#newer[0]! - 1;
    this.remove(slot);
    return slot;
  }
}
