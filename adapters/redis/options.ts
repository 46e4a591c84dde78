/**
 * Checks of options that the adapters of Redis share.
 *
 * @module
 */
import { toMilliseconds } from "../../src/duration.ts";
import type { TierOptions } from "../../src/tier.ts";
import { fault, text } from "../options.ts";

/** Time budget of one operation where none is set, in milliseconds: that of the cache. */
const BUDGET = 2_000;

/** How long an operation may take, in milliseconds. */
export function budgetOf({ timeout = BUDGET }: TierOptions): number {
  return toMilliseconds(timeout, "timeout");
}

/** What the names of keys and channels begin with. Braces would move the hash tag that puts a cache into one slot. */
export function readPrefix(given: string = "tiercel"): string {
  const prefix = text("prefix", given);
  if (/[{}\0\p{Surrogate}]/u.test(prefix)) throw fault("prefix", "without { } NUL and lone surrogates", prefix);
  return prefix;
}
