/**
 * The libSQL tier: `tiercel/libsql`. A database on a libSQL server, Turso's or your own, or in a file, by the package
 * `@libsql/client`.
 *
 * @module
 */

import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { hasTimers } from "../src/clock.ts";
import { checkOptions } from "../src/errors.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { type LibsqlClient, libsqlDriver } from "./libsql/client.ts";
import { check, connect } from "./libsql/load.ts";
import { isClient, type Place, readPlace } from "./libsql/target.ts";
import { flag, text, tierOptions } from "./options.ts";
import { budgetOf, keyLimit } from "./sql/remote-options.ts";
import { remoteStore } from "./sql/remote-store.ts";

/** Options of {@linkcode libsql}. */
export interface LibsqlOptions extends TierOptions, BytesOptions {
  /** Token of the database, where the target is a URL. It may be in the URL too, as `?authToken=`; this one goes first. */
  authToken?: string | undefined;
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512, at most 2,048. */
  maxKeyLength?: number | undefined;
  /** Only read: nothing is written, not even the schema. For a token that may only read. Default `false`. */
  readOnly?: boolean | undefined;
}

/** A server takes no row above 5,000,000 bytes; key, version and the other columns take the rest. */
const MAX_VALUE_BYTES = 4_980_000;

/** SQLite's own limit of a row is 1,000,000,000 bytes. */
const MAX_VALUE_BYTES_IN_FILE = 999_000_000;

/** Most bytes of values in one request. They grow by a third on the way. */
const MAX_REQUEST_BYTES = 16_000_000;

/** Requests under way. The one connection to a file has none beside it. */
const IN_FILE = { read: 1, write: 1 };
/** One request that changes something at a time, so that changes keep the order of their calls: those that wait go together in the next. */
const ON_SERVER = { read: 16, write: 1 };
const ON_EDGE = { read: Infinity, write: Infinity };

/**
 * Most keys in one call. Their list is one parameter, in which a byte of a key may take six, and a parameter may have
 * as many bytes as a row.
 */
const MAX_BATCH = 400;

/**
 * A tier in a libSQL database, with the schema of `tiercel/sqlite`.
 *
 * Every operation is one request, atomic on the server: a read with its leases and the invalidation sequence, a
 * write with its tags, the check of its lease and its rows in the journal. Nothing is connected before the first
 * operation, which also makes the tables; they may stand beside those of others. While the server cannot be reached,
 * reads are misses and the faults are events. Values have up to 4.98 MB on a server.
 *
 * A client over an embedded replica reads the copy on this machine: another process's invalidation is seen there
 * only when the replica has synced. A client that is given stays open when the cache closes.
 *
 * @param target an open client of `@libsql/client`, or a URL: `libsql:`, `https:`, `http:`, `wss:`, `ws:` or `file:`
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { libsql } from "tiercel/libsql";
 *
 * const tier = libsql("libsql://app-me.turso.io", { authToken: process.env.TURSO_AUTH_TOKEN });
 * const cache = createCache({ tiers: [memory(), tier], ttl: "1h" });
 * ```
 */
export function libsql(target: string | URL | LibsqlClient, options: LibsqlOptions = {}): Tier {
  checkOptions(options);
  const given = isClient(target) ? target : undefined;
  const place = given === undefined ? readPlace(target as string | URL, options.authToken) : undefined;
  const isFile = place?.isFile ?? given?.protocol === "file";
  const tier = tierOptions(options);
  const readOnly = flag("readOnly", options.readOnly ?? false);
  const capabilities: Capabilities = Object.freeze({
    keys: true,
    tags: true,
    journal: true,
    leases: !readOnly,
    durable: true,
    shared: true,
    readOnly,
    maxKeyBytes: keyLimit(options.maxKeyLength),
    maxValueBytes: isFile ? MAX_VALUE_BYTES_IN_FILE : MAX_VALUE_BYTES,
    maxBatch: MAX_BATCH,
  });
  const store = remoteStore({
    name: text("name", tier.name ?? "libsql"),
    service: "libSQL",
    capabilities,
    options: tier,
    connect: () => (given === undefined ? connect(place as Place) : libsqlDriver(given)),
    ...(place !== undefined && { check: () => check(place) }),
    isOwn: given === undefined,
    readOnly,
    patience: budgetOf(tier) / 2,
    slots: hasTimers() ? (isFile ? IN_FILE : ON_SERVER) : ON_EDGE,
    maxRequestBytes: MAX_REQUEST_BYTES,
  });
  return bytes(store, options);
}

export type { LibsqlClient, LibsqlRows, LibsqlStatement } from "./libsql/client.ts";
