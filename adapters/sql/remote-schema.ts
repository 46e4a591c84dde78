/**
 * Bringing a database elsewhere to our schema, with batches alone. Others may do the same at the same time.
 *
 * @module
 */
import { describe, StoreOpenError } from "../../src/errors.ts";
import type { AsyncDriver, Row, Step } from "./driver.ts";
import { checkedVersion, hasOurTables, migration, OBJECTS, VERSION } from "./migrate.ts";
import { isUnmade } from "./remote-faults.ts";
import { SCHEMA_VERSION } from "./schema.ts";

const step = (sql: string): Step => ({ sql, args: [] });

const OBJECTS_STEP = step(OBJECTS);
const VERSION_STEP = step(VERSION);

/** How the letter a is kept, which tells the encoding where pragmas are not to be had. */
const LETTER = step("SELECT hex(CAST('a' AS BLOB))");

/** Fails, and with it the batch, where the schema is not of this version any more: the row is there already. */
const STILL = "INSERT INTO meta SELECT * FROM meta WHERE schema_version <> ?";

/**
 * Makes the tables that are missing. One round trip where there is nothing to do.
 *
 * @throws {StoreOpenError} when it holds tables of another program under our names, or has none and may only be read
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it; it is left untouched
 */
export async function bringUp(driver: AsyncDriver, readOnly: boolean): Promise<void> {
  const version = await look(driver);
  if (version < SCHEMA_VERSION && readOnly) {
    throw new StoreOpenError(
      `Cannot open SQLite store for reading as its schema version must be ${SCHEMA_VERSION}: received ${version || "a database without our tables"}`,
    );
  }
  if (!readOnly) await driver.settle?.();
  if (version === SCHEMA_VERSION) return;
  const steps = migration(version).map(step);
  // Without a version the first statement fails by itself.
  if (version > 0) steps.unshift({ sql: STILL, args: [version] });
  try {
    await driver.batch(steps, "write");
  } catch (error) {
    // Somebody else may have made them.
    if ((await look(driver)) < SCHEMA_VERSION) throw error;
  }
}

/** The schema version, 0 when there is no table of ours. */
async function look(driver: AsyncDriver): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [objects = [], letter, version] = await driver.batch([OBJECTS_STEP, LETTER, VERSION_STEP], "read");
      check(letter);
      return hasOurTables(objects) ? checkedVersion(asNumber(version?.[0]?.[0])) : 0;
    } catch (error) {
      if (!isUnmade(error) || attempt === 3) throw error;
    }
    const [objects = [], letter] = await driver.batch([OBJECTS_STEP, LETTER], "read");
    check(letter);
    // Otherwise somebody else has made them since.
    if (!hasOurTables(objects)) return 0;
  }
}

function check(letter: readonly Row[] | undefined): void {
  const bytes = letter?.[0]?.[0];
  if (bytes === "61") return;
  throw new StoreOpenError(
    `Cannot open SQLite store as its encoding must be UTF-8, by which keys are ordered: received a database that keeps "a" as ${describe(bytes)}`,
  );
}

function asNumber(version: unknown): unknown {
  if (typeof version !== "string") return version;
  throw new StoreOpenError(
    'Cannot open SQLite store as its client must give integers as numbers: received one with intMode "string"',
  );
}
