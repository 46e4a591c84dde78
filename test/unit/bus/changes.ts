import type { Cache } from "../../../mod.ts";
import { MUTATIONS } from "../cache/coherence.ts";

/** What one cache may do to `k` that others must hear of. */
export const CHANGES: Record<string, (cache: Cache) => Promise<unknown>> = {
  ...MUTATIONS,
  "touch to a later end": (cache) => cache.touch("k", { ttl: "1h" }),
  "invalidatePattern by an expression": (cache) => cache.invalidatePattern(/^k$/i),
};
