import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sqliteStore } from "../../adapters/sql/file-tier.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache } from "../../mod.ts";
import {
  CacheClosedError,
  ConfigError,
  MissingPackageError,
  StoreOpenError,
  StoreSchemaError,
} from "../../src/errors.ts";
import { equal, ok, same, throws } from "../contract/assert.ts";
import { FAKE_START, fakeClock } from "../contract/fake-clock.ts";
import {
  context,
  type Folder,
  files,
  inFolder,
  isDeno,
  lateClose,
  rawDatabase,
  rows,
  texts,
  write,
} from "./sql-fixture.ts";

/** Opens what must be refused, and looks that every file of the folder is as it was. */
function refused(
  folder: Folder,
  error: typeof StoreOpenError | typeof StoreSchemaError,
  path: string = folder.file,
): string {
  const state = () =>
    readdirSync(folder.path)
      .sort()
      .map((name) => [name, name.endsWith(".db") && name !== "folder.db" ? readFileSync(join(folder.path, name)) : ""]);
  const before = state();
  const { message } = throws(() => folder.open({ path }), error);
  equal(state(), before, "a refused file must be left as it was, with nothing beside it");
  return message;
}

function makeDatabase(path: string, sql: string): void {
  const database = rawDatabase(path);
  database.exec(sql);
  database.close();
}

test("reads and makes nothing before it is opened", () =>
  inFolder((folder) => {
    sqlite(join(folder.path, "a/b/cache.db"));
    equal(readdirSync(folder.path), []);
  }));

test("makes the folders that are missing", () =>
  inFolder(async (folder) => {
    const path = join(folder.path, "a", "b", "cache.db");
    const store = folder.open({ path });
    await store.setMany([write("k")], FAKE_START);
    ok(existsSync(path), "the file must be there");
  }));

test("refuses a place where no folder can be made, and does not try for ever", () => {
  if (process.platform !== "linux") return;
  const { message } = throws(() => createCache({ tiers: [sqlite("/proc/tiercel/below/cache.db")] }), StoreOpenError);
  ok(message.includes("in a folder that can be written"), message);
});

test("opens a file: URL", () =>
  inFolder((folder) => {
    folder.open({ path: `file://${folder.path}/with%20space.db` });
    ok(existsSync(join(folder.path, "with space.db")), "the file must be there");
  }));

test("refuses a folder in place of the file, and a file in place of a folder", () =>
  inFolder((folder) => {
    mkdirSync(join(folder.path, "folder.db"));
    writeFileSync(join(folder.path, "file.db"), "text");
    ok(
      refused(folder, StoreOpenError, join(folder.path, "folder.db")).includes("received a folder"),
      "the message must say why",
    );
    refused(folder, StoreOpenError, join(folder.path, "file.db", "cache.db"));
  }));

test("refuses a file that is no database and leaves it byte for byte", () =>
  inFolder((folder) => {
    for (const content of ["x", "hello world", "a,b\n".repeat(5_000), `SQLite format 3\0${"garbage ".repeat(1_000)}`]) {
      writeFileSync(folder.file, content);
      refused(folder, StoreOpenError);
    }
  }));

test("takes an empty file for a new one", () =>
  inFolder((folder) => {
    writeFileSync(folder.file, "");
    folder.open().sync.setMany([write("k")], FAKE_START);
  }));

test("refuses the file of a newer version and leaves it byte for byte", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("k")], FAKE_START);
    store.handle.exec("UPDATE meta SET schema_version = 999");
    store.close!();
    ok(refused(folder, StoreSchemaError).includes("999"), "the message must name the version");
    makeDatabase(folder.file, "UPDATE meta SET schema_version = 1");
    equal(texts(folder.open(), ["k"]), ["value"]);
  }));

test("refuses a file whose schema version is no number", { skip: lateClose }, () =>
  inFolder((folder) => {
    for (const version of ["'two'", "0", "-1", "1.5"]) {
      folder.open().close!();
      makeDatabase(folder.file, `UPDATE meta SET schema_version = ${version}`);
      refused(folder, StoreSchemaError);
      makeDatabase(folder.file, "UPDATE meta SET schema_version = 1");
    }
    makeDatabase(folder.file, "DELETE FROM meta");
    refused(folder, StoreSchemaError);
  }),
);

test("lives beside the tables of another program", () =>
  inFolder((folder) => {
    makeDatabase(
      folder.file,
      "CREATE TABLE customers (id INTEGER, name TEXT); INSERT INTO customers VALUES (1, 'Ann')",
    );
    const store = folder.open();
    store.sync.setMany([write("k")], FAKE_START);
    store.sync.clear("", FAKE_START);
    equal(rows(store.handle, "SELECT * FROM customers"), [{ id: 1, name: "Ann" }]);
  }));

test("refuses a database of another program that uses our names", () =>
  inFolder((folder) => {
    for (const [index, table] of ["entries", "meta", "tags", "profiles"].entries()) {
      const path = join(folder.path, `app${index}.db`);
      makeDatabase(
        path,
        `CREATE TABLE ${table} (id INTEGER, schema_version TEXT); INSERT INTO ${table} VALUES (1, 'x')`,
      );
      ok(refused(folder, StoreOpenError, path).includes(table), "the message must name the table");
    }
  }));

test("refuses a database in UTF-16, whose order of keys is another", () =>
  inFolder((folder) => {
    makeDatabase(folder.file, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE customers (id INTEGER)");
    refused(folder, StoreOpenError);
  }));

test("uses the write-ahead log and the busy time-out, and syncs as told", () =>
  inFolder((folder) => {
    const pragma = (store: { handle: unknown }, name: string) =>
      Object.values(rows(store.handle, `PRAGMA ${name}`)[0]!)[0];
    const store = folder.open();
    equal(
      ["journal_mode", "synchronous", "busy_timeout"].map((name) => pragma(store, name)),
      ["wal", 1, 5_000],
    );
    store.close!();
    const full = folder.open({ synchronous: "full", busyTimeout: "2s" });
    equal(
      ["synchronous", "busy_timeout"].map((name) => pragma(full, name)),
      [2, 2_000],
    );
  }));

test("leaves nothing beside the file when it is closed", { skip: lateClose }, () =>
  inFolder(async (folder) => {
    const store = folder.open();
    await store.setMany([write("k")], FAKE_START);
    texts(store, ["k"]);
    store.close!();
    equal(readdirSync(folder.path), ["cache.db"]);
  }),
);

test("has the tables of the seed, in milliseconds", () =>
  inFolder((folder) => {
    const { handle } = folder.open();
    const columns = (table: string) =>
      rows(handle, `SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => name);
    equal(columns("access_log"), ["key", "access_count", "last_accessed", "last_accessed_by_profile"]);
    equal(columns("eviction_log"), ["id", "key", "evicted_at", "reason", "last_access_count", "evicted_by_profile"]);
    equal(columns("profiles"), [
      "name",
      "time_to_live",
      "ttl_cleanup_interval",
      "memory_based_eviction",
      "free_memory_target",
      "memory_cleanup_interval",
      "max_items_in_memory",
      "tags",
    ]);
    for (const column of [
      "key",
      "data",
      "fmt",
      "version",
      "saved_by_profile",
      "created_at",
      "fresh_until",
      "stale_until",
      "sequence",
    ]) {
      ok(columns("entries").includes(column), column);
    }
    equal(rows(handle, "SELECT schema_version, sequence FROM meta"), [{ schema_version: 1, sequence: 0 }]);
  }));

test("is in one cache at a time", () =>
  inFolder((folder) => {
    const store = folder.open();
    throws(() => store.open!(context(fakeClock())), ConfigError);
    store.close!();
    store.close!();
    throws(() => store.getMany(["k"], { now: 0 }), CacheClosedError);
    throws(() => store.sync.setMany([write("k")], 0), CacheClosedError);
    store.open!(context(fakeClock()));
  }));

test("leaves the caller's handle open, and its pragmas as they are", () =>
  inFolder((folder) => {
    const database = rawDatabase(folder.file);
    database.exec("PRAGMA busy_timeout = 77");
    const store = folder.open({ database });
    same(store.client, database);
    store.sync.setMany([write("k")], FAKE_START);
    store.close!();
    same(store.client, undefined);
    equal(rows(database, "SELECT key FROM entries"), [{ key: "k" }]);
    equal(Object.values(rows(database, "PRAGMA busy_timeout")[0]!), [77]);
    equal(rows(database, "PRAGMA journal_mode"), [{ journal_mode: "delete" }]);
    database.close();
  }));

test("knows whether the caller's handle is of a file", () =>
  inFolder((folder) => {
    for (const [path, isKept] of [
      [folder.file, true],
      [":memory:", false],
    ] as const) {
      const database = rawDatabase(path);
      const { capabilities } = sqlite({ database });
      equal([capabilities.durable, capabilities.shared], [isKept, isKept]);
      database.close();
    }
  }));

test("refuses a handle that is closed", () =>
  inFolder((folder) => {
    const database = rawDatabase(folder.file);
    database.close();
    throws(() => folder.open({ database }), StoreOpenError);
  }));

test("reads only, when told so", () =>
  inFolder(async (folder) => {
    throws(() => folder.open({ readOnly: true }), StoreOpenError);
    equal(readdirSync(folder.path), [], "a file that is missing must not be made for reading");
    makeDatabase(folder.file, "CREATE TABLE customers (id INTEGER)");
    refusedForReading(folder);
    folder.open().sync.setMany([write("k", "kept", { tags: ["t"] })], FAKE_START);
    for (const options of [{ readOnly: true }, { path: `file:${folder.file}?mode=ro` }]) {
      const store = folder.open(options);
      equal(texts(store, ["k", "no"]), ["kept", undefined]);
      same(store.sync.size!("", FAKE_START), 1);
      same(await failure(store.setMany([write("k", "new")], FAKE_START)), true);
      throws(() => store.sync.invalidate!({ tags: ["t"], match: "any", mode: "delete", now: 0, after: 0 }), Error);
      equal(texts(store, ["k"]), ["kept"], "reads go on");
      store.close!();
    }
  }));

function refusedForReading(folder: Folder): void {
  const before = readFileSync(folder.file);
  throws(() => folder.open({ readOnly: true }), StoreOpenError);
  equal(readFileSync(folder.file), before);
}

async function failure(promise: unknown): Promise<boolean> {
  return Promise.resolve(promise).then(
    () => false,
    () => true,
  );
}

test("removes what is expired at the start and gives the space back, when told so", () =>
  inFolder((folder) => {
    const store = folder.open();
    const past = { freshUntil: FAKE_START - 1, staleUntil: FAKE_START - 1 };
    store.sync.setMany(
      Array.from({ length: 2_500 }, (_, index) => write(`old${index}`, "x".repeat(500), past)),
      FAKE_START,
    );
    store.sync.setMany([write("k")], FAKE_START);
    const count = (handle: unknown) => rows(handle, "SELECT count(*) AS n FROM entries")[0]!.n;
    store.close!();
    const left = folder.open();
    same(count(left.handle), 2_501, "nothing is removed unasked");
    left.close!();
    const size = readFileSync(folder.file).length;
    const swept = folder.open({ sweepOnStart: true, vacuum: true });
    same(count(swept.handle), 1);
    swept.close!();
    ok(readFileSync(folder.file).length < size / 4, "the file must have shrunk");
  }));

test("says that Workers have no files, though they have a node:sqlite", () => {
  const real = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Cloudflare-Workers" }, configurable: true });
  try {
    const { message } = throws(() => sqlite("cache.db").open!(context(fakeClock())), StoreOpenError);
    ok(message.includes("Workers"), message);
  } finally {
    if (real) Object.defineProperty(globalThis, "navigator", real);
    else Reflect.deleteProperty(globalThis, "navigator");
  }
});

test("names the package to install where the runtime has no SQLite", {
  skip: isDeno ? "process is not configurable" : false,
}, () => {
  const real = process.getBuiltinModule;
  const none = {
    createRequire: () => () => {
      throw new Error("not found");
    },
  };
  process.getBuiltinModule = ((name: string) =>
    name === "node:module" ? none : name.includes("sqlite") ? undefined : real(name)) as typeof real;
  const navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Node.js/20" }, configurable: true });
  try {
    const { message } = throws(() => sqlite(":memory:").open!(context(fakeClock())), MissingPackageError);
    ok(message.endsWith("npm install libsql"), message);
  } finally {
    process.getBuiltinModule = real;
    if (navigator) Object.defineProperty(globalThis, "navigator", navigator);
    else Reflect.deleteProperty(globalThis, "navigator");
  }
});

test("is closed again when it cannot be brought to our schema", () =>
  inFolder((folder) => {
    makeDatabase(folder.file, "CREATE TABLE entries (id INTEGER)");
    let closed = 0;
    const counting = {
      ...files,
      open: (path: string, readOnly: boolean) => {
        const driver = files.open(path, readOnly);
        const close = (): void => {
          closed++;
          driver.close();
        };
        return { ...driver, close };
      },
    };
    throws(() => sqliteStore("sqlite", counting, { path: folder.file }).open!(context(fakeClock())), StoreOpenError);
    same(closed, 1);
  }));
