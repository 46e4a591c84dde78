/**
 * Removes what has expired in the background.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import type { Store } from "./store.ts";

/** Steps of one sweep, so that it never holds up other work for long. */
const STEPS = 10;

/** Sweeps on a timer that starts with the first entry that can expire, and keeps no process alive. */
export class Sweeper {
  readonly #engine: Engine;
  readonly #store: Store;
  #timer: unknown;
  #stopped = false;

  constructor(engine: Engine, store: Store) {
    this.#engine = engine;
    this.#store = store;
  }

  start(): void {
    const { clock, sweepInterval } = this.#engine.options;
    if (this.#timer !== undefined || this.#stopped || sweepInterval === 0 || sweepInterval === Infinity) return;
    this.#timer = clock.setTimer(() => this.#engine.background(this.#sweep(), "sweep"), sweepInterval, true);
  }

  async #sweep(): Promise<void> {
    try {
      await this.#store.prune(STEPS);
    } finally {
      this.#timer = undefined;
      this.start();
    }
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.#engine.options.clock.clearTimer(this.#timer);
  }
}
