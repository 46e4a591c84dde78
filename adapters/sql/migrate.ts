/**
 * Bringing a database to the schema of this program, without harm to one that is not ours or is newer.
 *
 * @module
 */
import { describe, StoreOpenError, StoreSchemaError } from "../../src/errors.ts";
import type { SyncDriver } from "./driver.ts";
import { MIGRATIONS, SCHEMA_VERSION, TABLES } from "./schema.ts";

/**
 * The schema version of a database, 0 when it has no table of ours. Only reads. Tables of others are left alone, unless
 * one has a name that we need.
 *
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it
 * @throws {StoreOpenError} when a table that we need belongs to someone else
 */
export function schemaVersion(driver: SyncDriver): number {
  const objects = driver.all("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')", []);
  const ours = objects.filter(([name]) => TABLES.includes(name as string));
  if (ours.length === 0) return 0;
  const meta = ours.find(([name]) => name === "meta");
  if (meta === undefined || !META_COLUMNS.every((column) => String(meta[1]).includes(column))) {
    throw new StoreOpenError(
      `Cannot open SQLite store as the names of its tables must be free: received a database of another program with a table ${describe(ours[0]![0])}`,
    );
  }
  const version = driver.all("SELECT max(schema_version) FROM meta", [])[0]?.[0];
  if (typeof version === "number" && version > SCHEMA_VERSION) {
    throw new StoreSchemaError(
      `Cannot open SQLite store as its schema version must be at most ${SCHEMA_VERSION}: received ${version}, written by a newer version of Tiercel`,
    );
  }
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    throw new StoreSchemaError(
      `Cannot open SQLite store as its schema version must be a positive integer: received ${describe(version)}`,
    );
  }
  return version as number;
}

/** What tells our `meta` from a table of another program. */
const META_COLUMNS = ["schema_version", "sequence", "floor"];

/**
 * Brings the database to {@linkcode SCHEMA_VERSION} in one transaction. When two processes do so at once, the second
 * waits for the first and finds nothing left to do.
 *
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it meanwhile
 */
export function migrate(driver: SyncDriver): void {
  driver.transaction(() => {
    const version = schemaVersion(driver);
    for (const migration of MIGRATIONS.slice(version)) for (const statement of migration) driver.exec(statement);
    if (version < SCHEMA_VERSION) driver.exec(`UPDATE meta SET schema_version = ${SCHEMA_VERSION}`);
  });
}
