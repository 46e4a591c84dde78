/**
 * What the rooms of one cache share: its options, its events, and the order of what happens.
 *
 * @module
 */
import { Events, type EvictionReason } from "./events.ts";
import { Fence } from "./fence.ts";
import { decodeKey } from "./key.ts";
import type { Resolved } from "./options.ts";
import { TagLedger } from "./tags.ts";

/** The middle of a cache; everything else hangs on it. */
export class Engine extends Events {
  readonly options: Resolved;
  readonly fence: Fence = new Fence();
  readonly ledger: TagLedger = new TagLedger();
  /** Whether entries get their sequence here, from the ledger. A stack gives them theirs when it writes them. */
  isAuthority = true;
  evictions: Partial<Record<EvictionReason, number>> = {};
  /** Fits the text of a key to what the tiers can hold, together with the prefix of its space. */
  fit: (text: string, prefix: string) => string = (text) => text;
  readonly #background = new Set<Promise<unknown>>();

  constructor(options: Resolved) {
    super();
    this.options = options;
  }

  now(): number {
    return this.options.clock.now();
  }

  /** Called when an entry that can expire was written. */
  expiring(): void {}

  /** Counts and reports an entry that left a tier. */
  left(tier: string, text: string, reason: EvictionReason): void {
    this.evictions[reason] = (this.evictions[reason] ?? 0) + 1;
    if (reason === "ttl") this.emit("expire", () => ({ key: decodeKey(text), tier }));
    else this.emit("evict", () => ({ key: decodeKey(text), tier, reason }));
  }

  /** Keeps work alive that no caller waits for; its failure is an `error` event. */
  background(work: Promise<unknown>, operation: string, waitUntil: Resolved["waitUntil"] = this.options.waitUntil): void {
    const tracked: Promise<unknown> = work
      .catch((error) => this.emit("error", () => ({ error, operation })))
      .then(() => this.#background.delete(tracked));
    this.#background.add(tracked);
    waitUntil?.(tracked);
  }

  /** Ends when no work is left in the background. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }
}
