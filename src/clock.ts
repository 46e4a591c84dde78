/**
 * Time, injectable.
 *
 * @module
 */

/** Where a cache gets its time and its timers from. Tests inject the fake clock of `tiercel/testing`. */
export interface Clock {
  /** Milliseconds since the epoch. Must never go back. */
  now(): number;
  /** The same, but it may be the time at which this turn of the event loop began: tells whether a hit in memory is over, and when an entry without an end was made. Default {@linkcode Clock.now}. */
  coarse?(): number;
  /** Calls `callback` after `ms` milliseconds; a background timer must not keep the process alive. */
  setTimer(callback: () => void, ms: number, background?: boolean): unknown;
  /** Cancels a timer. */
  clearTimer(timer: unknown): void;
}

// The global timers, whose handle is a number in browsers and an object with unref() in Node, Bun and Deno.
declare function setTimeout(callback: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

/**
 * The system's clock, made monotonic.
 *
 * It follows the wall clock forward (a suspended laptop must expire its entries) but never back: while the wall clock
 * stands behind, time goes on by the monotonic clock. So a clock that is set back neither revives an expired
 * entry nor makes one immortal.
 */
export function monotonicClock(wall: () => number, steady: () => number): () => number {
  let offset = -Infinity;
  return () => {
    // In this order, or a thread that is held up between the two would put the clock ahead for good.
    const time = wall();
    const elapsed = steady();
    const ahead = time - elapsed;
    // Below half a millisecond it is the rounding of the two clocks, not a step.
    if (ahead > offset + 0.5) offset = ahead;
    return elapsed + offset;
  };
}

/** Longest time for which the wall clock is taken alone, in milliseconds. */
const UNCHECKED = 20;

/**
 * The same in whole milliseconds, at the price of one clock instead of two, which together cost as much as a hit in
 * memory: while the wall clock goes forward it is taken alone, and compared with the other one every 20 ms. A step of
 * the wall clock of less than that may stay unseen for as long.
 *
 * @param wall in whole milliseconds
 */
export function thriftyClock(wall: () => number, steady: () => number): () => number {
  const exact = monotonicClock(wall, steady);
  let latest = 0;
  let due = 0;
  return () => {
    const time = wall();
    if (time < latest || time >= due) {
      due = time + UNCHECKED;
      latest = Math.max(latest, Math.floor(exact()));
      return latest;
    }
    if (time > latest) latest = time;
    return time;
  };
}

/** Readings for which a time is taken again at most. */
const READINGS = 64;

/**
 * The same time again for all who ask in one turn of the event loop, since reading the clock takes as long as a hit in
 * memory: until a timer says that the turn is over, and for 64 readings at most where it goes on for long.
 *
 * @param later calls back in the next turn
 * @param isFixed whether time may be kept now
 */
export function turnClock(
  now: () => number,
  later: (callback: () => void) => void,
  isFixed: () => boolean,
): () => number {
  let time = 0;
  let left = 0;
  let isWaiting = false;
  const forget = (): void => {
    left = 0;
    isWaiting = false;
  };
  return () => {
    if (left > 0 && isFixed()) {
      left--;
      return time;
    }
    time = now();
    if (isFixed()) {
      left = READINGS;
      if (!isWaiting) later(forget);
      isWaiting = true;
    }
    return time;
  };
}

/** Edge runtimes end a request's timers with the request and forbid them outside of one. */
export function hasTimers(): boolean {
  const { EdgeRuntime, navigator } = globalThis as { EdgeRuntime?: unknown; navigator?: { userAgent?: string } };
  return EdgeRuntime === undefined && navigator?.userAgent !== "Cloudflare-Workers";
}

const RealDate = Date;
let canWait: boolean | undefined;

const exact = /* @__PURE__ */ thriftyClock(
  () => Date.now(),
  () => performance.now(),
);

/** The default {@linkcode Clock}. */
export const systemClock: Clock = {
  now: exact,
  coarse: /* @__PURE__ */ turnClock(
    exact,
    (callback) => systemClock.setTimer(callback, 0, true),
    // Tests that set the time do so by another Date.
    () => Date === RealDate && (canWait ??= hasTimers()),
  ),
  setTimer(callback, ms, background) {
    // Timers hold at most 2^31 - 1 ms; longer ones would fire at once.
    const timer = setTimeout(callback, Math.min(ms, 2_147_483_647));
    if (background) (timer as { unref?: () => void }).unref?.();
    return timer;
  },
  clearTimer(timer) {
    clearTimeout(timer);
  },
};
