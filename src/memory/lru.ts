/**
 * Least recently used, and first in, first out: the plainest policies.
 *
 * @module
 */
import type { Policy } from "./policy.ts";
import { Ring } from "./ring.ts";

/** The entry that was used longest ago is the victim. */
export class Lru extends Ring implements Policy {
  hit(slot: number): void {
    if (slot === this.newest) return;
    this.unlink(slot);
    this.insert(slot);
  }
}

/** The entry that came first is the victim, whatever its use. */
export class Fifo extends Ring implements Policy {
  hit(): void {}
}
