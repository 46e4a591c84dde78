/**
 * The contenders of tag invalidation by name, in the order of the tables.
 */
import { bentocache } from "./bentocache.ts";
import { cacheable } from "./cacheable.ts";
import type { Entrant, Store } from "./contender.ts";
import { tiercel } from "./tiercel.ts";

/** The stores by name; each is filled once for all its entrants. */
export function storeOf(name: string, against: string | undefined): Store {
  if (name === "tiercel-against") return tiercel(against);
  const store = { tiercel: tiercel(), bentocache, cacheable }[name];
  if (store === undefined) throw new Error(`there is no store ${name}`);
  return store;
}

const BENTOCACHE = ["bentocache", "kysely"];
const CACHEABLE = ["cacheable", "@keyv/sqlite"];

/** The rows of the tables. */
export const ENTRANTS: Readonly<Record<string, Entrant>> = {
  "tiercel-tiered": { label: "**Tiercel**, memory and SQLite", store: "tiercel", memory: true },
  "tiercel-sqlite": { label: "**Tiercel**, SQLite alone", store: "tiercel", memory: false },
  "tiercel-against-tiered": {
    label: "Tiercel, other checkout, memory and SQLite",
    store: "tiercel-against",
    memory: true,
  },
  "tiercel-against-sqlite": { label: "Tiercel, other checkout, SQLite alone", store: "tiercel-against", memory: false },
  "bentocache-tiered": {
    label: "bentocache, memory and SQLite",
    store: "bentocache",
    memory: true,
    packages: BENTOCACHE,
  },
  "bentocache-sqlite": { label: "bentocache, SQLite alone", store: "bentocache", memory: false, packages: BENTOCACHE },
  "cacheable-tiered": { label: "cacheable, memory and SQLite", store: "cacheable", memory: true, packages: CACHEABLE },
  "cacheable-sqlite": { label: "cacheable, SQLite alone", store: "cacheable", memory: false, packages: CACHEABLE },
};
