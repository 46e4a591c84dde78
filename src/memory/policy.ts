/**
 * What a replacement policy is to the memory tier.
 *
 * @module
 */

/**
 * Decides which entry gives way when the tier is full. It knows neither keys nor values but the slots that they are in, which
 * are small integers that it gives out; the tier tells it of every change and asks it for victims.
 */
export interface Policy {
  /** A slot for an entry to come: the lowest that was never given out, or one that is free again. */
  take(): number;
  /** A new entry in a slot that was taken, and what it weighs. */
  insert(slot: number, weight: number): void;
  /** The entry was read or overwritten. On the hot path of every hit. */
  hit(slot: number): void;
  /** The entry weighs something else from now on. */
  resize?(slot: number, weight: number): void;
  /** The entry is gone. Its slot is free, now or later. */
  remove(slot: number): void;
  /** Takes the entry out that gives way, and answers with its slot, which is free. What was inserted last is the last resort. Asked only while there is one. */
  evict(): number;
}

/** What a policy may know when it is made. */
export interface PolicyContext {
  /** Entries that the tier may hold, `Infinity` where bytes alone bound it. */
  readonly maxEntries: number;
  /** Whether entries weigh differently. */
  readonly isWeighted: boolean;
  /** A hash of the key in a slot, with a seed that nobody outside knows. */
  readonly hashOf: (slot: number) => number;
}
