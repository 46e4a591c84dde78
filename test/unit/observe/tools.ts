import { defineTier, nullTier, type Tier } from "../../../mod.ts";
import type { LogStore } from "../../../src/observe/mod.ts";

/** A tier that keeps nothing but logs. */
export function nullTierWith(logs: LogStore): Tier {
  return defineTier({ ...nullTier(), logs });
}

export * from "../../contract/mod.ts";
