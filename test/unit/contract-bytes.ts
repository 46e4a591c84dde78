import { bytes } from "../../src/bytes/mod.ts";
import type { SyncTier, Tier } from "../../src/tier.ts";
import type { MapTierOptions, TestCase } from "../contract/mod.ts";
import { faultyTier, mapData, mapTier, tierContract } from "../contract/mod.ts";

/** The reference tier, as a store of bytes: it refuses everything else. */
function byteStore(options?: MapTierOptions): Tier<Uint8Array> {
  const tier = mapTier(options);
  const checked: SyncTier["setMany"] = (writes, now) => {
    for (const { entry } of writes)
      if (!(entry.value instanceof Uint8Array)) throw new TypeError("a byte store takes bytes alone");
    return tier.sync!.setMany(writes, now);
  };
  return { ...tier, setMany: checked, sync: { ...tier.sync!, setMany: checked } } as Tier<Uint8Array>;
}

const everything = { sync: true, keys: true, tags: true, leases: true };

export const tests: TestCase[] = [
  ...tierContract({
    name: "bytes(mapTier)",
    create: () => ({ tier: bytes(byteStore()) }),
    capabilities: everything,
    copies: true,
  }),
  ...tierContract({
    name: "bytes(mapTier) over kept data",
    create() {
      const data = mapData();
      return { tier: bytes(byteStore({ data })), reopen: () => bytes(byteStore({ data })) };
    },
    capabilities: { ...everything, journal: true, durable: true, shared: true },
    copies: true,
  }),
  ...tierContract({
    name: "bytes(faultyTier)",
    create: () => ({ tier: bytes(faultyTier(byteStore())) }),
    capabilities: everything,
    copies: true,
  }),
];
