/**
 * The contenders by name, in the order of the tables.
 */
import { type Contender, TTL } from "../contender.ts";
import { map, statements } from "./floor.ts";
import { keyvSqlite } from "./keyv-sqlite.ts";
import { asyncCacheDedupe, bentocache, cacheable, cacheManager, cachified, lruCache, unkey } from "./peers.ts";
import { inMemory, inSqlite } from "./tiercel.ts";

/** What a contender is made with. */
export interface Setting {
  /** A folder for its files. */
  readonly folder: string;
  /** Another checkout of Tiercel, to compare this one with. */
  readonly against: string | undefined;
}

/** What a contender is in the tables. */
export type Kind = "floor" | "ours" | "peer" | "variant";

/** One row of a table. */
export interface Entrant {
  readonly label: string;
  readonly kind: Kind;
  /** Package whose version is told. */
  readonly package?: string;
  make(setting: Setting): Contender | Promise<Contender>;
}

/** Caches of memory. Where nothing is said, entries have a ttl of an hour. */
export const MEMORY: Readonly<Record<string, Entrant>> = {
  map: { label: "`await` of a Map hit: the floor", kind: "floor", make: map },
  tiercel: { label: "**Tiercel**", kind: "ours", make: () => inMemory(TTL) },
  "tiercel-forever": { label: "Tiercel, no ttl", kind: "variant", make: () => inMemory(undefined) },
  "tiercel-against": {
    label: "Tiercel, other checkout",
    kind: "variant",
    make: ({ against }) => inMemory(TTL, against),
  },
  "lru-cache": { label: "lru-cache", kind: "peer", package: "lru-cache", make: () => lruCache(TTL) },
  "lru-cache-forever": { label: "lru-cache, no ttl", kind: "variant", make: () => lruCache(undefined) },
  "async-cache-dedupe": {
    label: "async-cache-dedupe",
    kind: "peer",
    package: "async-cache-dedupe",
    make: asyncCacheDedupe,
  },
  "cache-manager": { label: "cache-manager", kind: "peer", package: "cache-manager", make: cacheManager },
  cachified: { label: "@epic-web/cachified", kind: "peer", package: "@epic-web/cachified", make: cachified },
  unkey: { label: "@unkey/cache", kind: "peer", package: "@unkey/cache", make: unkey },
  bentocache: { label: "bentocache", kind: "peer", package: "bentocache", make: bentocache },
  cacheable: { label: "cacheable", kind: "peer", package: "cacheable", make: cacheable },
};

/** Caches of SQLite, without memory before it. */
export const SQLITE: Readonly<Record<string, Entrant>> = {
  statements: {
    label: "a held prepared statement and cbor-x: the floor",
    kind: "floor",
    make: ({ folder }) => statements(folder),
  },
  "tiercel-sqlite": { label: "**Tiercel**", kind: "ours", make: ({ folder }) => inSqlite(folder) },
  "tiercel-sqlite-against": {
    label: "Tiercel, other checkout",
    kind: "variant",
    make: ({ folder, against }) => inSqlite(folder, against),
  },
  "keyv-sqlite": {
    label: "keyv and @keyv/sqlite",
    kind: "peer",
    package: "@keyv/sqlite",
    make: ({ folder }) => keyvSqlite(folder),
  },
};
