/**
 * A circuit breaker: a tier that fails again and again is left alone for a while.
 *
 * @module
 */
import { toMilliseconds } from "../duration.ts";
import { invalid } from "../errors.ts";
import type { BreakerState } from "../events.ts";
import type { TierOptions } from "../tier.ts";

/**
 * Closed until `failures` faults fall within `window`; then open for `cooldown`; then half-open, where one operation
 * is let through as a probe and its outcome closes or opens the breaker again.
 */
export class Breaker {
  state: BreakerState = "closed";
  readonly #limit: number;
  readonly #window: number;
  readonly #cooldown: number;
  readonly #changed: (state: BreakerState) => void;
  #faults: number[] = [];
  #retryAt = 0;

  /** @throws {ConfigError} for a limit or time that is not above 0 */
  constructor(options: TierOptions["breaker"], changed: (state: BreakerState) => void) {
    if (options !== undefined && options !== false && (typeof options !== "object" || options === null)) {
      throw invalid("breaker", "false or an object", options);
    }
    const { failures = 5, window = "10s", cooldown = "5s" } = options || {};
    this.#limit = options === false ? Infinity : positive("breaker.failures", failures);
    this.#window = positive("breaker.window", toMilliseconds(window, "breaker.window"));
    this.#cooldown = positive("breaker.cooldown", toMilliseconds(cooldown, "breaker.cooldown"));
    this.#changed = changed;
  }

  /** Whether an operation may go through now. In half-open state the first to ask is the probe. */
  allows(now: number): boolean {
    if (this.state === "closed") return true;
    // A probe that never answers (its caller went away) is replaced after another cooldown.
    if (now < this.#retryAt) return false;
    this.#retryAt = now + this.#cooldown;
    this.#become("half-open");
    return true;
  }

  /** The next operation goes through, however short ago the last one failed. */
  retry(): void {
    this.#retryAt = -Infinity;
  }

  succeeded(): void {
    if (this.state === "closed") return;
    this.#faults = [];
    this.#become("closed");
  }

  failed(now: number): void {
    if (this.state !== "half-open") {
      this.#faults = this.#faults.filter((time) => time > now - this.#window);
      this.#faults.push(now);
      if (this.#faults.length < this.#limit) return;
    }
    this.#faults = [];
    this.#retryAt = now + this.#cooldown;
    this.#become("open");
  }

  #become(state: BreakerState): void {
    if (this.state === state) return;
    this.state = state;
    this.#changed(state);
  }
}

function positive(option: string, value: number): number {
  if (typeof value === "number" && value > 0) return value;
  throw invalid(option, "above 0", value);
}
