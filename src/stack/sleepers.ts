/**
 * Sleeping until a time or until something is told of a key, with one timer for all.
 *
 * @module
 */
import { type Clock, hasTimers } from "../clock.ts";

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Those who wake less than this after the first wake with it, in milliseconds, so that they can share a round trip. */
const TOGETHER = 5;

/** Callers that sleep, by key. */
export class Sleepers {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Set<Sleeper>>();
  #timer: { readonly at: number; readonly handle: unknown } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends after `ms` milliseconds, or when the key is woken. */
  sleep(key: string, ms: number): Promise<void> {
    return new Promise((wake) => {
      const until = this.#clock.now() + ms;
      const sleepers = this.#byKey.get(key) ?? new Set();
      this.#byKey.set(key, sleepers.add({ until, wake }));
      if (hasTimers()) this.#arm(until);
      // The timer of a request ends with it, and would wake nobody else.
      else this.#clock.setTimer(() => this.#fire(), ms);
    });
  }

  /** Wakes who sleeps on these keys; without keys, all. */
  wake(keys: Iterable<string> = this.#byKey.keys()): void {
    if (this.#byKey.size === 0) return;
    for (const key of [...keys]) {
      for (const { wake } of this.#byKey.get(key) ?? []) wake();
      this.#byKey.delete(key);
    }
    this.#disarm();
  }

  #arm(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    if (this.#timer) this.#clock.clearTimer(this.#timer.handle);
    // Somebody waits for this, so it may keep the process alive.
    this.#timer = { at, handle: this.#clock.setTimer(() => this.#fire(), Math.max(0, at - this.#clock.now())) };
  }

  #disarm(): void {
    if (this.#byKey.size > 0 || !this.#timer) return;
    this.#clock.clearTimer(this.#timer.handle);
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    const end = this.#clock.now() + TOGETHER;
    let next = Infinity;
    for (const [key, sleepers] of this.#byKey) {
      for (const sleeper of sleepers) {
        if (sleeper.until <= end) {
          sleepers.delete(sleeper);
          sleeper.wake();
        } else next = Math.min(next, sleeper.until);
      }
      if (sleepers.size === 0) this.#byKey.delete(key);
    }
    if (next !== Infinity && hasTimers()) this.#arm(next);
  }
}
