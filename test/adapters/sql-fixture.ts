/**
 * What the tests of the SQLite tier share: folders, stores of bytes, entries. Runs in Node, Bun and Deno.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunFiles } from "../../adapters/sql/bun-sqlite.ts";
import type { FileDriver } from "../../adapters/sql/driver.ts";
import { sqliteStore } from "../../adapters/sql/file-tier.ts";
import { libsqlFiles } from "../../adapters/sql/libsql-file.ts";
import { nodeFiles } from "../../adapters/sql/node-sqlite.ts";
import type { SqliteOptions } from "../../adapters/sql/sqlite-options.ts";
import type { SqlStore } from "../../adapters/sql/store.ts";
import type { Entry } from "../../src/entry.ts";
import type { TierContext, Write } from "../../src/tier.ts";
import { FAKE_START, type FakeClock, fakeClock } from "../contract/fake-clock.ts";

export const isBun = "Bun" in globalThis;
export const isDeno = "Deno" in globalThis;

/** The driver of this runtime. */
export const files: FileDriver = isBun ? bunFiles : process.getBuiltinModule("node:sqlite") ? nodeFiles : libsqlFiles;

/** Why tests that look at the files beside the database are left out: libsql closes them when its statements are collected. */
export const lateClose: string | false = files === libsqlFiles ? "libsql closes files late" : false;

/** The slice of a raw handle that all drivers have. */
export interface Handle {
  exec(sql: string): void;
  prepare(sql: string): { all(...args: unknown[]): unknown[]; finalize?(): void };
  close(): void;
}

/** An open database without Tiercel. */
export function rawDatabase(path: string): Handle {
  return files.open(path, false).handle as Handle;
}

/** Rows of a statement as plain objects. */
export function rows(handle: unknown, sql: string, ...args: unknown[]): Record<string, unknown>[] {
  const statement = (handle as Handle).prepare(sql);
  const all = (statement.all(...args) as object[]).map((row) => ({ ...row }));
  // In Bun a database stays open until its statements are finalized.
  statement.finalize?.();
  return all;
}

/** A store with what it reported. */
export interface OpenStore extends SqlStore {
  readonly clock: FakeClock;
  readonly reports: { kind: string; error: unknown; key: string | undefined }[];
  readonly handle: Handle;
}

/** Runs a test with a folder of its own, in the one for temporary files, which is removed afterwards with all that was opened in it. */
export async function inFolder(test: (folder: Folder) => unknown, parent: string = tmpdir()): Promise<void> {
  const path = mkdtempSync(join(parent, "tiercel-"));
  const opened: SqlStore[] = [];
  const folder: Folder = {
    path,
    file: join(path, "cache.db"),
    open(options = {}) {
      const store = sqliteStore(
        "sqlite",
        files,
        options.database === undefined ? { path: folder.file, ...options } : options,
      );
      const clock = fakeClock(FAKE_START);
      const reports: OpenStore["reports"] = [];
      store.open!(context(clock, (kind, error, key) => reports.push({ kind, error, key })));
      opened.push(store);
      return Object.assign(store, { clock, reports, handle: store.client as Handle });
    },
    closeAll() {
      for (const store of opened) store.close!();
    },
  };
  try {
    await test(folder);
  } finally {
    folder.closeAll();
    rmSync(path, { recursive: true, force: true });
  }
}

export interface Folder {
  readonly path: string;
  /** The path of the store's file. */
  readonly file: string;
  /** Opens a store of bytes, on `file` unless told otherwise. */
  open(options?: SqliteOptions): OpenStore;
  closeAll(): void;
}

/** What `createCache` gives to a tier. */
export function context(clock: FakeClock, report: TierContext["report"] = () => {}): TierContext {
  return { cacheName: "test", clock, random: () => 0.5, removed() {}, report };
}

/** A write of the bytes of a text. Lives for an hour from the start of the fake clock. */
export function write(key: string, text = "value", fields: Partial<Entry> = {}): Write<Uint8Array> {
  const entry: Entry<Uint8Array> = {
    createdAt: FAKE_START,
    freshUntil: FAKE_START + 3_600_000,
    staleUntil: FAKE_START + 3_600_000,
    tags: [],
    sequence: undefined,
    version: undefined,
    loadTime: 0,
    ...fields,
    value: new TextEncoder().encode(text),
  };
  return { key, entry };
}

/** The texts under keys; `undefined` for a miss. */
export function texts(store: SqlStore, keys: readonly string[], now: number = FAKE_START): (string | undefined)[] {
  return store.sync.getMany(keys, { now }).entries.map((entry) => entry && new TextDecoder().decode(entry.value));
}
