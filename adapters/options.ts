/**
 * Checks of options that all adapters share. Each throws a {@linkcode ConfigError} that names the option.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "../src/duration.ts";
import { ConfigError, checkOptions, describe } from "../src/errors.ts";
import type { TierOptions, WritePolicy } from "../src/tier.ts";

/** The options that every tier has, checked and frozen, without those of the adapter. */
export function tierOptions(options: TierOptions): TierOptions {
  checkOptions(options);
  const { name, ttl, write, timeout, breaker } = options;
  const checked: TierOptions = {};
  if (name !== undefined) checked.name = name;
  if (ttl !== undefined) {
    time("ttl", ttl, 1);
    checked.ttl = ttl;
  }
  if (write !== undefined) checked.write = oneOf<WritePolicy>("write", write, ["through", "behind", "around"]);
  if (timeout !== undefined) {
    time("timeout", timeout, 1);
    checked.timeout = timeout;
  }
  if (breaker !== undefined) {
    if (breaker !== false && (typeof breaker !== "object" || breaker === null))
      throw fault("breaker", "false or an object", breaker);
    checked.breaker = breaker === false ? false : Object.freeze({ ...breaker });
  }
  return Object.freeze(checked);
}

/** A string that is not empty. */
export function text(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw fault(option, "a string that is not empty", value);
}

/** `true` or `false`. */
export function flag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw fault(option, "true or false", value);
}

/** One of some strings. */
export function oneOf<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw fault(option, choices.map((choice) => `"${choice}"`).join(" or "), value);
}

/** A duration in milliseconds, at least `least`. */
export function time(option: string, value: Duration, least: number): number {
  const ms = toMilliseconds(value, option);
  if (ms >= least) return ms;
  throw fault(option, `at least ${least} ms`, value);
}

/** The error of a wrong option: `what` it must be, and what was received. */
export function fault(option: string, what: string, received: unknown): ConfigError {
  return new ConfigError(option, `Cannot use ${option} as it must be ${what}: received ${describe(received)}`);
}
