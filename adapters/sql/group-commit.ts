/**
 * Group commit: writes that arrive in one tick share one transaction.
 *
 * A transaction costs about as much as ten writes, so a thousand writes that are started together take a fraction of the
 * time. Each caller is answered after COMMIT. While another process holds the lock, the writes wait in the queue and
 * the event loop goes on.
 *
 * @module
 */
import { type Connection, isBusy, pauseBefore } from "./connection.ts";
import type { Plan } from "./driver.ts";

interface Job {
  readonly plan: Plan<unknown>;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Most writes in the queue. One more makes all of them be written, waiting in this thread for a lock if need be. */
const MOST_JOBS = 10_000;

/** The queue of writes of one connection. */
export class GroupCommit {
  readonly #connection: Connection;
  #jobs: Job[] = [];
  #isScheduled = false;
  #timer: unknown;
  /** So many jobs at the head failed together and are now run one by one, that a bad one harms no other. */
  #suspects = 0;
  #attempts = 0;
  #waitsSince = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Runs a plan after those that were added before it; settles after its transaction did. */
  add<T>(plan: Plan<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ plan, resolve, reject });
      if (this.#jobs.length >= MOST_JOBS) {
        this.flush();
      } else if (!this.#isScheduled) {
        this.#isScheduled = true;
        queueMicrotask(() => this.#pump(false));
      }
    });
  }

  /** Writes all that waits now, in this thread. Afterwards every promise is settled or about to be. */
  flush(): void {
    if (this.#jobs.length > 0) this.#pump(true);
  }

  #pump(insisting: boolean): void {
    clearTimeout(this.#timer as number);
    this.#isScheduled = false;
    while (this.#jobs.length > 0) {
      const jobs = this.#suspects > 0 ? this.#jobs.slice(0, 1) : this.#jobs;
      const plans = jobs.map(({ plan }) => plan);
      let answers: unknown[];
      try {
        answers = insisting ? this.#connection.commit(plans) : this.#connection.tryCommit(plans);
      } catch (error) {
        const busy = isBusy(error);
        if (busy && !insisting && this.#retryLater()) return;
        if (!busy && jobs.length > 1) this.#suspects = jobs.length;
        else for (const { reject } of this.#take(jobs.length)) reject(error);
        continue;
      }
      for (const [index, { resolve }] of this.#take(jobs.length).entries()) resolve(answers[index] as never);
    }
  }

  #take(count: number): Job[] {
    this.#attempts = 0;
    this.#suspects = Math.max(0, this.#suspects - count);
    return this.#jobs.splice(0, count);
  }

  /** Schedules another attempt, unless the head of the queue has waited for `busyTimeout`. */
  #retryLater(): boolean {
    const now = performance.now();
    if (this.#attempts++ === 0) this.#waitsSince = now;
    if (now - this.#waitsSince >= this.#connection.busyTimeout) return false;
    this.#isScheduled = true;
    // The system's timer, since another process does not go by our clock; not unref'd, since a caller is waiting.
    this.#timer = setTimeout(() => this.#pump(false), pauseBefore(this.#attempts));
    return true;
  }
}
