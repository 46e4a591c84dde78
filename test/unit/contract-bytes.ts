import { bytes } from "../../src/bytes/mod.ts";
import type { Tier } from "../../src/tier.ts";
import type { TestCase } from "../contract/mod.ts";
import { faultyTier, mapTier, tierContract } from "../contract/mod.ts";

/** The reference tier, as a store of bytes: it refuses everything else. */
function byteStore(): Tier<Uint8Array> {
  const tier = mapTier();
  const checked: Tier["setMany"] = (writes, now) => {
    for (const { entry } of writes)
      if (!(entry.value instanceof Uint8Array)) throw new TypeError("a byte store takes bytes alone");
    return tier.setMany(writes, now);
  };
  return {
    ...tier,
    setMany: checked,
    sync: { ...tier.sync!, setMany: checked as NonNullable<typeof tier.sync>["setMany"] },
  } as Tier<Uint8Array>;
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
    name: "bytes(faultyTier)",
    create: () => ({ tier: bytes(faultyTier(byteStore())) }),
    capabilities: everything,
    copies: true,
  }),
];
