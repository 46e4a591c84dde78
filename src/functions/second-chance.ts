/**
 * A bounded map for function results: as fast as a Map on a hit, and about as good as LRU in what it keeps.
 *
 * Entries stand in a queue. One that was used since it was last looked at gets a second chance at the end of it; the
 * first that was not gives way (Corbató: "A Paging Experiment with the Multics System", 1968). A hit sets a flag and moves
 * nothing.
 *
 * @module
 */

/** One entry. */
export interface Slot<V> {
  readonly value: V;
  /** When its time is over, in milliseconds since the epoch. */
  readonly until: number;
  used: boolean;
}

/** At most so many entries. */
export class SecondChance<K, V> {
  readonly #max: number;
  /** In the order of the queue. Whoever finds a slot sets its flag. */
  readonly slots: Map<K, Slot<V>> = new Map();
  /** Stands at the beginning of the queue, so that it is not looked for past what has left. */
  #front: Iterator<[K, Slot<V>]> | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Adds or replaces an entry; answers with the key that gave way, if one did. */
  set(key: K, value: V, until: number = Infinity): K | undefined {
    const { slots } = this;
    // Replaced in its place, with the flag set: written is used.
    const isKnown = slots.has(key);
    slots.set(key, { value, until, used: isKnown });
    return slots.size > this.#max ? this.#evict() : undefined;
  }

  clear(): void {
    this.slots.clear();
    this.#front = undefined;
  }

  #evict(): K {
    const { slots } = this;
    for (;;) {
      this.#front ??= slots.entries();
      const { done, value } = this.#front.next();
      if (done) {
        this.#front = undefined;
        continue;
      }
      const [key, slot] = value;
      slots.delete(key);
      if (!slot.used) return key;
      slot.used = false;
      slots.set(key, slot);
    }
  }
}
