/**
 * Time, injectable.
 *
 * @module
 */

/** Where a cache gets its time and its timers from. Tests inject the fake clock of `tiercel/testing`. */
export interface Clock {
  /** Milliseconds since the epoch. Must never go back. */
  now(): number;
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
    const elapsed = steady();
    const ahead = wall() - elapsed;
    // Below half a millisecond it is the rounding of the two clocks, not a step.
    if (ahead > offset + 0.5) offset = ahead;
    return elapsed + offset;
  };
}

let systemNow: (() => number) | undefined;

/** The default {@linkcode Clock}. */
export const systemClock: Clock = {
  now() {
    systemNow ??= monotonicClock(Date.now, () => performance.now());
    return Math.floor(systemNow());
  },
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
