/**
 * Stores batches of changes in a tier, each in bounded time. A call that is given up may end at any time after, and overwrite what was stored
 * since: that is then stored once more.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import { TierTimeoutError } from "../errors.ts";
import { joined } from "../joined.ts";
import type { MaybePromise, Tier, Write } from "../tier.ts";
import { within } from "../timeout.ts";
import { isPartial, partial, undone } from "./partial-faults.ts";

/** How long a call may keep changes waiting that come after it, in milliseconds. */
export const PATIENCE = 10_000;
/** The same when the tier is closed. */
const LAST_PATIENCE = 2_000;
/** Most calls given up whose end is looked for. */
const MAX_LATE = 100;

/** What is to become of a key: a write, or where there is none its deletion. */
export interface Outcome {
  readonly write?: Write | undefined;
}

/** Keys with what is to become of them. */
export type Batch<T extends Outcome = Outcome> = readonly (readonly [string, T])[];

const DELETION: Outcome = {};

/** A call that was given up. */
interface LateCall {
  /** What was stored last under its keys; where it is an operation, under any since. */
  readonly latest: Map<string, Outcome>;
  readonly isOperation: boolean;
  /** Until when the close waits for its end. */
  readonly until: number;
  /** Ends when what it has undone waits again. */
  readonly ended: Promise<void>;
  /** Whether its end would undo something. */
  undoes(): boolean;
}

/** Ends when an operation has ended, or has taken too long. */
export function bounded(operation: Promise<unknown>, clock: Clock): Promise<unknown> {
  return within<unknown>(operation, PATIENCE, clock, () => {}).catch(() => {});
}

/** Writes batches to one tier. */
export class BatchWriter {
  readonly #tier: Tier;
  readonly #repair: (batch: Batch) => void;
  readonly #late = new Set<LateCall>();
  /** Gives up the call that is under way. */
  #giveUp: (after: number) => void = () => {};

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
    const begun = clock.now();
    const stored = this.#write(batch, begun, call);
    // What fails waits again, and is not taken from here.
    for (const { latest, isOperation } of this.#late)
      for (const [key, outcome] of batch) if (isOperation || latest.has(key)) latest.set(key, outcome);
    const late = (after: number): never => {
      call.isLate = true;
      this.#expect(stored, begun + PATIENCE, batch);
      throw new TierTimeoutError(
        `Gave up storing what waits for tier ${this.#tier.name} as a call must take at most ${after} ms`,
      );
    };
    const givenUp = new Promise<number>((resolve) => {
      this.#giveUp = resolve;
    }).then(late);
    await within(Promise.race([stored, givenUp]), PATIENCE, clock, () => late(PATIENCE));
  }

  /**
   * Waits for what is under way, though not for long, as the rest is then stored beside it: what of that it may overwrite is stored once more when it
   * ends.
   *
   * @param work a batch, or operations, which end in bounded time
   */
  async hurry(work: Promise<unknown>, isBatch: () => boolean, clock: Clock): Promise<void> {
    const isOver = await within<unknown>(joined(work), LAST_PATIENCE, clock, () => undefined);
    if (isOver !== undefined) return;
    if (!isBatch()) return this.#expect(work, Infinity);
    this.#giveUp(LAST_PATIENCE);
    await joined(work);
  }

  /** Ends when calls have ended that may still undo something, or their time is over: says whether one was waited for. */
  async ended(clock: Clock): Promise<boolean> {
    const now = clock.now();
    const calls = [...this.#late].filter((call) => call.until > now && call.undoes());
    await Promise.all(calls.map(({ ended, until }) => within(ended, until - now, clock, () => {})));
    return calls.length > 0;
  }

  /** Nothing is stored any more. */
  close(): void {
    this.#late.clear();
  }

  /** Something else is done to the tier: what is under any key then is not known. */
  overtake(): void {
    for (const { latest } of this.#late) for (const key of latest.keys()) latest.set(key, DELETION);
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

  /** @param batch what it was given; nothing where it is an operation */
  #expect(work: Promise<unknown>, until: number, batch: Batch = []): void {
    const given = new Map<string, Outcome>(batch);
    const latest = new Map(given);
    const undone = (): Batch => [...latest].filter(([key, outcome]) => outcome !== given.get(key));
    const end = (): void => {
      if (this.#late.delete(call)) this.#repair(undone());
    };
    const call: LateCall = {
      latest,
      isOperation: batch.length === 0,
      until,
      ended: work.then(end, end),
      undoes: () => undone().length > 0,
    };
    this.#late.add(call);
    if (this.#late.size > MAX_LATE) for (const first of this.#late) if (this.#late.delete(first)) break;
  }
}
