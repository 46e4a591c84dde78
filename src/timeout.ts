/**
 * Bounding work in time.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/**
 * Ends with the work, or after `ms` milliseconds with what `late` returns or throws. The work itself goes on, and what
 * becomes of it then is ignored.
 */
export function within<T>(work: Promise<T>, ms: number, clock: Clock, late: () => T): Promise<T> {
  if (ms === Infinity) return work;
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    }, ms);
    work.then(resolve, reject).then(() => clock.clearTimer(timer));
  });
}
