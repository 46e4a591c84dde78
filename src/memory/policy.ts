/**
 * What a replacement policy is to the memory tier.
 *
 * @module
 */

/**
 * Decides which entry gives way when the tier is full. It knows neither keys nor values but the slots that they are in, which
 * are small integers; the tier tells it of every change and asks it for victims.
 */
export interface Policy {
  /** Slots will be below this from now on. It is smaller than before only when no entry is left. */
  resize(capacity: number): void;
  /** A new entry. */
  insert(slot: number, key: string): void;
  /** The entry was read or overwritten. On the hot path of every hit. */
  hit(slot: number): void;
  /** The entry is gone. */
  remove(slot: number): void;
  /** The entry to give up next; asked only while there is one. What was inserted or hit last is the last resort. */
  victim(): number;
}
