/**
 * The SQLite tier, whichever driver it stands on.
 *
 * @module
 */
import { bytes } from "../../src/bytes/bytes.ts";
import type { Encryption } from "../../src/bytes/steps.ts";
import { ConfigError, describe } from "../../src/errors.ts";
import type { Capabilities, SyncTier, Tier } from "../../src/tier.ts";
import type { FileDriver, SyncDriver } from "./driver.ts";
import { adoptHandle, MEMORY, openFile, tidy } from "./sqlite-file.ts";
import { resolveSqliteOptions, type SqliteOptions, type SqliteSettings } from "./sqlite-options.ts";
import { type SqlStore, sqlStore } from "./store.ts";

/** A SQLite tier: with its synchronous face, and the open handle as `client`. */
export interface SqliteTier extends Tier {
  readonly sync: SyncTier;
}

/** Options that ask for encryption, which leaves no synchronous face. */
export interface Encrypted {
  readonly encryption: Encryption;
}

/**
 * SQLite's own limit of a row is 1,000,000,000 bytes (SQLITE_MAX_LENGTH); key, tags and the other columns of a row take
 * the rest.
 */
const MAX_VALUE_BYTES = 999_000_000;

/** Makes the tier of an adapter from its arguments. */
export function sqliteTier(
  name: string,
  files: FileDriver,
  target: string | URL | SqliteOptions,
  options?: SqliteOptions,
): SqliteTier {
  // What is neither path nor options is refused as a path.
  const hasOptions = typeof target === "object" && target !== null && !(target instanceof URL);
  const given: SqliteOptions = hasOptions ? { ...options, ...target } : { ...options, path: target };
  return bytes(sqliteStore(name, files, given), given) as SqliteTier;
}

/** The store of bytes within {@linkcode sqliteTier}. */
export function sqliteStore(name: string, files: FileDriver, options: SqliteOptions): SqlStore {
  const settings = resolveSqliteOptions(options, name);
  const { path, database } = settings;
  const adopted = database === undefined ? undefined : adopt(files, database);
  const isKept = adopted === undefined ? path !== MEMORY : isFile(adopted);
  return sqlStore({
    name: settings.name,
    options: settings.tier,
    capabilities: capabilities(settings, isKept),
    isOwn: adopted === undefined,
    readOnly: settings.readOnly,
    connect(context) {
      const connection = adopted === undefined ? openFile(files, path!, settings) : adoptHandle(adopted, settings);
      try {
        if (!settings.readOnly) tidy(connection, settings, context.clock.now());
      } catch (error) {
        // The store works; it is only larger than it need be.
        context.report("fault", error);
      }
      return connection;
    },
  });
}

function capabilities({ maxKeyLength, readOnly }: SqliteSettings, isKept: boolean): Capabilities {
  return Object.freeze({
    sync: true,
    keys: true,
    tags: true,
    journal: isKept,
    leases: !readOnly,
    durable: isKept,
    shared: isKept,
    readOnly,
    copies: true,
    local: true,
    maxKeyBytes: maxKeyLength,
    maxValueBytes: MAX_VALUE_BYTES,
  });
}

function adopt(files: FileDriver, database: object): SyncDriver {
  const driver = files.adopt(database);
  if (driver !== undefined) return driver;
  throw new ConfigError(
    "database",
    `Cannot use database as it must be an open DatabaseSync, bun:sqlite Database or libsql Database: received ${describe(database)}`,
  );
}

function isFile(driver: SyncDriver): boolean {
  try {
    return driver
      .all("PRAGMA database_list", [])
      .some(([, name, file]) => name === "main" && file !== "" && file !== null);
  } catch {
    // A closed handle: `open` will say so.
    return true;
  }
}
