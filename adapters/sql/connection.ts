/**
 * A connection in this process: runs plans in transactions and deals with other processes that hold the lock.
 *
 * @module
 */
import type { Plan, Row, SqlValue, Step, SyncDriver } from "./driver.ts";
import { SEQUENCE } from "./reads.ts";
import { BUSY, resultCode } from "./result-codes.ts";

/** Longest pause between two attempts to get a lock, in milliseconds. */
const LONGEST_PAUSE = 25;

/** The pause before attempt number `attempt` (from 1) to get a lock, in milliseconds. */
export function pauseBefore(attempt: number): number {
  return Math.min(LONGEST_PAUSE, 2 ** (attempt - 1));
}

/** Whether an error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/**
 * Repeats `run` while another process holds the lock, at most for `busyTimeout` milliseconds, in which this thread
 * stands still. It goes by real time, as the other process does.
 */
export function insist<T>(busyTimeout: number, run: () => T): T {
  const end = performance.now() + busyTimeout;
  for (let attempt = 1; ; attempt++) {
    try {
      return run();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseBefore(attempt));
    }
  }
}

/** A driver with patience. */
export class Connection {
  readonly driver: SyncDriver;
  /** How long to wait for a lock, in milliseconds. */
  readonly busyTimeout: number;
  readonly #isOwn: boolean;
  #patience: number | undefined;

  /** @param isOwn whether the handle is ours: only then its busy time-out is changed */
  constructor(driver: SyncDriver, busyTimeout: number, isOwn: boolean) {
    this.driver = driver;
    this.busyTimeout = busyTimeout;
    this.#isOwn = isOwn;
  }

  /** Rows of one reading statement. In WAL mode readers wait for nobody, except while a file is opened or closed. */
  all(sql: string, args: readonly SqlValue[]): readonly Row[] {
    try {
      return this.driver.all(sql, args);
    } catch (error) {
      if (!isBusy(error)) throw error;
      this.#wait(this.busyTimeout);
      return insist(this.busyTimeout, () => this.driver.all(sql, args));
    }
  }

  /** Runs a plan that only reads. */
  read<T>(plan: Plan<T>): T {
    return plan.finish(plan.steps.map(({ sql, args }) => this.all(sql, args)));
  }

  /** Runs plans in one transaction, waiting for the lock in this thread; all or none take effect. */
  commit(plans: readonly Plan<unknown>[]): unknown[] {
    this.#wait(this.busyTimeout);
    return insist(this.busyTimeout, () => this.#transaction(plans));
  }

  /** As {@linkcode commit}, but throws at once when another process holds the lock. */
  tryCommit(plans: readonly Plan<unknown>[]): unknown[] {
    this.#wait(0);
    return this.#transaction(plans);
  }

  #transaction(plans: readonly Plan<unknown>[]): unknown[] {
    const { driver } = this;
    return driver.transaction(() => {
      // Every write asks for the sequence: read once, as within a transaction only an invalidation changes it.
      let sequence: readonly Row[] | undefined;
      const run = (step: Step): readonly Row[] => {
        if (step !== SEQUENCE) return driver.all(step.sql, step.args);
        sequence ??= driver.all(step.sql, step.args);
        return sequence;
      };
      return plans.map((plan) => {
        if (plan.bumps) sequence = undefined;
        return plan.finish(plan.steps.map(run));
      });
    });
  }

  /** How long SQLite itself waits for a lock. Set only when it changes, as the statement costs half a microsecond. */
  #wait(ms: number): void {
    if (!this.#isOwn || this.#patience === ms) return;
    this.driver.exec(`PRAGMA busy_timeout = ${Math.min(ms, 2_147_483_647)}`);
    this.#patience = ms;
  }
}
