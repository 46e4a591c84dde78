import { compression } from "../../../src/bytes/compression/mod.ts";
import { encryption, keyRing } from "../../../src/bytes/encryption/mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import type { Tier } from "../../../src/tier.ts";
import type { MapTierOptions, TestCase } from "../../contract/mod.ts";
import { mapData, mapTier, tierContract } from "../../contract/mod.ts";

const ring = keyRing({ current: new Uint8Array(32).fill(7) });

function store(options?: MapTierOptions): Tier<Uint8Array> {
  return mapTier(options) as Tier<Uint8Array>;
}

const remote = { keys: true, tags: true, leases: true };

/** What a tier must do it must do encrypted and compressed as well. */
export const tests: TestCase[] = [
  ...tierContract({
    name: "encrypted",
    create: () => ({ tier: bytes(store(), { encryption: encryption(ring) }) }),
    capabilities: remote,
    copies: true,
  }),
  ...tierContract({
    name: "encrypted with hidden names",
    create() {
      const data = mapData();
      const tier = () => bytes(store({ data }), { encryption: encryption(ring, { hashKeys: true }) });
      return { tier: tier(), reopen: tier };
    },
    capabilities: { ...remote, journal: true, durable: true, shared: true },
    copies: true,
    skip: [
      "tells of each change of another opener: write, touch, delete, clear",
      "tells of odd keys and prefixes as they are",
    ].map((test) => ({
      test,
      reason: "it clears within a namespace, which no cache does: told are the keys that were there",
    })),
  }),
  ...tierContract({
    name: "compressed",
    create: () => ({ tier: bytes(store(), { compression: compression({ threshold: 0, minGain: 0 }) }) }),
    capabilities: { ...remote, sync: compression().sync },
    copies: true,
  }),
];
