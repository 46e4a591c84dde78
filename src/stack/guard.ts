/**
 * The guard around a tier: a time budget and a breaker. Nothing that a tier does reaches a caller as an exception.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { toMilliseconds } from "../duration.ts";
import { invalid, TierError, TierLimitError, TierTimeoutError, ValueError } from "../errors.ts";
import type { BreakerState } from "../events.ts";
import { ended, isPromise } from "../maybe.ts";
import type { MaybePromise, Tier } from "../tier.ts";
import { within } from "../timeout.ts";
import { isAnswer } from "./answers.ts";
import { Breaker } from "./breaker.ts";
import { isPartial } from "./partial-faults.ts";

/** Time budget of a tier that is not `local` and sets none: 2 s. */
const DEFAULT_BUDGET = 2_000;

/**
 * Who looked into the journal in vain for the whole budget is not made to wait again by the read that follows: the tier is
 * left alone for this many milliseconds.
 */
const AFTER_LOOK = 10;

/** Who is told what happens in a guard. */
export interface GuardObserver {
  /** Runs an operation. */
  around<T>(operation: string, call: () => MaybePromise<T>): MaybePromise<T>;
  /** An operation failed or ran out of time. */
  fault(error: TierError, operation: string): void;
  breaker(state: BreakerState): void;
}

/** Runs a tier's operations; a fault is an answer of type {@linkcode TierError}, never thrown. */
export class Guard {
  /** Longest time of one operation in milliseconds. */
  readonly budget: number;
  readonly #name: string;
  readonly #breaker: Breaker;
  readonly #clock: Clock;
  readonly #observer: GuardObserver;
  #lookedInVain = -Infinity;

  /** @throws {ConfigError} for a wrong `timeout` or `breaker` */
  constructor(tier: Tier, clock: Clock, observer: GuardObserver) {
    const { timeout = tier.capabilities.local ? Infinity : DEFAULT_BUDGET, breaker } = tier.options ?? {};
    this.budget = toMilliseconds(timeout, "timeout");
    if (!(this.budget > 0)) throw invalid("timeout", "above 0", timeout);
    this.#name = tier.name;
    this.#clock = clock;
    this.#observer = observer;
    this.#breaker = new Breaker(breaker, (state) => observer.breaker(state));
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /**
   * @param call takes what it may call when a part is done: its time begins anew
   * @param arrived called when the operation ends after its time was over: what it did, it did late
   */
  run<T>(
    operation: string,
    call: (progress: () => void) => MaybePromise<T>,
    arrived?: () => void,
  ): MaybePromise<T | TierError> {
    if (this.#breaker.state !== "closed" && !this.#breaker.allows(this.#clock.now())) {
      return new TierError(this.#name, `Skipped ${operation} as the breaker of tier ${this.#name} is open`);
    }
    if (this.#lookedInVain > 0 && this.#clock.now() - this.#lookedInVain < AFTER_LOOK) {
      return new TierError(this.#name, `Skipped ${operation} as tier ${this.#name} has just not answered in time`);
    }
    let answer: MaybePromise<T>;
    let heardAt = -Infinity;
    const progress = (): void => {
      heardAt = this.#clock.now();
    };
    try {
      answer = this.#observer.around(operation, () => call(progress));
    } catch (error) {
      return this.failed(operation, error);
    }
    if (isPromise(answer)) return this.#within(operation, answer, () => heardAt, arrived);
    return this.#checked(operation, answer);
  }

  /** @param heardAt when a part was done last */
  #within<T>(
    operation: string,
    answer: Promise<T>,
    heardAt: () => number,
    arrived?: () => void,
  ): Promise<T | TierError> {
    let isLate = false;
    // Late, nobody takes the outcome.
    const outcome = Promise.resolve(answer).then(
      (value) => (isLate ? arrived?.() : this.#checked(operation, value)) as T | TierError,
      (error) => (isLate ? arrived?.() : this.failed(operation, error)) as T | TierError,
    );
    const late = (): TierError | Promise<T | TierError> => {
      const left = heardAt() + this.budget - this.#clock.now();
      if (left > 0) return within(outcome, left, this.#clock, late);
      isLate = true;
      if (operation === "journal") this.#lookedInVain = this.#clock.now();
      const message = `Gave up ${operation} of tier ${this.#name} as it must take at most ${this.budget} ms`;
      return this.failed(operation, new TierTimeoutError(message));
    };
    return within(outcome, this.budget, this.#clock, late);
  }

  /** Lets the next operation through, whatever failed a moment ago. */
  retry(): void {
    this.#breaker.retry();
    this.#lookedInVain = -Infinity;
  }

  /** Closes the tier, however it is, and takes as long as that takes. */
  close(tier: Tier): MaybePromise<unknown> {
    return ended(
      () => this.#observer.around("close", () => tier.close?.()),
      () => {},
      (error) => this.failed("close", error),
    );
  }

  /** What a tier has answered, or that it may not. */
  #checked<T>(operation: string, answer: T): T | TierError {
    if (!isAnswer(operation, answer)) return this.failed(operation, noAnswer(operation));
    this.#breaker.succeeded();
    return answer;
  }

  /** Tells of a fault, and answers with it. */
  failed(operation: string, cause: unknown): TierError {
    const error = new TierError(this.#name, `Tier ${this.#name} failed in ${operation}`, { cause });
    this.#observer.fault(error, operation);
    // What is refused here was not asked of the tier.
    if (!(cause instanceof TierLimitError || isPartial(cause))) this.#breaker.failed(this.#clock.now());
    return error;
  }
}

function noAnswer(operation: string): ValueError {
  return new ValueError(
    `Cannot use answer of ${operation} as it must be what the Tier contract says: received another`,
  );
}
