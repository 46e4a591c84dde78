/**
 * Bounding work in time.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { settle } from "./maybe.ts";

/**
 * Ends with the work, or after `ms` milliseconds, which may be over already, with what `late` returns or throws. The work itself goes on, and what
 * becomes of it then is ignored.
 */
export function within<T>(work: Promise<T>, ms: number, clock: Clock, late: () => T | Promise<T>): Promise<T> {
  if (ms === Infinity) return work;
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => resolve(settle(late)), Math.max(0, ms));
    work.then(
      (value) => {
        resolve(value);
        clock.clearTimer(timer);
      },
      (error) => {
        reject(error);
        clock.clearTimer(timer);
      },
    );
  });
}

/** Ends with the work, or with the reason of the signal when that aborts. The work itself goes on. */
export function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  aborted?: (reason: unknown) => void,
): Promise<T> {
  if (!signal?.addEventListener) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      aborted?.(signal.reason);
    };
    // An aborted one tells no more.
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    work.then(resolve, reject).then(() => signal.removeEventListener("abort", abort));
  });
}
