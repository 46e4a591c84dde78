/**
 * Which key is in which slot.
 *
 * @module
 */

/**
 * Slots by key: a Map, and others beside it once it is full.
 *
 * Engines bound a Map. V8 throws a RangeError at 2^24 slots of its table, those of deleted keys included while they are fewer than
 * half: a Map with more than 2^23 keys is full some time, however many go. JavaScriptCore does at 3 · 2^24. What is full is only read and
 * deleted from then, and another takes what comes. Of all Maps the one with the fewest keys moves into it, if they are
 * at most half as many as the full one has: so no key that comes pays for more than one that moves, and there are
 * at most twice as many Maps as full ones would do.
 */
export class SlotIndex {
  /** Makes the Maps. Tests have smaller ones made. */
  static newMap: (entries: Iterable<[string, number]>) => Map<string, number> = (entries) => new Map(entries);

  #latest: Map<string, number> = SlotIndex.newMap([]);
  /** Those that were full once. */
  #older: readonly Map<string, number>[] | undefined;
  /** How many keys there are. */
  size = 0;

  get(key: string): number | undefined {
    const slot = this.#latest.get(key);
    return slot === undefined && this.#older ? this.#older.find((map) => map.has(key))?.get(key) : slot;
  }

  /** Adds a key that is not there. */
  add(key: string, slot: number): void {
    try {
      this.#latest.set(key, slot);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#begin();
      this.#latest.set(key, slot);
    }
    this.size++;
  }

  delete(key: string): void {
    if (this.#latest.delete(key) || this.#older?.some((map) => map.delete(key))) this.size--;
  }

  /** Keys that are deleted meanwhile do not come. */
  *[Symbol.iterator](): Generator<[key: string, slot: number], void> {
    for (const map of [this.#latest, ...(this.#older ?? [])]) yield* map;
  }

  #begin(): void {
    const full = this.#latest;
    const all = [full, ...(this.#older ?? [])];
    const least = all.reduce((one, other) => (other.size < one.size ? other : one));
    const moves = 2 * least.size <= full.size;
    this.#latest = SlotIndex.newMap(moves ? least : []);
    this.#older = moves ? all.filter((map) => map !== least) : all;
  }
}
