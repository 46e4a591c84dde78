/**
 * Least frequently used.
 *
 * @module
 */

import { copied } from "./columns.ts";
import type { Policy } from "./policy.ts";

/** Uses that are told apart; what was used more often is alike. */
const MOST = 255;

/** Slots for which there is room at first. */
const LEAST = 64;

/**
 * The entry with the fewest uses is the victim, of these the one that got so many longest ago. Every operation takes
 * the same time: for each number of uses there is a list (Shah, Mitra, Matani: "An O(1) algorithm for implementing the LFU
 * cache eviction scheme", 2010). Old uses never count less, so what was once popular stays for long.
 */
export class Lfu implements Policy {
  // Place u stands between the newest and the oldest that were used u times; slot s is at place s + MOST + 1.
  #newer: Int32Array = Int32Array.from({ length: MOST + 1 }, (_, place) => place);
  #older: Int32Array = this.#newer.slice();
  #uses: Uint8Array = new Uint8Array(0);

  #taken = 0;
  /** The slot that was inserted last. */
  #last = -1;
  readonly #free: number[] = [];

  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#taken === this.#uses.length) {
      const capacity = 2 * this.#taken + LEAST;
      this.#newer = copied(this.#newer, new Int32Array(capacity + MOST + 1));
      this.#older = copied(this.#older, new Int32Array(capacity + MOST + 1));
      this.#uses = copied(this.#uses, new Uint8Array(capacity));
    }
    return this.#taken++;
  }

  insert(slot: number): void {
    this.#uses[slot] = 0;
    this.#last = slot;
    this.#link(slot);
  }

  hit(slot: number): void {
    this.#unlink(slot);
    if (this.#uses[slot]! < MOST) this.#uses[slot]!++;
    this.#link(slot);
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#free.push(slot);
  }

  #unlink(slot: number): void {
    const place = slot + MOST + 1;
    const newer = this.#newer[place]!;
    const older = this.#older[place]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  evict(): number {
    let slot = this.#first(0);
    // What has just come has had no time to be used.
    if (slot === this.#last) {
      const another = this.#first(1);
      if (another >= 0) slot = another;
    }
    this.remove(slot);
    return slot;
  }

  /** The first that is to go of those with so many uses at least; below 0 when there is none. */
  #first(uses: number): number {
    let place = uses;
    while (place <= MOST && this.#newer[place] === place) place++;
    return place > MOST ? -1 : this.#newer[place]! - MOST - 1;
  }

  #link(slot: number): void {
    const place = slot + MOST + 1;
    const end = this.#uses[slot]!;
    const newest = this.#older[end]!;
    this.#older[place] = newest;
    this.#newer[place] = end;
    this.#newer[newest] = this.#older[end] = place;
  }
}
