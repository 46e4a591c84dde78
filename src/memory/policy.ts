/**
 * What a replacement policy is to the memory tier.
 *
 * @module
 */

/**
 * Decides which entry leaves when the tier is full. It knows slots (small integers that are reused), never keys or
 * values; the tier calls it on every change and asks it for victims.
 */
export interface Policy {
  /** Slots go from 0 to `capacity - 1` from now on. */
  grow(capacity: number): void;
  /** A new entry took this slot. */
  insert(slot: number): void;
  /** The entry of this slot was read or overwritten. On the hot path of every hit. */
  hit(slot: number): void;
  /** The entry of this slot is gone. */
  remove(slot: number): void;
  /** The slot to give up next, or -1 when there is none. `candidate` was just inserted. */
  victim(candidate: number): number;
  /** All slots are free. */
  clear(): void;
}
