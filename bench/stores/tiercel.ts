/**
 * Tiercel with the store as its only tier: no memory before it, so that every call goes there.
 */
import { libsql } from "../../adapters/libsql.ts";
import { redis } from "../../adapters/redis.ts";
import { createCache, type Tier } from "../../mod.ts";
import { TTL } from "../contender.ts";
import type { Session } from "./contender.ts";

/** Over a client of ioredis. */
export async function onIoRedis(url: string): Promise<Session> {
  const { Redis } = await import("ioredis");
  return over(redis(new Redis(url), { prefix: "on-ioredis" }));
}

/** Over a client of node-redis. */
export async function onNodeRedis(url: string): Promise<Session> {
  const { createClient } = await import("redis");
  const client = createClient({ url });
  client.on("error", fail);
  await client.connect();
  return over(redis(client, { prefix: "on-node-redis" }));
}

/** By URL, as is usual there. */
export async function onLibsql(url: string): Promise<Session> {
  return over(libsql(url));
}

function over(tier: Tier): Session {
  // Contenders by HTTP and WebSocket share a database.
  const cache = createCache({ name: `bench-${process.pid}`, tiers: [tier], ttl: TTL });
  cache.on("error", fail);
  return {
    get: (key) => cache.get(key),
    getMany: async (keys) => [...(await cache.getMany(keys)).values()],
    set: (key, value) => cache.set(key, value),
    setTagged: (key, value, tag) => cache.set(key, value, { tags: [tag] }),
    invalidate: (tag) => cache.invalidateTags(tag),
  };
}

/** Else a fault would pass for a miss, or a slow call. */
function fail(error: unknown): never {
  throw error;
}
