/**
 * Reads of a stack: a walk down the layers, after which what was found is copied up. Nobody waits for one longer than all tiers may take
 * together.
 *
 * @module
 */
import { TierError } from "../errors.ts";
import { ended, isPromise } from "../maybe.ts";
import type { Findings, Store, StoreReadOptions } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { within } from "../timeout.ts";
import { NO_LEASE, StackLeases } from "./leases.ts";
import { promote } from "./promote.ts";
import { only, type Ranks } from "./ranks.ts";
import { Walk } from "./walk.ts";

/** The reading face of a stack. */
export class Reads implements Pick<Store, "read"> {
  /** Only where a shared tier gives them. */
  readonly leases: StackLeases | undefined;
  readonly #ranks: Ranks;
  readonly #patience: number;

  /** @param patience all budgets together, in milliseconds */
  constructor(ranks: Ranks, patience: number) {
    const { authority, engine } = ranks;
    this.#ranks = ranks;
    this.#patience = patience;
    if (authority?.tier.capabilities.leases && !authority.isPrivate)
      this.leases = new StackLeases(this, authority, engine, patience);
  }

  read(keys: readonly string[], options: StoreReadOptions): MaybePromise<Findings> {
    const { engine, all, traffic } = this.#ranks;
    const now = engine.now();
    const walk = new Walk(this.#ranks, keys, options, this.leases !== undefined, now);
    const layers = only(all, options.tier);
    const { onError } = engine.options;
    const ticket = engine.fence.enter();
    const read = ended(
      () => walk.down(layers),
      (): Findings => {
        const { found, leases, sequence, fault } = walk;
        try {
          if (options.promote !== false && !options.peek && layers.length > 1)
            promote(layers, keys, found, ticket, now, engine, traffic);
        } finally {
          engine.fence.leave();
        }
        // Taken on the way to a tier below, which had the key.
        if (leases && !options.refresh) {
          for (const [i, lease] of leases.entries())
            if (lease && found[i]?.stale === false) this.leases!.release(keys[i]!, lease);
        }
        return { found, leases, sequence, ...(onError === "throw" && { fault }) };
      },
      (error) => {
        engine.fence.leave();
        throw error;
      },
    );
    return options.since !== undefined && isPromise(read)
      ? this.#inTime(read, keys, options, options.since, walk)
      : read;
  }

  /**
   * Waits for a read no longer than all budgets together from when its call began, whatever had to be waited for before. What it
   * brings then is given back.
   */
  #inTime(
    read: Promise<Findings>,
    keys: readonly string[],
    { lease = 0 }: StoreReadOptions,
    since: number,
    walk: Walk,
  ): Promise<Findings> {
    const { engine, all } = this.#ranks;
    return within(read, since + this.#patience - engine.now(), engine.options.clock, (): Findings => {
      this.leases?.giveBack(keys, read);
      const found = [...walk.found];
      const leases = lease > 0 && this.leases ? keys.map(() => NO_LEASE) : undefined;
      const message = `Gave up reading as all tiers together must take at most ${this.#patience} ms`;
      const fault = walk.fault ?? new TierError(all.at(-1)!.name, message);
      return { found, leases, sequence: walk.sequence, ...(engine.options.onError === "throw" && { fault }) };
    });
  }
}
