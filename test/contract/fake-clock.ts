/**
 * A clock that stands still until it is told to move, for tests without sleeps.
 *
 * @module
 */

import type { Clock } from "../../src/clock.ts";
import { monotonicClock } from "../../src/clock.ts";
import type { Duration } from "../../src/duration.ts";
import { toMilliseconds } from "../../src/duration.ts";
import { ConfigError } from "../../src/errors.ts";
import { settle } from "./settle.ts";

/** Where {@linkcode fakeClock} starts: 2033-05-18T03:33:20Z, ahead of real clocks, so that a store does not expire by its own. */
export const FAKE_START = 2_000_000_000_000;

// As in browsers and Node: a longer timer would fire at once, so the system clock cuts it (see src/clock.ts).
const LONGEST_TIMER = 2_147_483_647;

// A timer that sets itself again with no delay would never let time go on.
const MOST_WITHOUT_DELAY = 1000;

/**
 * A {@linkcode Clock} under the control of a test. Like the system's, it is made of two clocks: a wall clock, which can
 * be set, and a steady one, which runs the timers and only moves by {@linkcode FakeClock.advance}. `now()` is both of
 * them through `monotonicClock`, so it never goes back.
 */
export interface FakeClock extends Clock {
  /**
   * Lets `duration` pass on both clocks. Timers fire in the order of their time (then of their making), those that are
   * set on the way included; before, between and after them everything that waits for promises alone gets its turn.
   *
   * Rejects with what a timer's callback throws; time stands at that timer then.
   *
   * @throws {ConfigError} when the duration is negative or not finite, while another `advance` runs, or when timers
   * without delay never end
   */
  advance(duration: Duration): Promise<void>;
  /** Moves the wall clock by `ms`, forward or back (NTP, a suspended laptop). Timers neither fire nor come closer. */
  stepWall(ms: number): void;
  /** Moves the wall clock to `ms` since the epoch; see {@linkcode FakeClock.stepWall}. */
  set(ms: number): void;
  /** What the wall clock shows, in milliseconds since the epoch. */
  wall(): number;
  /** Milliseconds that have passed on the steady clock. */
  steady(): number;
  /** Resolves after `duration`, in the foreground: for loaders that take their time. */
  sleep(duration: Duration): Promise<void>;
  /** Lets everything run that waits for promises alone, without letting time pass. */
  settle(): Promise<void>;
  /** Number of timers that wait to fire. */
  readonly pendingTimers: number;
  /** Number of those that would keep a process alive. */
  readonly foregroundTimers: number;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  readonly background: boolean;
  readonly delay: number;
}

/**
 * Makes a {@linkcode FakeClock}.
 *
 * @param start milliseconds since the epoch; default {@linkcode FAKE_START}
 *
 * @example
 * ```ts
 * import { fakeClock } from "tiercel/testing";
 *
 * const clock = fakeClock();
 * let rang = false;
 * clock.setTimer(() => { rang = true; }, 60_000);
 * await clock.advance("1m");
 * console.log(rang); // true
 * ```
 */
export function fakeClock(start: number = FAKE_START): FakeClock {
  let elapsed = 0;
  let shift = 0;
  let advancing = false;
  const timers = new Set<Timer>();
  const wall = () => start + shift + elapsed;
  const monotonic = monotonicClock(wall, () => elapsed);
  monotonic();

  function next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) if (timer.due <= end && (!first || timer.due < first.due)) first = timer;
    return first;
  }

  const clock: FakeClock = {
    now: () => Math.floor(monotonic()),
    setTimer(callback, ms, background = false) {
      const delay = ms > 0 ? Math.min(ms, LONGEST_TIMER) : 0;
      const timer: Timer = { due: elapsed + delay, delay, callback, background };
      timers.add(timer);
      return timer;
    },
    clearTimer(timer) {
      timers.delete(timer as Timer);
    },
    async advance(duration) {
      const ms = toMilliseconds(duration, "duration");
      if (!(ms >= 0 && ms < Infinity)) {
        throw new ConfigError(
          "duration",
          `Cannot advance the clock as duration must be at least 0 and finite: received ${ms}`,
        );
      }
      if (advancing) {
        throw new ConfigError("duration", "Cannot advance the clock as it is advancing already: await the call before");
      }
      advancing = true;
      try {
        await settle();
        const end = elapsed + ms;
        let withoutDelay = 0;
        for (let timer = next(end); timer; timer = next(end)) {
          timers.delete(timer);
          if (timer.due > elapsed) withoutDelay = 0;
          else if (timer.delay === 0) withoutDelay += 1;
          if (withoutDelay > MOST_WITHOUT_DELAY) {
            throw new ConfigError(
              "duration",
              `Cannot advance the clock as timers without delay must end: ran ${withoutDelay} at one moment`,
            );
          }
          elapsed = Math.max(elapsed, timer.due);
          timer.callback();
          await settle();
        }
        elapsed = end;
        await settle();
      } finally {
        advancing = false;
      }
    },
    stepWall(ms) {
      shift += ms;
    },
    set(ms) {
      shift += ms - wall();
    },
    wall,
    steady: () => elapsed,
    async sleep(duration) {
      const ms = toMilliseconds(duration, "duration");
      await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
    },
    settle,
    get pendingTimers() {
      return timers.size;
    },
    get foregroundTimers() {
      return [...timers].filter((timer) => !timer.background).length;
    },
  };
  return clock;
}
