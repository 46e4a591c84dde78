/**
 * A connection to a database elsewhere: made, and the database brought to our schema, when it is first needed.
 *
 * No promise is kept for others to wait for, unless there are slots: in a Worker what one request has begun may never
 * end for another (where changes wait for each other, they do so in turns that know of lost work). Calls that come together
 * while the database is not known yet each look for themselves.
 *
 * @module
 */
import { CacheClosedError } from "../../src/errors.ts";
import type { MaybePromise } from "../../src/tier.ts";
import { pauseBefore } from "./connection.ts";
import type { AsyncDriver, Plan, Row, Step } from "./driver.ts";
import { isBusy, isUnmade } from "./remote-faults.ts";
import { RemoteQueue } from "./remote-queue.ts";
import { bringUp } from "./remote-schema.ts";

/** What a {@linkcode RemoteConnection} is made of. */
export interface RemoteSettings {
  /** Makes the client where there is none yet. May be called more than once; all but one of its answers are closed. */
  readonly connect: () => MaybePromise<AsyncDriver>;
  /** Whether `close` closes the client. */
  readonly isOwn: boolean;
  /** Nothing is written, not even the schema. */
  readonly readOnly: boolean;
  /**
   * How long to try again while another connection holds the lock, or to wait for a slot, in milliseconds. Less than an
   * operation may take, as it may have to do with less than it wanted then.
   */
  readonly patience: number;
  /** Most requests under way. `Infinity` where no request may wait for another: in a Worker, that of a client of its own. */
  readonly slots: { readonly read: number; readonly write: number };
  /** Most bytes of values in one request. What is more goes in several, each atomic by itself. */
  readonly maxRequestBytes: number;
}

/** Runs plans, one round trip each. */
export class RemoteConnection {
  readonly #settings: RemoteSettings;
  readonly #queues: Readonly<Record<"read" | "write", RemoteQueue>>;
  #driver: AsyncDriver | undefined;
  #isReady = false;
  #isClosed = false;

  constructor(settings: RemoteSettings) {
    this.#settings = settings;
    const { slots, patience, maxRequestBytes: maxBytes } = settings;
    const queue = (mode: "read" | "write"): RemoteQueue =>
      new RemoteQueue({ slots: slots[mode], patience, maxBytes, send: (steps) => this.#send(steps, mode) });
    this.#queues = { read: queue("read"), write: queue("write") };
  }

  /** The client underneath, once it is there. */
  get handle(): unknown {
    return this.#driver?.handle;
  }

  /** The driver, with the database in order. */
  async ready(): Promise<AsyncDriver> {
    const driver = await this.#connected();
    if (!this.#isReady) {
      await this.#insist(() => bringUp(driver, this.#settings.readOnly));
      this.#isReady = true;
    }
    return driver;
  }

  /** Runs a plan in one batch, atomically. */
  async run<T>(plan: Plan<T>, mode: "read" | "write"): Promise<T> {
    return plan.steps.length === 0 ? plan.finish([]) : this.#queues[mode].add(plan);
  }

  async #send(steps: readonly Step[], mode: "read" | "write"): Promise<readonly (readonly Row[])[]> {
    const driver = await this.ready();
    try {
      return await this.#insist(() => driver.batch(steps, mode));
    } catch (error) {
      // Somebody dropped the tables, or put another database in the place of ours.
      if (isUnmade(error)) this.#isReady = false;
      throw error;
    }
  }

  close(): MaybePromise<void> {
    this.#isClosed = true;
    const driver = this.#driver;
    this.#driver = undefined;
    if (this.#settings.isOwn) return driver?.close();
  }

  async #connected(): Promise<AsyncDriver> {
    if (this.#driver !== undefined) return this.#driver;
    const driver = await this.#settings.connect();
    if (this.#driver === undefined && !this.#isClosed) return (this.#driver = driver);
    if (this.#settings.isOwn) await driver.close();
    if (this.#driver !== undefined) return this.#driver;
    throw new CacheClosedError("Cannot use store as it must be open: received a call that close overtook");
  }

  /** Repeats `run` while another connection holds the lock. By the system's clock, as the other does not go by ours. */
  async #insist<T>(run: () => Promise<T>): Promise<T> {
    const end = performance.now() + this.#settings.patience;
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= end) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseBefore(attempt)));
      }
    }
  }
}
