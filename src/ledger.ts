/**
 * Tag sequences, as a cache that keeps its entries to itself knows them.
 *
 * Every invalidation by tag gets a number above all before it. An entry carries the number that stood before its load
 * began, and is valid while no tag of it has a higher one.
 *
 * @module
 */
import type { Entry } from "./entry.ts";
import type { InvalidationMode } from "./tier.ts";

/** Most tags remembered. Forgetting one raises the floor, which can only invalidate more, never revive. */
const MAX_TAGS = 10_000;

/** The sequences of one tag's last invalidation of each mode. */
interface TagSequences {
  readonly deleted: number;
  readonly expired: number;
}

/** What the ledger says of an entry. */
export type Verdict = "valid" | "expired" | "deleted";

/** The process's record of tag invalidations. */
export class Ledger {
  /** Highest sequence of any invalidation known here. An entry that is not older needs no look at its tags. */
  latest = 0;
  /** Tags without a record count as deleted at this sequence. */
  protected floor = 0;
  readonly #records = new Map<string, TagSequences>();

  /** Above all that is known: what an invalidation gets when there is no authority, or it cannot be reached. */
  next(): number {
    return this.latest + 1;
  }

  /** Records an invalidation. */
  record(tags: readonly string[], mode: InvalidationMode, sequence: number): void {
    if (sequence > this.latest) this.latest = sequence;
    for (const tag of tags) {
      const known = this.#records.get(tag);
      const expired = Math.max(sequence, known?.expired ?? 0);
      const deleted = mode === "delete" ? Math.max(sequence, known?.deleted ?? 0) : (known?.deleted ?? this.floor);
      // Set anew, so that the map's order is by last invalidation and the oldest is forgotten first.
      this.#records.delete(tag);
      this.#records.set(tag, { deleted, expired });
    }
    for (const [tag, { expired }] of this.#records) {
      if (this.#records.size <= MAX_TAGS) break;
      this.floor = Math.max(this.floor, expired);
      this.#records.delete(tag);
    }
  }

  /** The sequence of the last invalidation of a tag that is known here. */
  of(tag: string): number {
    return this.#records.get(tag)?.expired ?? this.floor;
  }

  /** Whether an entry is still valid, was expired, or was deleted by an invalidation. */
  check(entry: Entry): Verdict {
    const sequence = entry.sequence ?? 0;
    if (sequence >= this.latest) return "valid";
    let verdict: Verdict = "valid";
    for (const tag of entry.tags) {
      const known = this.#records.get(tag);
      if ((known ? known.deleted : this.floor) > sequence) return "deleted";
      if (known && known.expired > sequence) verdict = "expired";
    }
    return verdict;
  }
}
