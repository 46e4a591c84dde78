/**
 * Everything that is compared, in the order of the tables.
 */
import type { Entrant } from "./contender.ts";
import { asyncCacheDedupe, bentocache, cacheable } from "./peers.ts";
import { rawIoRedis, rawLibsql, rawNodeRedis } from "./raw.ts";
import { onIoRedis, onLibsql, onNodeRedis } from "./tiercel.ts";

/** By name. A floor has the name that entrants call it by. */
export const ENTRANTS: Readonly<Record<string, Entrant>> = {
  ioredis: { label: "ioredis", floor: "ioredis", kind: "floor", packages: ["ioredis"], connect: rawIoRedis },
  tiercel: { label: "**Tiercel**, ioredis", floor: "ioredis", kind: "tiercel", packages: [], connect: onIoRedis },
  bentocache: {
    label: "bentocache, ioredis",
    floor: "ioredis",
    kind: "peer",
    packages: ["bentocache"],
    oneByOne: true,
    connect: bentocache,
  },
  "async-cache-dedupe": {
    label: "async-cache-dedupe, ioredis",
    floor: "ioredis",
    kind: "peer",
    packages: ["async-cache-dedupe"],
    oneByOne: true,
    connect: asyncCacheDedupe,
  },
  "node-redis": {
    label: "node-redis",
    floor: "node-redis",
    kind: "floor",
    packages: ["redis"],
    connect: rawNodeRedis,
  },
  "tiercel-node-redis": {
    label: "**Tiercel**, node-redis",
    floor: "node-redis",
    kind: "tiercel",
    packages: [],
    connect: onNodeRedis,
  },
  cacheable: {
    label: "cacheable, @keyv/redis",
    floor: "node-redis",
    kind: "peer",
    packages: ["cacheable", "@keyv/redis"],
    connect: (url) => cacheable(url, false),
  },
  "cacheable-tags": {
    label: "cacheable with tags, @keyv/redis",
    floor: "node-redis",
    kind: "peer",
    packages: ["cacheable", "@keyv/redis"],
    connect: (url) => cacheable(url, true),
  },
  "libsql-http": {
    label: "@libsql/client, HTTP",
    floor: "libsql-http",
    kind: "floor",
    packages: ["@libsql/client"],
    connect: rawLibsql,
  },
  "tiercel-libsql-http": {
    label: "**Tiercel**, HTTP",
    floor: "libsql-http",
    kind: "tiercel",
    packages: [],
    connect: onLibsql,
  },
  "libsql-ws": {
    label: "@libsql/client, WebSocket",
    floor: "libsql-ws",
    kind: "floor",
    packages: ["@libsql/client"],
    connect: rawLibsql,
  },
  "tiercel-libsql-ws": {
    label: "**Tiercel**, WebSocket",
    floor: "libsql-ws",
    kind: "tiercel",
    packages: [],
    connect: onLibsql,
  },
};
