/**
 * A tier that keeps nothing.
 *
 * @module
 */
import { defineTier } from "./define-tier.ts";
import type { SyncTier, Tier } from "./tier.ts";

/** A tier that never stores, for switching a cache off while everything that uses it goes on working. */
export function nullTier(): Tier {
  const operations: SyncTier = {
    getMany: (keys) => ({ entries: keys.map(() => undefined) }),
    setMany: () => ({ sequence: 0 }),
    deleteMany: (keys) => keys.map(() => false),
    clear() {},
    scan: () => ({ keys: [] }),
    size: () => 0,
  };
  return defineTier({
    name: "null",
    capabilities: { sync: true, keys: true, local: true },
    sync: operations,
    ...operations,
  });
}
