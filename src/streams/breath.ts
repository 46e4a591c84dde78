/**
 * Letting others have their turn. Where source, store and reader all have at hand what is asked for, a stream would go through from its first byte
 * to its last without any timer or socket of the program being heard.
 *
 * @module
 */
import { type Clock, systemClock } from "../clock.ts";

/** Longest time without a breath, in milliseconds. */
const STRETCH = 10;

/**
 * To be called again and again during long work: now and then what it answers is to be waited for. Not under a clock of the user's own, whose time
 * may stand still until all of this is done.
 */
export function breathing(clock: Clock): () => Promise<void> | undefined {
  if (clock !== systemClock) return () => undefined;
  let last = clock.now();
  return () => {
    if (clock.now() - last < STRETCH) return undefined;
    return new Promise((resolve) => {
      clock.setTimer(() => {
        last = clock.now();
        resolve();
      }, 0);
    });
  };
}
