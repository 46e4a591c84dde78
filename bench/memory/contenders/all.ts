/**
 * The contenders by name, in the order of the tables.
 */
import type { Entrant, Setting } from "../contender.ts";
import { lruCache, map, mnemonist, quickLru, tinyLru, transitory } from "./peers.ts";
import { cache, tier } from "./tiercel.ts";

const here = ({ against: _, ...setting }: Setting): Setting => setting;

/** The rows of the tables. */
export const ENTRANTS: Readonly<Record<string, Entrant>> = {
  map: { label: "Map, first in, first out: the floor", foreverOnly: true, make: map },
  tier: { label: "**Tiercel**, memory tier", stringsOnly: true, make: (setting) => tier(here(setting)) },
  "tier-against": { label: "Tiercel, other checkout, memory tier", stringsOnly: true, make: tier },
  cache: {
    label: "**Tiercel**, whole cache, awaited",
    stringsOnly: true,
    isAwaited: true,
    make: (setting) => cache(here(setting)),
  },
  "cache-against": {
    label: "Tiercel, other checkout, whole cache, awaited",
    stringsOnly: true,
    isAwaited: true,
    make: cache,
  },
  "lru-cache": { label: "lru-cache", package: "lru-cache", make: lruCache },
  "quick-lru": { label: "quick-lru", package: "quick-lru", make: quickLru },
  "tiny-lru": { label: "tiny-lru", package: "tiny-lru", make: tinyLru },
  mnemonist: { label: "mnemonist", package: "mnemonist", foreverOnly: true, make: mnemonist },
  transitory: { label: "transitory", package: "transitory", make: transitory },
};
