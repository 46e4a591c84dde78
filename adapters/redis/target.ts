/**
 * What the tier and the bus are made for: an open client, or the URL of a server.
 *
 * @module
 */
import { ConfigError, describe } from "../../src/errors.ts";
import { fault } from "../options.ts";
import { adoptBun, type BunRedisClient } from "./bun.ts";
import { connectTo } from "./connect.ts";
import type { Connection } from "./connection.ts";
import { adoptIoredis, type IoRedisClient } from "./ioredis.ts";
import { adoptNodeRedis, type NodeRedisClient } from "./node-redis.ts";
import type { Patience, Place } from "./own.ts";

/**
 * A URL (`redis://user:password@host:port/database`, `rediss://` for TLS), or a client of node-redis, ioredis or Bun.
 */
export type RedisTarget = string | URL | NodeRedisClient | IoRedisClient | BunRedisClient;

/** What can be said of a connection by URL. */
export interface ConnectOptions {
  readonly patience: Patience;
  /** Number of connections. */
  readonly pool: number | undefined;
  /** Options for TLS, as the client takes them. */
  readonly tls: object | undefined;
}

/** @throws {ConfigError} for a target that is neither, or options that it leaves no room for */
export function connectionTo(target: RedisTarget, { patience, pool, tls }: ConnectOptions): Connection {
  if (typeof target === "string" || target instanceof URL)
    return connectTo(readPlace(target, tls), patience, pool ?? 1);
  for (const [option, value] of Object.entries({ pool, tls })) {
    if (value !== undefined) throw fault(option, "left out together with a client, whose owner sets it", value);
  }
  if (typeof target === "object" && target !== null) {
    const { command } = patience;
    const adopted = adoptIoredis(target, command) ?? adoptBun(target, command) ?? adoptNodeRedis(target, command);
    if (adopted !== undefined) return adopted;
  }
  const received = describe(target);
  throw new ConfigError(
    "target",
    `Cannot use target as it must be a URL, or a client of redis (5 or later), ioredis or Bun: received ${received}`,
  );
}

/** Reads a URL. Messages name its scheme alone, as the rest may hold a password. */
export function readPlace(target: string | URL, tls?: object): Place {
  const whole = String(target);
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(whole)?.[0].toLowerCase();
  if (scheme !== "redis:" && scheme !== "rediss:")
    throw fault("target", "a URL of redis: or rediss:, or an open client", scheme ?? "no URL");
  if (tls !== undefined && scheme === "redis:") throw fault("tls", "left out with a URL of redis:", tls);
  let url: URL;
  let username: string;
  let password: string;
  try {
    url = new URL(whole);
    username = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw wrong(scheme, "must be whole");
  }
  if (url.hostname === "") throw wrong(scheme, "must name a host");
  if (url.search !== "" || url.hash !== "") throw wrong(scheme, "must be without ? and #");
  const [, database] = /^\/?(\d{0,5})$/.exec(url.pathname) ?? [];
  if (database === undefined) throw wrong(scheme, "must have the number of a database as its path, or none");
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    username: username === "" ? undefined : username,
    password: password === "" ? undefined : password,
    database: Number(database),
    tls: scheme === "rediss:" ? (tls ?? {}) : undefined,
  };
}

function wrong(scheme: string, what: string): ConfigError {
  return new ConfigError("target", `Cannot use target as its URL of ${scheme} ${what}`);
}
