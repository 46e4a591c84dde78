/**
 * What a replacement policy is to the memory tier.
 *
 * @module
 */

/**
 * Decides which entry gives way when the tier is full. It may keep what it needs in the slots, and knows neither keys nor
 * values; the tier tells it of every change and asks it for victims.
 */
export interface Policy<S> {
  /** A new entry. */
  insert(slot: S): void;
  /** The entry was read or overwritten. On the hot path of every hit. */
  hit(slot: S): void;
  /** The entry is gone. */
  remove(slot: S): void;
  /** The entry to give up next; asked only while there is one. What was inserted or hit last is the last resort. */
  victim(): S;
}
