/**
 * Opening a SQLite file: folders, pragmas, schema, and what goes wrong with files.
 *
 * @module
 */
import { describe, StoreOpenError, TiercelError } from "../../src/errors.ts";
import { type FolderSystem, makeFolder } from "../folders.ts";
import { builtin } from "./builtin.ts";
import { Connection, insist } from "./connection.ts";
import type { FileDriver, SyncDriver } from "./driver.ts";
import { migrate, schemaVersion } from "./migrate.ts";
import { pruneExpiredPlan } from "./prune.ts";
import { BUSY, CANTOPEN, CORRUPT, FULL, NOTADB, READONLY, resultCode } from "./result-codes.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import type { SqliteSettings } from "./sqlite-options.ts";

/** The path of a database that is in memory only. */
export const MEMORY = ":memory:";

/** Bytes to which the write-ahead log is cut back after a checkpoint: 64 MiB. */
const LOG_LIMIT = 67_108_864;

interface FileSystem extends FolderSystem {
  statSync(path: string): Stats;
  statSync(path: string, options: { throwIfNoEntry: false }): Stats | undefined;
}

interface Stats {
  isDirectory(): boolean;
  readonly size: number;
}

/**
 * Opens the file of the settings and brings it to our schema. A file that is refused is left as it was.
 *
 * @throws {StoreOpenError} when it cannot be opened, created or is no database of ours
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it
 */
export function openFile(files: FileDriver, path: string, settings: SqliteSettings): Connection {
  let driver: SyncDriver | undefined;
  try {
    if (path !== MEMORY) checkPlace(path, settings.readOnly);
    const opened = files.open(path, settings.readOnly);
    driver = opened;
    opened.exec(`PRAGMA busy_timeout = ${Math.min(settings.busyTimeout, 2_147_483_647)}`);
    // Two processes that make the same file at once get in each other's way in spite of the busy time-out.
    insist(settings.busyTimeout, () => setUp(opened, settings));
    return new Connection(opened, settings.busyTimeout, true);
  } catch (error) {
    closeQuietly(driver);
    throw error instanceof TiercelError ? error : new StoreOpenError(explain(path, error), { cause: error });
  }
}

/**
 * Brings a handle of the caller's to our schema.
 *
 * @throws {StoreOpenError} when it holds tables of another program under our names, or cannot be written
 * @throws {StoreSchemaError} when a newer version of Tiercel wrote it
 */
export function adoptHandle(driver: SyncDriver, settings: SqliteSettings): Connection {
  try {
    insist(settings.busyTimeout, () => bringUp(driver, settings.readOnly));
    return new Connection(driver, settings.busyTimeout, false);
  } catch (error) {
    throw error instanceof TiercelError ? error : new StoreOpenError(explain("database", error), { cause: error });
  }
}

/** Does what is asked for at the start: removes what is expired, gives space back. */
export function tidy(connection: Connection, { sweepOnStart, vacuum }: SqliteSettings, now: number): void {
  const { driver } = connection;
  if (sweepOnStart) while ((connection.commit([pruneExpiredPlan(SWEEP, now)])[0] as string[]).length === SWEEP);
  if (!vacuum) return;
  const [free, pages] = ["freelist_count", "page_count"].map((pragma) =>
    Number(driver.all(`PRAGMA ${pragma}`, [])[0]?.[0]),
  );
  if (free! * 4 > pages!) driver.exec("VACUUM");
}

/** Entries removed in one transaction of the sweep at the start. */
const SWEEP = 1_000;

function setUp(driver: SyncDriver, settings: SqliteSettings): void {
  // Looked at first, so that a file that is not ours is not even put into WAL mode.
  look(driver);
  if (!settings.readOnly) {
    const mode = driver.all("PRAGMA journal_mode = WAL", [])[0]?.[0];
    // A file system without shared memory keeps the old journal, where only FULL is safe from damage by a power cut.
    driver.exec(`PRAGMA synchronous = ${mode === "wal" ? settings.synchronous : "full"}`);
    driver.exec(`PRAGMA journal_size_limit = ${LOG_LIMIT}`);
  }
  bringUp(driver, settings.readOnly);
}

/** The schema version of a database that we can work with. Only reads. */
function look(driver: SyncDriver): number {
  const version = schemaVersion(driver);
  const encoding = driver.all("PRAGMA encoding", [])[0]?.[0];
  if (encoding !== "UTF-8") {
    throw new StoreOpenError(
      `Cannot open SQLite store as its encoding must be UTF-8, by which keys are ordered: received ${describe(encoding)}`,
    );
  }
  return version;
}

function bringUp(driver: SyncDriver, readOnly: boolean): void {
  const version = look(driver);
  if (version === SCHEMA_VERSION) return;
  if (readOnly) {
    throw new StoreOpenError(
      `Cannot open SQLite store for reading as its schema version must be ${SCHEMA_VERSION}: received ${version || "a database without our tables"}`,
    );
  }
  migrate(driver);
}

function checkPlace(path: string, readOnly: boolean): void {
  const fs = builtin<FileSystem>("node:fs");
  if (fs === undefined) return;
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    throw new StoreOpenError(`Cannot open SQLite store as ${JSON.stringify(path)} must be a file: received a folder`);
  }
  // SQLite takes a file of one byte for an empty one, and would overwrite it.
  if (found?.size === 1) {
    throw new StoreOpenError(
      `Cannot open SQLite store as ${JSON.stringify(path)} must be a SQLite database: received one byte`,
    );
  }
  if (found !== undefined) return;
  // libSQL would make an empty file.
  if (readOnly) throw new StoreOpenError(`Cannot open SQLite store for reading as ${JSON.stringify(path)} must exist`);
  const { dirname } = builtin<{ dirname(path: string): string }>("node:path")!;
  const folder = dirname(path);
  // The working folder is there, and may be one that we have no rights to.
  if (folder !== ".") makeFolder(fs, folder, dirname);
}

function explain(path: string, error: unknown): string {
  const reasons: Record<number, string> = {
    [NOTADB]: "a SQLite database: received a file of another kind",
    [CORRUPT]: "whole: received a damaged database",
    [READONLY]: "writable, or be opened with readOnly: received a file that may only be read",
    [FULL]: "on a disk with space: received one that is full",
    [BUSY]: "free within busyTimeout: received one that is locked by another process",
    [CANTOPEN]: "a file that can be opened, in a folder that can be written",
  };
  const reason = reasons[resultCode(error) ?? 0] ?? "a file that can be opened, in a folder that can be written";
  return `Cannot open SQLite store as ${JSON.stringify(path)} must be ${reason}`;
}

function closeQuietly(driver: SyncDriver | undefined): void {
  try {
    driver?.close();
  } catch {
    // What matters is why it could not be opened.
  }
}
