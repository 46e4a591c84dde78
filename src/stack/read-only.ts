/**
 * Tiers that are only read.
 *
 * @module
 */
import type { SyncTier, Tier, TierOperations } from "../tier.ts";

/** A tier that takes every write without doing it: what it has is served until it ends, whatever is deleted above it. */
export function readOnly(tier: Tier): Tier {
  const { sync, ...rest } = tier;
  return {
    ...rest,
    // A store may have its client only once it is open.
    get client() {
      return tier.client;
    },
    open: (context) => tier.open?.(context),
    ...reading(tier),
    close: () => tier.close?.(),
    ...(sync && { sync: reading(sync) as unknown as SyncTier }),
  };
}

/** One face, which only reads. */
function reading(face: TierOperations<unknown, "async"> | SyncTier): TierOperations<unknown, "async"> {
  return {
    getMany: (keys, options) => face.getMany(keys, options),
    setMany: () => ({ sequence: 0 }),
    deleteMany: (keys) => keys.map(() => false),
    touchMany: (touches) => touches.map(() => false),
    clear() {},
    prune: () => [],
    scan: (options) => face.scan!(options),
    size: (prefix, now) => face.size!(prefix, now),
    ...(face.journal && { journal: (since?: number) => face.journal!(since) }),
  };
}
