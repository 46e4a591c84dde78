/**
 * Tiers that are only read.
 *
 * @module
 */
import type { Tier } from "../tier.ts";

/** A tier that takes every write without doing it: what it has is served until it ends, whatever is deleted above it. */
export function readOnly(tier: Tier): Tier {
  const { sync: _, journal, ...rest } = tier;
  return {
    ...rest,
    // A store may have its client only once it is open.
    get client() {
      return tier.client;
    },
    open: (context) => tier.open?.(context),
    getMany: (keys, options) => tier.getMany(keys, options),
    setMany: () => ({ sequence: 0 }),
    deleteMany: (keys) => keys.map(() => false),
    touchMany: (touches) => touches.map(() => false),
    clear() {},
    prune: () => [],
    scan: (options) => tier.scan!(options),
    size: (prefix, now) => tier.size!(prefix, now),
    close: () => tier.close?.(),
    ...(journal && { journal: (since?: number) => tier.journal!(since) }),
  };
}
