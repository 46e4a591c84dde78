import type { SyncTier, Tier, TierOperations } from "../../../src/tier.ts";
import type { ContractTier, MapData, TestCase } from "../../contract/mod.ts";
import { AssertionError, mapData, mapTier, ok, rejects, suite, tierContract } from "../../contract/mod.ts";

/** The reference tier, to be broken: its store and its own right operations. */
export interface Whole {
  readonly data: MapData;
  readonly right: Required<SyncTier>;
}

/** What is wrong with a tier. Operations go to both faces, the rest to the tier. */
export type Breakage = Partial<TierOperations<unknown, "async">> &
  Partial<Pick<Tier, "prepare" | "capabilities" | "sync" | "open" | "close" | "fresh">>;

/** A tier that is wrong in one way. */
export function broken(breakage: (whole: Whole) => Breakage, data: MapData = mapData()): Tier {
  const tier = mapTier({ data });
  const change = breakage({ data, right: tier.sync as Required<SyncTier> });
  const {
    prepare: _prepare,
    capabilities: _capabilities,
    sync: _sync,
    open: _open,
    close: _close,
    fresh: _fresh,
    ...operations
  } = change;
  return { ...tier, sync: { ...tier.sync, ...operations } as SyncTier, ...change };
}

/** The factory of a broken tier over a store that can be opened again. */
export function brokenContract(breakage: (whole: Whole) => Breakage): () => ContractTier {
  return () => {
    const data = mapData();
    return {
      tier: broken(breakage, data),
      reopen: () => broken(breakage, data),
      loseTags: (tags) => {
        for (const tag of tags) data.tags.delete(tag);
      },
      flood: () => flood(data),
    };
  };
}

/** As many changes of another opener as the journal holds. */
export function flood(data: MapData): void {
  const { sync } = mapTier({ data });
  for (let change = 0; change < data.journalLimit; change++) sync!.deleteMany([`k${change}`], 0);
}

/** What a broken tier throws, so that a mistake in the tests does not count as a catch. */
export class BrokenTierError extends Error {
  override name = "BrokenTierError";
}

/** A broken tier and the test of the contract that must catch it. */
export interface Mutant {
  readonly caughtBy: string;
  readonly breakage: (whole: Whole) => Breakage;
  readonly copies?: boolean;
}

/** One test per mutant: the named test of the contract fails on it. */
export function mutants(broken: Record<string, Mutant>): TestCase[] {
  return suite(
    "tierContract",
    Object.fromEntries(
      Object.entries(broken).map(([what, { caughtBy, breakage, copies }]) => [
        `catches a tier that ${what}`,
        async () => {
          const cases = tierContract({
            name: "m",
            create: brokenContract(breakage),
            ...(copies !== undefined && { copies }),
          });
          const found = cases.find(({ name }) => name === `m: ${caughtBy}`);
          ok(found, `there must be a test named ${JSON.stringify(caughtBy)}`);
          const error = await rejects(async () => found.run(), Error);
          ok(
            error instanceof AssertionError || error instanceof BrokenTierError,
            `caught for another reason, ${error.stack}`,
          );
        },
      ]),
    ),
  );
}

/** What catches the mutants passes on a tier with nothing broken. */
export const tests: TestCase[] = tierContract({ name: "unbroken", create: brokenContract(() => ({})) });
