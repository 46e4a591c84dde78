/**
 * Redis over TCP: `tiercel/redis`. A tier that many processes share, on a client of node-redis, ioredis or Bun, or by
 * URL; and a bus over pub/sub.
 *
 * @module
 */

import type { Bus } from "../src/bus/bus.ts";
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import type { Duration } from "../src/duration.ts";
import { checkOptions } from "../src/errors.ts";
import type { Tier, TierOptions } from "../src/tier.ts";
import { fault, tierOptions, time } from "./options.ts";
import { busOver } from "./redis/bus.ts";
import { linkOf } from "./redis/connection.ts";
import { budgetOf, readPrefix } from "./redis/options.ts";
import type { Patience } from "./redis/own.ts";
import { redisStore } from "./redis/store.ts";
import { connectionTo, type RedisTarget } from "./redis/target.ts";

/** How Redis is reached. */
export interface RedisConnectOptions {
  /** Before the names of all keys and channels; without `{`, `}`, NUL and lone surrogates. Default `"tiercel"`. */
  prefix?: string | undefined;
  /** How long a connection may take, by URL. Default: the tier's `timeout`, or else 2 s. */
  connectTimeout?: Duration | undefined;
  /**
   * How long a command may wait until it can be sent; after that it is never sent. By URL also how long its reply may
   * take; after that the connection is given up, and the next call opens another one. Default: the tier's `timeout`, or
   * else 2 s.
   */
  commandTimeout?: Duration | undefined;
  /**
   * Options for TLS, with a URL of `rediss:`, as the client takes them: `ca`, `cert`, `key`, `servername`,
   * `rejectUnauthorized` …
   */
  tls?: object | undefined;
}

/** Options of {@linkcode redis}. */
export interface RedisOptions extends TierOptions, BytesOptions, RedisConnectOptions {
  /**
   * Number of connections, by URL. One carries many calls at once; more of them keep large values from holding up small
   * ones. Default 1.
   */
  pool?: number | undefined;
}

/** Options of {@linkcode redisBus}. */
export interface RedisBusOptions extends RedisConnectOptions {}

/** More of them than this are a mistake: one carries many calls at once. */
const MOST_CONNECTIONS = 100;

/**
 * A tier in Redis 6.2 or later, or a server that does as it does.
 *
 * Every operation is one round trip and one atomic step: a read with its leases and the invalidation sequence, a write
 * with its tags, the check of its lease and its part of the journal. Listing, counting and clearing go through a
 * thousand keys at a time, in a cluster in two round trips. All keys of a cache begin with `{prefix:cache}` and so are
 * in one hash slot. Nothing but our own keys is ever listed, cleared or changed.
 *
 * Nothing is connected before the first call. While Redis cannot be reached, reads are misses and the faults are
 * events. A client that is given may be connected or not. One that never was is connected by the first call; of
 * node-redis, it is given a listener for errors then if it has none, since the first fault would end the process. It is
 * never closed, and what it cannot send within `commandTimeout` it never sends. By URL, Bun's own client is used on
 * Bun, else the package `redis`, else `ioredis`.
 *
 * A write that was acknowledged survives the death of this process. Whether it survives that of Redis depends on how
 * that is set up (`appendonly`, replicas): what Redis forgets is a miss, and what was invalidated by tag does not come
 * back (see docs/stores.md for failovers).
 *
 * @param target a URL as `redis://user:password@host:6379/0`, `rediss:` for TLS; or a client of node-redis (a client,
 * pool, cluster or sentinel), of ioredis (a client or cluster), or Bun's `RedisClient`
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { redis } from "tiercel/redis";
 *
 * const cache = createCache({ tiers: [memory(), redis("redis://127.0.0.1:6379", { ttl: "1d" })], ttl: "10m" });
 * ```
 */
export function redis(target: RedisTarget, options: RedisOptions = {}): Tier {
  const tier = tierOptions(options);
  const { pool, prefix, patience, tls } = readOptions(options, budgetOf(tier));
  const connection = connectionTo(target, { patience, pool, tls });
  const store = redisStore({ name: tier.name ?? "redis", prefix, options: tier, link: linkOf(connection) });
  return bytes(store, options);
}

/**
 * A bus over pub/sub of Redis: what one process changes, the others know when the message is there.
 *
 * It listens on a connection of its own, for which it duplicates a client that is given, in a cluster that of one of
 * the masters. When the connection was lost it is opened again, and what may have been missed is made good. It keeps no
 * process alive, except with Bun's own client. Several caches may use one bus.
 *
 * @param target as for {@linkcode redis}, without sentinels of node-redis
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { redis, redisBus } from "tiercel/redis";
 *
 * const url = "redis://127.0.0.1:6379";
 * const cache = createCache({ tiers: [memory(), redis(url)], bus: redisBus(url) });
 * ```
 */
export function redisBus(target: RedisTarget, options: RedisBusOptions = {}): Bus {
  const { prefix, patience, tls } = readOptions(options, budgetOf({}));
  return busOver(connectionTo(target, { patience, pool: undefined, tls }), prefix);
}

interface Settings {
  readonly prefix: string;
  readonly patience: Patience;
  readonly pool: number | undefined;
  readonly tls: object | undefined;
}

function readOptions(options: RedisConnectOptions & { pool?: number | undefined }, budget: number): Settings {
  checkOptions(options);
  const { connectTimeout = budget, commandTimeout = budget, pool, tls } = options;
  const prefix = readPrefix(options.prefix);
  if (pool !== undefined && !(Number.isSafeInteger(pool) && pool >= 1 && pool <= MOST_CONNECTIONS))
    throw fault("pool", `an integer from 1 to ${MOST_CONNECTIONS}`, pool);
  if (tls !== undefined && (typeof tls !== "object" || tls === null)) throw fault("tls", "an object", tls);
  const connect = time("connectTimeout", connectTimeout, 1);
  return { prefix, pool, tls, patience: { connect, command: time("commandTimeout", commandTimeout, 1) } };
}

export type { BunRedisClient } from "./redis/bun.ts";
export type { IoRedisClient } from "./redis/ioredis.ts";
export type { NodeRedisClient } from "./redis/node-redis.ts";
export type { RedisTarget } from "./redis/target.ts";
