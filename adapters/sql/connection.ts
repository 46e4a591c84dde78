/**
 * A connection in this process: runs plans in transactions and deals with other processes that hold the lock.
 *
 * @module
 */
import type { Change } from "../../src/tier.ts";
import type { Plan, Row, SqlValue, Step, SyncDriver } from "./driver.ts";
import type { Journal } from "./journal.ts";
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

const NO_ROWS: readonly Row[] = [];

/** A driver with patience. */
export class Connection {
  readonly driver: SyncDriver;
  /** How long to wait for a lock, in milliseconds. */
  readonly busyTimeout: number;
  /** Where the changes of each transaction are told, within it. */
  journal: Journal | undefined;
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
    const { driver, journal } = this;
    const changes: Change[] = [];
    let rows = 0;
    const answers = driver.transaction(() => {
      // Every write asks for the sequence: read once, as within a transaction only an invalidation changes it.
      let sequence: readonly Row[] | undefined;
      // Every write revokes leases: whether there are any is asked once, as within a transaction only a plan that takes
      // leases makes some. A plan by itself revokes at once, which costs no more than to ask.
      let isNone = plans.length > 1 ? undefined : false;
      const run = (step: Step): readonly Row[] => {
        const { sql, args, given } = step;
        if (step === SEQUENCE) return (sequence ??= driver.all(sql, args));
        if (given !== undefined) isNone ??= driver.all(given.sql, given.args).length === 0;
        return given !== undefined && isNone ? NO_ROWS : driver.all(sql, args);
      };
      const all = plans.map((plan) => {
        if (plan.bumps) sequence = undefined;
        const answer = plan.finish(plan.steps.map(run));
        if (plan.leases) isNone = undefined;
        if (journal !== undefined && plan.changes !== undefined) changes.push(plan.changes(answer));
        return answer;
      });
      if (changes.length > 0) {
        const steps = journal!.steps(changes);
        for (const { sql, args } of steps) driver.all(sql, args);
        rows = steps.length;
      }
      return all;
    });
    if (changes.length > 0) journal!.committed(changes, rows);
    return answers;
  }

  /** How long SQLite itself waits for a lock. Set only when it changes, as the statement costs half a microsecond. */
  #wait(ms: number): void {
    if (!this.#isOwn || this.#patience === ms) return;
    this.driver.exec(`PRAGMA busy_timeout = ${Math.min(ms, 2_147_483_647)}`);
    this.#patience = ms;
  }
}
