/**
 * The test kit: a clock under control, a tier that fails on command, and the suite that a tier of your own must pass.
 *
 * @module
 */

export type { Expected } from "./assert.ts";
export { AssertionError, equal, isEqual, ok, rejects, same, throws } from "./assert.ts";
export type { FakeClock } from "./fake-clock.ts";
export { FAKE_START, fakeClock } from "./fake-clock.ts";
export type { BatchFault, Fault, FaultControls, FaultPlan, FaultyTier, Operation, ReadFault } from "./faults.ts";
export { InjectedFault } from "./faults.ts";
export { faultyTier } from "./faulty-tier.ts";
export type { MapData, MapDataOptions } from "./map-data.ts";
export { mapData } from "./map-data.ts";
export type { MapTierOptions } from "./map-tier.ts";
export { mapTier } from "./map-tier.ts";
export { seededRandom } from "./seeded-random.ts";
export { settle } from "./settle.ts";
export type { TestCase } from "./suite.ts";
export { suite } from "./suite.ts";
export type { ContractTier, TierContractOptions } from "./tier-contract.ts";
export { tierContract } from "./tier-contract.ts";
