/**
 * Broken stores: a run with one of these must be found out.
 *
 * @module
 */
import { type Change, defineTier, type Tier } from "../../../mod.ts";

/** How long a mutation goes on after it was acknowledged, in milliseconds. */
const DELAY = 20;

/** Tells nothing of the changes that `hears` leaves out. */
function deaf(hears: (change: Change) => boolean): (tier: Tier) => Partial<Tier> {
  return (tier) => ({
    journal: async (since) => {
      const page = await tier.journal!(since);
      return { ...page, changes: page.changes?.filter(hears) };
    },
  });
}

const FAULTS = {
  none: (): Partial<Tier> => ({}),
  /** Stores what was loaded before a mutation. */
  unfenced: (tier: Tier): Partial<Tier> => ({
    capabilities: { ...tier.capabilities, sync: false, leases: false },
    setMany: (writes, now) =>
      tier.setMany(
        writes.map(({ lease: _, ...write }) => write),
        now,
      ),
  }),
  /** Acknowledges an invalidation by tag before it is done. */
  hasty: (tier: Tier): Partial<Tier> => ({
    invalidate(invalidation) {
      setTimeout(() => tier.invalidate!(invalidation), DELAY);
      return Math.max(invalidation.now, invalidation.after + 1);
    },
  }),
  /** Acknowledges a deletion before it is done. */
  hastyDeletion: (tier: Tier): Partial<Tier> => ({
    deleteMany(keys, now) {
      setTimeout(() => tier.deleteMany(keys, now), DELAY);
      return keys.map(() => true);
    },
  }),
  deafToKeys: deaf(({ by }) => by !== "keys"),
  deafToPrefixes: deaf(({ by }) => by !== "prefix"),
  deafToTags: deaf(({ by }) => by !== "tags"),
};

/** Name of a fault. */
export type FaultName = keyof typeof FAULTS;

/** A tier with a fault. */
export function broken(inner: Tier, fault: FaultName): Tier {
  // Without the synchronous face, which would go past the fault.
  const { sync: _, ...tier } = inner;
  return defineTier({
    ...tier,
    capabilities: { ...inner.capabilities, sync: false },
    ...FAULTS[fault](inner),
  });
}
