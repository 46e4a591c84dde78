/**
 * Least frequently used.
 *
 * @module
 */
import type { Policy } from "./policy.ts";
import { copied } from "./slots.ts";

/** Uses that are told apart; what was used more often is alike. */
const MOST = 255;

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

  resize(capacity: number): void {
    this.#newer = copied(this.#newer, new Int32Array(capacity + MOST + 1));
    this.#older = copied(this.#older, new Int32Array(capacity + MOST + 1));
    this.#uses = copied(this.#uses, new Uint8Array(capacity));
  }

  insert(slot: number): void {
    this.#uses[slot] = 0;
    this.#link(slot);
  }

  hit(slot: number): void {
    this.remove(slot);
    if (this.#uses[slot]! < MOST) this.#uses[slot]!++;
    this.#link(slot);
  }

  remove(slot: number): void {
    const place = slot + MOST + 1;
    const newer = this.#newer[place]!;
    const older = this.#older[place]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }

  victim(): number {
    let uses = 0;
    while (this.#newer[uses] === uses) uses++;
    return this.#newer[uses]! - MOST - 1;
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
