/**
 * Storages of unstorage for tests, one for each driver: each test gets one that is empty. Runs in Node, Bun and Deno. The
 * drivers for Workers are in test/workers/unstorage.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage, type Storage } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import fsLiteDriver from "unstorage/drivers/fs-lite";
import httpDriver from "unstorage/drivers/http";
import lruDriver from "unstorage/drivers/lru-cache";
import redisDriver from "unstorage/drivers/redis";
import { createStorageServer } from "unstorage/server";
import type { UnstorageOptions } from "../../adapters/unstorage.ts";
import { reasonFor } from "../servers/available.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";

/** Storages of one driver. */
export interface DriverKind {
  readonly name: string;
  /** Why it cannot be had here. */
  readonly skip?: string | false;
  /** Tests of the contract that are left out, and why. */
  readonly leftOut?: readonly { readonly test: string; readonly reason: string }[] | undefined;
  /** Options of the tier that make sense with it. */
  readonly options?: UnstorageOptions;
  /** A storage, empty below the base of its options. */
  make(): Promise<MadeStorage>;
  /** Ends what all its storages share. */
  end?(): Promise<void>;
}

/** A storage, and what undoes it. */
export interface MadeStorage {
  readonly storage: Storage;
  /** Options of the tier that this storage needs beside those of its kind. */
  readonly options?: UnstorageOptions;
  dispose?(): Promise<void> | void;
}

/** Tests of many keys, which not every driver needs. */
const leftOut: DriverKind["leftOut"] = [
  "clears every key with the prefix and no neighbour",
  "lists and counts the keys with a prefix",
  "takes a batch of exactly maxBatch",
].map((test) => ({ test, reason: "thousands of calls, for what the same code does over other drivers" }));

let bases = 0;
/** Where a store is shared by all tests, each has its own base. */
const ownBase = (): UnstorageOptions => ({ base: `test:${++bases}` });

function folderKind(
  name: string,
  driver: (options: { base: string }) => unknown,
  options: UnstorageOptions,
): DriverKind {
  return {
    name,
    options,
    ...(options.raw && { leftOut }),
    async make() {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-unstorage-"));
      const storage = createStorage({ driver: driver({ base: join(folder, "data") }) as never });
      return { storage, dispose: () => rmSync(folder, { recursive: true }) };
    },
  };
}

/** A storage behind HTTP, on memory. */
function httpKind(): DriverKind {
  let server: Server | undefined;
  const back = createStorage();
  return {
    name: "http",
    leftOut,
    async make() {
      if (server === undefined) {
        const made = createServer(createStorageServer(back).handle);
        // An idle connection that it ends may have the next request on its way.
        made.keepAliveTimeout = 0;
        await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
        server = made;
      }
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return { storage: createStorage({ driver: httpDriver({ base }) }), options: ownBase() };
    },
    async end() {
      server?.closeAllConnections();
      await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    },
  };
}

function redisKind(): DriverKind {
  let server: RedisServer | undefined;
  return {
    name: "redis",
    skip: reasonFor("redis"),
    options: { durable: true },
    async make() {
      server ??= await startRedis();
      const storage = createStorage({ driver: redisDriver({ host: "127.0.0.1", port: server.port }) });
      return { storage, options: ownBase(), dispose: () => storage.dispose() };
    },
    async end() {
      await server?.stop();
    },
  };
}

/** Every kind. */
export const kinds: readonly DriverKind[] = [
  { name: "memory", make: async () => ({ storage: createStorage() }) },
  {
    name: "lru-cache, raw",
    leftOut,
    options: { raw: true },
    make: async () => ({ storage: createStorage({ driver: lruDriver({ max: 100_000 }) }) }),
  },
  folderKind("fs", fsDriver, { durable: true }),
  folderKind("fs-lite, raw", fsLiteDriver, { durable: true, raw: true }),
  redisKind(),
  httpKind(),
];
