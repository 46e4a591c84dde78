/**
 * What waits to be stored in a tier that is written behind, and the storing of it.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import type { Engine } from "../engine.ts";
import { TierLimitError, TierTimeoutError } from "../errors.ts";
import { alive, joined, unlessLost } from "../joined.ts";
import { isPromise, settle } from "../maybe.ts";
import type { MaybePromise, Tier, TierContext } from "../tier.ts";
import { type Batch, BatchWriter, bounded } from "./batch-writer.ts";
import { type Change, Changes, unstored } from "./changes.ts";
import { undone } from "./partial-faults.ts";
import { Retry } from "./retry.ts";

/** Most changes that wait to be stored; one beyond it waits until there is room. */
const MAX_PENDING = 10_000;
/** Keys of one write to the tier. */
const STEP = 500;
/** Microtasks before a write. */
const GATHER = 20;
/** Pause after a failed write, in milliseconds. */
const RETRY = 1_000;
/** So many batches in a row may fail before the tier is left alone for a while. */
const FAILURES = 2;
/** The same for the last time: enough to find one change among {@linkcode STEP}. */
const LAST_FAILURES = 12;

/**
 * Changes of a tier in the order of the calls: the last one of each key, and operations. Changes of keys are stored together, as
 * soon as those of one turn have gathered; operations that come one after the other are begun together. A batch that fails is halved; a
 * change that fails alone waits until all others are stored.
 */
export class WriteQueue {
  readonly #tier: Tier;
  readonly #engine: Pick<Engine, "hold">;
  readonly changes: Changes = new Changes();
  readonly #writer: BatchWriter;
  /** Keys of the next batch. */
  #step = STEP;
  /** Batches that have failed since one was stored. */
  #failures = 0;
  /** What is being done to the tier, which is a batch of changes or some operations: says whether it could be. */
  #running: Promise<boolean> | undefined;
  /** The batch. */
  #batch: ReadonlySet<Change> | undefined;
  /** Until when nothing is stored for want of success, but by `close()`. */
  #pausedUntil = -Infinity;
  /** Tries again what has failed. */
  readonly #retry = new Retry();
  #clock: Clock = systemClock;
  #report: TierContext["report"] = () => {};
  #closing = false;
  /** Whether the close tries what is left. */
  #isLastTry = false;
  /** How often changes that were refused have been tried again in vain. */
  #refusals = 0;

  constructor(tier: Tier, engine: Pick<Engine, "hold">) {
    this.#tier = tier;
    this.#engine = engine;
    this.#writer = new BatchWriter(tier, (batch) => this.#repair(batch));
  }

  open({ clock, report }: TierContext): void {
    this.#clock = clock;
    this.#report = report;
  }

  /** Whether nothing is stored for now, as it could not be a moment ago. */
  get isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** Looks at all of the tier, with what has been queued by now. Fails where that cannot be stored. */
  look<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.changes.size === 0) return operation();
    return this.until(this.changes.latest).then((isStored) => {
      if (!isStored) throw unstored();
      return operation();
    });
  }

  /** Does something after all that waits now, and before what comes later; after what cannot be stored, too. */
  change<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.changes.isDone && !this.#batch) return this.#begin(operation);
    let outcome: Promise<T> | undefined;
    const id = Symbol();
    const begin = (): Promise<T> => {
      this.changes.begun(id);
      this.#writer.overtake();
      return (outcome ??= settle(operation));
    };
    this.changes.operate(id, begin);
    return this.until(this.changes.latest).then(() => outcome ?? this.#alone(begin));
  }

  /** The same where something before it could not be stored. */
  async #alone<T>(begin: () => Promise<T>): Promise<T> {
    while (this.#batch && this.#running) await joined(this.#running);
    return this.#begin(begin);
  }

  /** Begins an operation beside those that are under way. */
  #begin<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    this.#writer.overtake();
    const answer = operation();
    if (isPromise(answer))
      this.#occupy(Promise.all([this.#running && joined(this.#running), bounded(answer, this.#clock)]).then(yes));
    return answer;
  }

  /** @throws {TierLimitError} where no more can wait */
  enqueue(changes: Batch): MaybePromise<void> {
    const queued = changes.map(([key, change]) => [key, this.changes.add(key, change, this.#batch)] as const);
    const refuse = (): void => {
      for (const [key, change] of queued) if (this.changes.find(key) === change) this.changes.forget(key);
      throw new TierLimitError(
        `Cannot queue ${changes.length} changes for tier ${this.#tier.name} as at most ${MAX_PENDING} may wait, and it takes none`,
      );
    };
    const isFull = this.changes.size > MAX_PENDING;
    if (this.isPaused) return isFull ? refuse() : undefined;
    const stored = this.until(this.changes.latest, this.#clock.now() >= this.#retry.at);
    this.#engine.hold(stored);
    return isFull ? stored.then(() => (this.changes.size > MAX_PENDING ? refuse() : undefined)) : undefined;
  }

  /**
   * Ends when the changes up to a number are stored, or one could not be: says which.
   *
   * @param all whether those that were refused are tried as well
   */
  async until(number: number, all = false): Promise<boolean> {
    const refusals = this.#refusals;
    while (this.changes.isDue(number, all && this.#refusals === refusals)) {
      const running = this.#running ?? this.#occupy(this.#store());
      try {
        if (!(await unlessLost(running))) return false;
      } catch {
        // It was part of a request that has ended.
        if (this.#running === running) this.#running = undefined;
      }
    }
    return !this.changes.isRefused(number);
  }

  #occupy(work: Promise<boolean>): Promise<boolean> {
    const running = alive(
      work.then((isDone) => {
        if (this.#running === running) this.#running = undefined;
        return isDone;
      }),
    );
    this.#running = running;
    return running;
  }

  /** Begins the operations that come first, or stores the changes before the next. */
  async #store(): Promise<boolean> {
    // Lets the writes of this turn gather, some of which take a few steps more to get here.
    for (let step = 0; step < GATHER; step++) await undefined;
    const operations = Array.from(this.changes.operations(), (begin) => bounded(begin(), this.#clock));
    if (operations.length > 0) return Promise.all(operations).then(yes);
    const some = this.changes.next(this.#step);
    this.#batch = new Set(some.map(([, change]) => change));
    try {
      await this.#writer.store(some, this.#clock);
    } catch (error) {
      this.#report("fault", error);
      return this.#failed(some, error);
    } finally {
      this.#batch = undefined;
    }
    this.#done(some);
    return true;
  }

  #done(some: Batch<Change>): void {
    for (const [key, change] of some) if (this.changes.find(key) === change) this.changes.forget(key);
    this.#pausedUntil = -Infinity;
    this.#failures = 0;
    this.#step = Math.min(STEP, 2 * this.#step);
  }

  /** Says whether the next batch is to be tried at once. */
  #failed(some: Batch<Change>, error: unknown): boolean {
    const wereRefused = this.changes.wereRefused(some);
    if (wereRefused) this.#refusals++;
    const given = some.map(([key]) => key);
    const keys = undone(error, given);
    if (keys.length < given.length) {
      this.#done(some.filter(([key]) => !keys.includes(key)));
      this.changes.refuse(some);
      this.#retryLater();
      return !wereRefused || !this.changes.isDone;
    }
    if (some.length === 1 || wereRefused) this.changes.refuse(some);
    this.#step = Math.max(1, some.length >> 1);
    this.#failures++;
    this.#retryLater();
    if (this.#closing) return this.#failures < LAST_FAILURES && !(this.#isLastTry && error instanceof TierTimeoutError);
    // Others wait for what has come meanwhile, and that was not tried yet.
    if (wereRefused) return !this.changes.isDone;
    if (this.#failures < FAILURES) return true;
    this.#pausedUntil = this.#clock.now() + RETRY;
    return false;
  }

  #retryLater(): void {
    if (this.#closing) return;
    this.#retry.later(RETRY, this.#clock, () => this.#engine.hold(this.until(Infinity, true)));
  }

  /** What a late call has undone is stored again, unless that is still to come: the tier may have had what is in the batch before. */
  #repair(batch: Batch): void {
    const undone = batch.filter(([key]) => {
      const change = this.changes.find(key);
      return !change || this.#batch?.has(change);
    });
    if (undone.length === 0) return;
    this.changes.again(undone);
    if (!this.isPaused) this.#engine.hold(this.until(0));
  }

  /** Stores what waits, for the last time, though a call hangs; and once more what that overwrites when it ends in bounded time. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#retry.cancel(this.#clock);
    const running = this.#running;
    if (running) await this.#writer.hurry(running, () => this.#batch !== undefined, this.#clock);
    if (this.#running === running) this.#running = undefined;
    this.#isLastTry = true;
    this.#failures = 0;
    // Each is tried once more, after all others.
    this.changes.readmit();
    do {
      await this.until(Infinity);
      if (this.#running) await joined(this.#running);
    } while (await this.#writer.ended(this.#clock));
    this.#writer.close();
    const { size } = this.changes;
    if (size > 0)
      this.#report("fault", new Error(`Gave up storing what waits as the tier is closed: ${size} changes are lost`));
  }
}

const yes = (): boolean => true;
