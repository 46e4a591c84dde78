/**
 * Connecting by URL: on Bun by its own client, elsewhere by the package `redis` or else `ioredis`, loaded when first
 * needed.
 *
 * @module
 */
import { MissingPackageError } from "../../src/errors.ts";
import { areMissing } from "../installed.ts";
import { builtin, workingFolder } from "../sql/builtin.ts";
import { bunClass, openBun } from "./bun.ts";
import type { Connection } from "./connection.ts";
import { type Ioredis, openIoredis } from "./ioredis.ts";
import { type NodeRedis, openNodeRedis } from "./node-redis.ts";
import { type OwnClient, OwnConnection, type Patience, type Place } from "./own.ts";
import { pooled } from "./pool.ts";

/** A connection of our own, or several. Nothing is opened before the first command. */
export function connectTo(place: Place, patience: Patience, count: number): Connection {
  const RedisClient = bunClass();
  const { connect } = patience;
  let loading: Promise<() => OwnClient> | undefined;
  const open = async (): Promise<OwnClient> => {
    if (RedisClient !== undefined) return openBun(RedisClient, place, connect);
    loading ??= load(place, connect);
    return (await loading)();
  };
  const isText = RedisClient !== undefined;
  const connection = pooled(Array.from({ length: count }, () => new OwnConnection(isText, open, patience)));
  connection.check = () => {
    if (!isText && areMissing(["redis", "ioredis"], import.meta.url)) throw missing();
  };
  return connection;
}

function missing(): MissingPackageError {
  return new MissingPackageError(
    "Cannot connect to Redis by URL as redis or ioredis must be installed: npm install redis",
  );
}

async function load(place: Place, connectTimeout: number): Promise<() => OwnClient> {
  const redis = await loadPackage<NodeRedis>("redis");
  if (redis !== undefined) return () => openNodeRedis(redis, place, connectTimeout);
  const ioredis = await loadPackage<Ioredis>("ioredis");
  if (ioredis !== undefined) return () => openIoredis(ioredis, place, connectTimeout);
  throw missing();
}

interface NodeModule {
  createRequire(from: string): (name: string) => unknown;
}

/** A package, which bundlers are not to look for; `undefined` when it is not installed. */
async function loadPackage<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as T;
  } catch {
    try {
      // Tiercel may be installed elsewhere than the program that runs.
      return builtin<NodeModule>("node:module")!.createRequire(`${workingFolder()}/`)(name) as T;
    } catch {
      return undefined;
    }
  }
}
