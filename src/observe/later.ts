/**
 * Timers of observers.
 *
 * @module
 */
import { hasTimers, systemClock } from "../clock.ts";
import type { Engine } from "../engine.ts";

/** Calls back later, by a timer that keeps no process alive; `null` where the runtime has none. An injected clock has its own everywhere. */
export function later({ options: { clock } }: Engine, callback: () => void, ms: number): unknown {
  return clock !== systemClock || hasTimers() ? clock.setTimer(callback, ms, true) : null;
}
