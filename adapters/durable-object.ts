/**
 * The tier of a Durable Object: `tiercel/durable-object`. The SQLite storage of one object of Cloudflare.
 *
 * @module
 */
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { checkOptions, StoreOpenError, TiercelError } from "../src/errors.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { fault, text, tierOptions } from "./options.ts";
import { Connection } from "./sql/connection.ts";
import { type DurableObjectStorage, durableObjectDriver } from "./sql/durable-object-driver.ts";
import type { Encrypted, SqliteTier } from "./sql/file-tier.ts";
import { migrate, schemaVersion } from "./sql/migrate.ts";
import { keyLimit } from "./sql/remote-options.ts";
import { SCHEMA_VERSION } from "./sql/schema.ts";
import { sqlStore } from "./sql/store.ts";

/** Options of {@linkcode durableObject}. */
export interface DurableObjectOptions extends TierOptions, BytesOptions {
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512, at most 2,048. */
  maxKeyLength?: number | undefined;
}

/** Durable Objects take no row above 2 MB; key, version and the other columns take the rest. */
const MAX_VALUE_BYTES = 1_980_000;
/** Most keys in one call: lists of keys are one text, which has the limit of a row. */
const MAX_BATCH = 500;

/**
 * A tier in the SQLite storage of a Durable Object: of the class that uses SQLite (`new_sqlite_classes`), made in its constructor.
 *
 * Everything is answered at once, so that the cache has a synchronous face. Writes that are started in one tick share one
 * transaction. Only this object sees the storage: entries, tags and invalidations are there again when it starts anew, and
 * there is nobody to share leases or a journal with. An acknowledged write is durable before any answer of the object leaves it (its
 * output gate). The tables stand beside your own, under the names of `tiercel/sqlite` (`entries`, `tags`, `meta` and so on), which must be free.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { DurableObject } from "cloudflare:workers";
 * import { createCache, memory } from "tiercel";
 * import { durableObject } from "tiercel/durable-object";
 *
 * export class Room extends DurableObject {
 *   cache = createCache({ tiers: [memory(), durableObject(this.ctx.storage)] });
 * }
 * ```
 */
export function durableObject(storage: DurableObjectStorage, options: DurableObjectOptions & Encrypted): Tier;
export function durableObject(storage: DurableObjectStorage, options?: DurableObjectOptions): SqliteTier;
export function durableObject(storage: DurableObjectStorage, options: DurableObjectOptions = {}): SqliteTier {
  checkOptions(options);
  if (!hasSqlite(storage)) throw fault("storage", "the storage of a Durable Object with SQLite", storage);
  const capabilities: Capabilities = Object.freeze({
    sync: true,
    keys: true,
    tags: true,
    durable: true,
    local: true,
    maxKeyBytes: keyLimit(options.maxKeyLength),
    maxValueBytes: MAX_VALUE_BYTES,
    maxBatch: MAX_BATCH,
  });
  const store = sqlStore({
    name: text("name", options.name ?? "durable-object"),
    capabilities,
    options: tierOptions(options),
    connect: () => connect(storage),
    isOwn: false,
    readOnly: false,
  });
  return bytes(store, options) as SqliteTier;
}

function hasSqlite(storage: DurableObjectStorage): boolean {
  try {
    return typeof storage.transactionSync === "function" && typeof storage.sql.exec === "function";
  } catch {
    // Of a class without SQLite even asking throws.
    return false;
  }
}

/**
 * Brings the database to our schema.
 *
 * @throws {StoreOpenError} when it holds tables of another program under our names
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it
 */
function connect(storage: DurableObjectStorage): Connection {
  const driver = durableObjectDriver(storage);
  try {
    if (schemaVersion(driver) !== SCHEMA_VERSION) migrate(driver);
  } catch (error) {
    if (error instanceof TiercelError) throw error;
    throw new StoreOpenError("Cannot open the storage of a Durable Object as it must have SQLite", { cause: error });
  }
  // Nobody else has a lock to wait for.
  return new Connection(driver, 0, false);
}

export type { DurableObjectStorage } from "./sql/durable-object-driver.ts";
export type { SqliteTier } from "./sql/file-tier.ts";
