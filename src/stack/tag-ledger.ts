/**
 * Tag sequences, as a cache knows them that shares its tiers with others.
 *
 * The numbers come from the lowest shared tier that can keep them (the authority); without one, the ledger of this
 * process is the authority itself.
 *
 * @module
 */
import { Ledger } from "../ledger.ts";

export type { Verdict } from "../ledger.ts";

/** A ledger that knows of an authority. */
export class TagLedger extends Ledger {
  /** Highest sequence that any entry here can have: an authority counts ahead of what this process has invalidated. */
  #ceiling = 0;

  /** Takes note of a sequence that the authority gave out. */
  observe(sequence: number | undefined): void {
    if (sequence !== undefined && sequence > this.#ceiling) this.#ceiling = sequence;
  }

  override next(): number {
    return Math.max(this.latest, this.#ceiling) + 1;
  }

  /** Below this sequence nothing is known: entries that are older and tagged count as deleted. */
  raise(floor: number): void {
    this.latest = Math.max(this.latest, floor);
    this.floor = Math.max(this.floor, floor);
  }
}
