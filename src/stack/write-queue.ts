/**
 * What waits to be stored in a tier that is written behind, and the storing of it.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";
import type { Engine } from "../engine.ts";
import { TierLimitError } from "../errors.ts";
import { alive, joined, unlessLost } from "../joined.ts";
import { isPromise, settle } from "../maybe.ts";
import type { MaybePromise, Tier, TierContext, Write } from "../tier.ts";
import { within } from "../timeout.ts";

/** Most changes that wait to be stored; one beyond it waits until there is room. */
const MAX_PENDING = 10_000;
/** Keys of one write to the tier. */
const STEP = 500;
/** Microtasks before a write. */
const GATHER = 20;
/** Pause after a failed write, in milliseconds. */
const RETRY = 1_000;
/** How long an operation may keep changes waiting that come after it, in milliseconds; who has called it is given up on sooner. */
const PATIENCE = 10_000;

/** What is to become of a key: a write, or where there is none its deletion. Or an operation that changes several, among them. */
interface Change {
  /** In the order of the calls. */
  readonly number: number;
  readonly write?: Write | undefined;
  readonly operation?: () => Promise<unknown>;
}

/** Why an operation is not done: what was acknowledged before it could not be stored. */
export function unstored(): Error {
  return new Error("What waits could not be stored, and without it this cannot be done");
}

/**
 * Changes of a tier in the order of the calls: the last one of each key, and operations. Changes of keys are stored together, as
 * soon as those of one turn have gathered; operations that come one after the other are begun together.
 */
export class WriteQueue {
  readonly #tier: Tier;
  readonly #engine: Pick<Engine, "hold">;
  /** In the order of their numbers; operations are under symbols. */
  readonly #pending = new Map<string | symbol, Change>();
  /** Number of the last change. */
  #latest = 0;
  /** Operations that wait. */
  #operations = 0;
  /** What is being done to the tier, which is a batch of changes or some operations: says whether it could be. */
  #running: Promise<boolean> | undefined;
  /** The batch. */
  #batch: ReadonlySet<Change> | undefined;
  /** Until when nothing is stored for want of success, but by `close()`. */
  #pausedUntil = -Infinity;
  #retry: unknown;
  #clock: Clock = systemClock;
  #report: TierContext["report"] = () => {};
  #closing = false;

  constructor(tier: Tier, engine: Pick<Engine, "hold">) {
    this.#tier = tier;
    this.#engine = engine;
  }

  open({ clock, report }: TierContext): void {
    this.#clock = clock;
    this.#report = report;
  }

  /** Number of the last change. */
  get latest(): number {
    return this.#latest;
  }

  /** Number of the change that waits for a key; infinite where none does. */
  numberOf(key: string): number {
    return this.#pending.get(key)?.number ?? Infinity;
  }

  has(key: string): boolean {
    return this.#pending.has(key);
  }

  /** The write that waits for a key. */
  writeOf(key: string): Write | undefined {
    return this.#pending.get(key)?.write;
  }

  /** What waits for a key is not to be stored any more. */
  forget(key: string): void {
    this.#pending.delete(key);
  }

  /** What waits for keys that begin so becomes their deletion. */
  clear(prefix: string): void {
    for (const [key, { number, operation }] of this.#pending)
      if (!operation && (key as string).startsWith(prefix)) this.#pending.set(key, { number });
  }

  /** Whether nothing is stored for now, as it could not be a moment ago. */
  get isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** Looks at all of the tier, with what has been queued by now. Fails where that cannot be stored. */
  look<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#pending.size === 0) return operation();
    return this.until(this.#latest).then((isStored) => {
      if (!isStored) throw unstored();
      return operation();
    });
  }

  /** Does something after all that waits now, and before what comes later; after what cannot be stored, too. */
  change<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#pending.size === 0 && !this.#batch) return this.#begin(operation);
    let outcome: Promise<T> | undefined;
    const id = Symbol();
    const number = ++this.#latest;
    const begin = (): Promise<T> => {
      if (this.#pending.delete(id)) this.#operations--;
      return (outcome ??= settle(operation));
    };
    this.#operations++;
    this.#pending.set(id, { number, operation: begin });
    return this.until(number).then(() => outcome ?? this.#alone(begin));
  }

  /** The same where something before it could not be stored. */
  async #alone<T>(begin: () => Promise<T>): Promise<T> {
    while (this.#batch && this.#running) await joined(this.#running);
    return this.#begin(begin);
  }

  /** Begins an operation beside those that are under way. */
  #begin<T>(operation: () => MaybePromise<T>): MaybePromise<T> {
    const answer = operation();
    if (isPromise(answer))
      this.#occupy(Promise.all([this.#running && joined(this.#running), this.#bounded(answer)]).then(yes));
    return answer;
  }

  #bounded(work: Promise<unknown>): Promise<unknown> {
    return within<unknown>(work, PATIENCE, this.#clock, yes).then(yes, yes);
  }

  /** @throws {TierLimitError} where no more can wait */
  enqueue(changes: readonly (readonly [string, Pick<Change, "write">])[]): MaybePromise<void> {
    const queued = changes.map(([key, change]) => [key, this.#queue(key, change)] as const);
    const refuse = (): void => {
      for (const [key, change] of queued) if (this.#pending.get(key) === change) this.#pending.delete(key);
      throw new TierLimitError(
        `Cannot queue ${changes.length} changes for tier ${this.#tier.name} as at most ${MAX_PENDING} may wait, and it takes none`,
      );
    };
    const isFull = this.#pending.size > MAX_PENDING;
    if (this.isPaused) return isFull ? refuse() : undefined;
    const stored = this.until(this.#latest);
    this.#engine.hold(stored);
    return isFull ? stored.then((isStored) => (isStored ? undefined : refuse())) : undefined;
  }

  /** In the place of an earlier change of its key, for which somebody may wait, unless something has come between. */
  #queue(key: string, { write }: Pick<Change, "write">): Change {
    const earlier = this.#pending.get(key);
    const isInPlace = earlier !== undefined && this.#operations === 0 && !this.#batch?.has(earlier);
    if (!isInPlace) this.#pending.delete(key);
    const change: Change = { number: isInPlace ? earlier.number : ++this.#latest, write };
    this.#pending.set(key, change);
    return change;
  }

  /** Ends when the changes up to a number are stored, or one could not be: says which. */
  async until(number: number): Promise<boolean> {
    for (;;) {
      const [first] = this.#pending.values();
      if (!first || first.number > number) return true;
      const running = this.#running ?? this.#occupy(this.#store());
      try {
        if (!(await unlessLost(running))) return false;
      } catch {
        // It was part of a request that has ended.
        if (this.#running === running) this.#running = undefined;
      }
    }
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
    const operations: Promise<unknown>[] = [];
    for (const { operation } of this.#pending.values()) {
      if (!operation) break;
      operations.push(this.#bounded(operation()));
    }
    if (operations.length > 0) return Promise.all(operations).then(yes);
    const some: [string, Change][] = [];
    for (const [key, change] of this.#pending)
      if (change.operation || some.push([key as string, change]) === STEP) break;
    this.#batch = new Set(some.map(([, change]) => change));
    const now = this.#clock.now();
    try {
      const deleted = some.filter(([, { write }]) => !write).map(([key]) => key);
      if (deleted.length > 0) await this.#tier.deleteMany(deleted, now);
      const writes = some.flatMap(([, { write }]) => write ?? []);
      if (writes.length > 0) await this.#tier.setMany(writes, now);
    } catch (error) {
      this.#report("fault", error);
      this.#pause();
      return false;
    } finally {
      this.#batch = undefined;
    }
    for (const [key, change] of some) if (this.#pending.get(key) === change) this.#pending.delete(key);
    this.#pausedUntil = -Infinity;
    return true;
  }

  #pause(): void {
    this.#clock.clearTimer(this.#retry);
    if (this.#closing) return;
    this.#pausedUntil = this.#clock.now() + RETRY;
    try {
      this.#retry = this.#clock.setTimer(() => void this.until(Infinity), RETRY, true);
    } catch {
      // Workers have so many timers and no more: the next write after the pause tries it again.
    }
  }

  /** Stores what waits, for the last time. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#clock.clearTimer(this.#retry);
    await this.until(this.#latest);
    if (this.#running) await joined(this.#running);
  }
}

const yes = (): boolean => true;
