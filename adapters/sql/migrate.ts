/**
 * Bringing a database to the schema of this program, without harm to one that is not ours or is newer.
 *
 * @module
 */
import { describe, StoreOpenError, StoreSchemaError } from "../../src/errors.ts";
import type { Row, SyncDriver } from "./driver.ts";
import { MIGRATIONS, SCHEMA_VERSION, TABLES } from "./schema.ts";

/** Names and texts of all tables and views, for {@linkcode hasOurTables}. */
export const OBJECTS = "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')";

/** The schema version where there are our tables, for {@linkcode checkedVersion}. */
export const VERSION = "SELECT max(schema_version) FROM meta";

/** What tells our `meta` from a table of another program. */
const META_COLUMNS = ["schema_version", "sequence", "floor"];

/**
 * Whether our tables are among the rows of {@linkcode OBJECTS}. Tables of others are left alone, unless one has a name
 * that we need.
 *
 * @throws {StoreOpenError} when a table that we need belongs to someone else
 */
export function hasOurTables(objects: readonly Row[]): boolean {
  const ours = objects.filter(([name]) => TABLES.includes(name as string));
  if (ours.length === 0) return false;
  const meta = ours.find(([name]) => name === "meta");
  if (meta !== undefined && META_COLUMNS.every((column) => String(meta[1]).includes(column))) return true;
  throw new StoreOpenError(
    `Cannot open SQLite store as the names of its tables must be free: received a database of another program with a table ${describe(ours[0]![0])}`,
  );
}

/**
 * The schema version in a row of {@linkcode VERSION}.
 *
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it, or nobody can have
 */
export function checkedVersion(version: unknown): number {
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

/**
 * The schema version of a database, 0 when it has no table of ours. Only reads.
 *
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it
 * @throws {StoreOpenError} when a table that we need belongs to someone else
 */
export function schemaVersion(driver: SyncDriver): number {
  return hasOurTables(driver.all(OBJECTS, [])) ? checkedVersion(driver.all(VERSION, [])[0]?.[0]) : 0;
}

/** The statements that bring a database from a version to {@linkcode SCHEMA_VERSION}. */
export function migration(version: number): readonly string[] {
  if (version >= SCHEMA_VERSION) return [];
  return [...MIGRATIONS.slice(version).flat(), `UPDATE meta SET schema_version = ${SCHEMA_VERSION}`];
}

/**
 * Brings the database to {@linkcode SCHEMA_VERSION} in one transaction. When two processes do so at once, the second
 * waits for the first and finds nothing left to do.
 *
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it meanwhile
 */
export function migrate(driver: SyncDriver): void {
  driver.transaction(() => {
    for (const statement of migration(schemaVersion(driver))) driver.exec(statement);
  });
}
