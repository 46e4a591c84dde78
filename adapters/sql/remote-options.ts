/**
 * Options that the adapters of databases elsewhere share.
 *
 * @module
 */
import { toMilliseconds } from "../../src/duration.ts";
import type { TierOptions } from "../../src/tier.ts";
import { fault } from "../options.ts";

const MAX_KEY_LENGTH = 512;

/** Of the longest keys a list of a batch still fits into one parameter. */
const MOST_KEY_LENGTH = 2_048;

/** Time budget of one operation where none is set, in milliseconds: that of the cache. */
const BUDGET = 2_000;

/** The longest key in bytes. */
export function keyLimit(maxKeyLength: number = MAX_KEY_LENGTH): number {
  if (Number.isSafeInteger(maxKeyLength) && maxKeyLength >= 1 && maxKeyLength <= MOST_KEY_LENGTH) return maxKeyLength;
  throw fault("maxKeyLength", `an integer from 1 to ${MOST_KEY_LENGTH}`, maxKeyLength);
}

/** How long an operation may take, in milliseconds. */
export function budgetOf({ timeout = BUDGET }: TierOptions): number {
  return toMilliseconds(timeout, "timeout");
}
