/**
 * A flight: one read and load of a key under way, and those who wait for it.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Found } from "./store.ts";
import { abortable, within } from "./timeout.ts";

/** How a caller got its value. */
export type Outcome = "hit" | "load" | "swr" | "error" | "timeout";

/** What a flight ended with, and what that was valid against. */
export interface Landing {
  readonly value: unknown;
  readonly by: Outcome;
  /** Name of the tier, unless it was loaded. */
  readonly tier: string;
  /** Tags of the value; unknown where it was not stored. */
  readonly tags: readonly string[] | undefined;
  readonly sequence: number;
}

/** A landing with what a tier had. */
export function landed({ entry, tier }: Found, by: Outcome): Landing {
  return { value: entry.value, by, tier, tags: entry.tags, sequence: entry.sequence ?? 0 };
}

/** A read and load under way. */
export class Flight {
  outcome: Promise<Landing> = undefined as never;
  /** Ends when the tiers were read, where that takes time. */
  reading: unknown;
  /** The old value, once the tiers were read. */
  found: Found | undefined;
  /** The invalidation sequence before the load began. */
  sequence = 0;
  /** Goes on though nobody waits. */
  background: boolean;
  /** Version of the value that it brings. */
  readonly version: string | undefined;
  #waiting = 0;
  readonly #startedAt: number;
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #aborted: { reason: unknown } | undefined;

  constructor(clock: Clock, background: boolean, version: string | undefined) {
    this.background = background;
    this.version = version;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** For the loader. Made when it asks, since most do not. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }

  /**
   * A caller's waiting: ends with the flight, with the caller's own abort, or with the old value after `softTimeout`.
   *
   * @param old gives the old value if it may be served now
   * @param abandoned called when the last caller has gone
   */
  wait(
    signal: AbortSignal | undefined,
    softTimeout: number,
    old: (found: Found | undefined) => Found | undefined,
    abandoned: () => void,
  ): Promise<Landing> {
    this.#waiting++;
    const own = abortable(this.outcome, signal, () => {
      if (--this.#waiting > 0 || this.background) return;
      this.abort(signal!.reason);
      abandoned();
    });
    const late = (): Landing | Promise<Landing> => {
      const found = old(this.found);
      if (!found) return own;
      // It is not in vain: what it brings is stored.
      this.background = true;
      return landed(found, "timeout");
    };
    return within(own, Math.max(0, this.#startedAt + softTimeout - this.#clock.now()), this.#clock, () =>
      // While a slow tier is read it is not known yet whether there is an old value.
      Promise.race([own, Promise.resolve(this.reading).then(late)]),
    );
  }
}
