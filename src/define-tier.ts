/**
 * Finishes a tier.
 *
 * @module
 */
import { checkOptions, methods } from "./errors.ts";
import { newStack } from "./stack/stack.ts";
import type { Tier } from "./tier.ts";

/**
 * Finishes a tier, so that it can be used in `createCache`: brings along the time budget, the breaker, the replay of
 * missed invalidations and the stack itself. Every adapter's factory calls it; `memory()` alone does without, which
 * keeps a cache of memory alone small.
 *
 * @throws {ConfigError} for what is no tier
 */
export function defineTier<T extends Tier>(tier: T): T {
  methods("tier", tier ?? null, "getMany", "setMany", "deleteMany", "clear");
  checkOptions(tier.capabilities, "capabilities");
  return Object.defineProperty(tier, "stack", { value: newStack });
}
