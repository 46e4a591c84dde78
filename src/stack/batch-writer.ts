/**
 * Stores batches of changes in a tier, each in bounded time. A call that is given up may end at any time after, and overwrite what was stored
 * since: that is then stored once more.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { TierTimeoutError } from "../errors.ts";
import type { MaybePromise, Tier, Write } from "../tier.ts";
import { within } from "../timeout.ts";
import { isPartial, partial, undone } from "./partial-faults.ts";

/** How long a call may keep changes waiting that come after it, in milliseconds. */
export const PATIENCE = 10_000;
/** Most calls given up whose end is looked for. */
const MAX_LATE = 100;

/** What is to become of a key: a write, or where there is none its deletion. */
export interface Outcome {
  readonly write?: Write | undefined;
}

/** Keys with what is to become of them. */
export type Batch<T extends Outcome = Outcome> = readonly (readonly [string, T])[];

const DELETION: Outcome = {};

/** Writes batches to one tier. */
export class BatchWriter {
  readonly #tier: Tier;
  readonly #repair: (batch: Batch) => void;
  /** Of each call that was given up, what was stored last under its keys. */
  readonly #late = new Set<Map<string, Outcome>>();

  /** @param repair stores, in its turn, what a late call has undone */
  constructor(tier: Tier, repair: (batch: Batch) => void) {
    this.#tier = tier;
    this.#repair = repair;
  }

  /**
   * Stores a batch.
   *
   * @throws {TierTimeoutError} where it takes too long; and what the tier throws
   */
  async store(batch: Batch, clock: Clock): Promise<void> {
    const call = { isLate: false };
    const stored = this.#write(batch, clock.now(), call);
    // What fails waits again, and is not taken from here.
    for (const latest of this.#late) for (const [key, outcome] of batch) if (latest.has(key)) latest.set(key, outcome);
    await within(stored, PATIENCE, clock, () => {
      call.isLate = true;
      this.#expect(batch, stored);
      throw new TierTimeoutError(
        `Gave up storing what waits for tier ${this.#tier.name} as a call must take at most ${PATIENCE} ms`,
      );
    });
  }

  /** Something else is done to the tier: what is under any key then is not known. */
  overtake(): void {
    for (const latest of this.#late) for (const key of latest.keys()) latest.set(key, DELETION);
  }

  async #write(batch: Batch, now: number, call: { readonly isLate: boolean }): Promise<void> {
    const deleted = batch.filter(([, { write }]) => !write).map(([key]) => key);
    const writes = batch.flatMap(([, { write }]) => write ?? []);
    const lost: string[] = [];
    let fault: unknown;
    const step = async (keys: readonly string[], run: () => MaybePromise<unknown>): Promise<void> => {
      if (keys.length === 0 || call.isLate) return;
      try {
        await run();
      } catch (error) {
        if (!isPartial(error)) throw error;
        fault = error;
        lost.push(...undone(error, keys));
      }
    };
    await step(deleted, () => this.#tier.deleteMany(deleted, now));
    await step(
      writes.map(({ key }) => key),
      () => this.#tier.setMany(writes, now),
    );
    if (lost.length === 0) return;
    partial(fault, lost);
    throw fault;
  }

  #expect(batch: Batch, stored: Promise<void>): void {
    const given = new Map<string, Outcome>(batch);
    const latest = new Map(given);
    this.#late.add(latest);
    if (this.#late.size > MAX_LATE) for (const first of this.#late) if (this.#late.delete(first)) break;
    const ended = (): void => {
      if (this.#late.delete(latest)) this.#repair([...latest].filter(([key, outcome]) => outcome !== given.get(key)));
    };
    stored.then(ended, ended);
  }
}
