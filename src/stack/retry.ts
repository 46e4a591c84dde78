/**
 * When what a tier has refused is tried again.
 *
 * @module
 */
import type { Clock } from "../clock.ts";

/** A timer that is set once until it is due. */
export class Retry {
  /** When it is due. */
  at: number = -Infinity;
  #timer: unknown;

  /** Has `run` called in so many milliseconds, unless that is to be sooner. */
  later(ms: number, clock: Clock, run: () => void): void {
    const now = clock.now();
    if (now < this.at) return;
    this.at = now + ms;
    this.cancel(clock);
    const due = (): void => {
      // A timer may come a moment too early.
      this.at = -Infinity;
      run();
    };
    try {
      this.#timer = clock.setTimer(due, ms, true);
    } catch {
      // Workers have so many timers and no more: the next write after the pause tries it again.
    }
  }

  cancel(clock: Clock): void {
    clock.clearTimer(this.#timer);
  }
}
