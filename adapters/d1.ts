/**
 * The D1 tier: `tiercel/d1`. A D1 database of Cloudflare, through its binding.
 *
 * @module
 */
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { fault, text, tierOptions } from "./options.ts";
import type { AsyncDriver, Row, SqlValue } from "./sql/driver.ts";
import { budgetOf, keyLimit } from "./sql/remote-options.ts";
import { remoteStore } from "./sql/remote-store.ts";

/** The slice of a prepared statement of D1 that is used. */
export interface D1Statement {
  bind(...values: unknown[]): D1Statement;
}

/** The slice of a D1 binding, or of a session of it, that is used. */
export interface D1Binding {
  prepare(sql: string): D1Statement;
  /** Runs statements in one transaction and one round trip; all or none take effect. */
  batch(statements: D1Statement[]): Promise<{ readonly results?: readonly unknown[] }[]>;
}

/** Options of {@linkcode d1}. */
export interface D1Options extends TierOptions, BytesOptions {
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512, at most 2,048. */
  maxKeyLength?: number | undefined;
}

/** D1 takes no row above 2,000,000 bytes; key, version and the other columns take the rest. */
const MAX_VALUE_BYTES = 1_980_000;

/** Most keys in one call. A Worker has 1,000 queries in one invocation; an entry with tags takes four or five. */
const MAX_BATCH = 100;

/** Most bytes of values in one request. Bytes travel as text of numbers, which makes about four of one. */
const MAX_REQUEST_BYTES = 4_000_000;

/**
 * A tier in a D1 database, with the schema of `tiercel/sqlite`.
 *
 * Every operation is one `batch`, atomic in D1: a read with its leases and the invalidation sequence, a write with its
 * tags, the check of its lease and its rows in the journal. Nothing is asked for before the first operation, which
 * also makes the tables; they may stand beside those of others. The tier may be made outside of a request, and
 * no request waits for what another has begun and will not end. Values have up to 1.98 MB.
 *
 * Through a binding all Workers see one state. Through a session (`withSession`) reads may come from a replica, where
 * another Worker's invalidation is seen only when it has arrived.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { d1 } from "tiercel/d1";
 *
 * const cache = createCache({ tiers: [memory(), d1(env.DB)], ttl: "1h" });
 * ```
 */
export function d1(database: D1Binding, options: D1Options = {}): Tier {
  if (typeof database?.prepare !== "function" || typeof database.batch !== "function") {
    throw fault("database", "a D1 binding", database);
  }
  const tier = tierOptions(options);
  const capabilities: Capabilities = Object.freeze({
    keys: true,
    tags: true,
    journal: true,
    leases: true,
    durable: true,
    shared: true,
    maxKeyBytes: keyLimit(options.maxKeyLength),
    maxValueBytes: MAX_VALUE_BYTES,
    maxBatch: MAX_BATCH,
  });
  const driver = d1Driver(database);
  const store = remoteStore({
    name: text("name", tier.name ?? "d1"),
    service: "D1",
    capabilities,
    options: tier,
    connect: () => driver,
    isOwn: false,
    readOnly: false,
    patience: budgetOf(tier) / 2,
    slots: { read: Infinity, write: Infinity },
    maxRequestBytes: MAX_REQUEST_BYTES,
  });
  return bytes(store, options);
}

function d1Driver(database: D1Binding): AsyncDriver {
  return {
    sync: false,
    handle: database,
    isNear: false,
    async batch(steps) {
      const answers = await database.batch(
        steps.map(({ sql, args }) => {
          const statement = database.prepare(sql);
          return args.length === 0 ? statement : statement.bind(...args.map(bound));
        }),
      );
      return answers.map(({ results = [] }) => results.map(row));
    },
    close() {},
  };
}

/** NaN and infinite numbers would come to an end on the way, as text. */
function bound(value: SqlValue): SqlValue {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

/** Rows come as objects with their columns in order, whose names all differ and none of which is a number. */
function row(cells: unknown): Row {
  return Object.values(cells as Record<string, unknown>).map(cell);
}

/** Bytes come as a list of numbers. */
function cell(value: unknown): unknown {
  if (Array.isArray(value)) return Uint8Array.from(value);
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]"
    ? new Uint8Array(value as ArrayBuffer)
    : value;
}
