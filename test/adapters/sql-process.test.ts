import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { equal, ok, same } from "../contract/assert.ts";
import { FAKE_START } from "../contract/fake-clock.ts";
import { inFolder, isBun, isDeno, lateClose, rows, texts, write } from "./sql-fixture.ts";
import { SCRIPT, start } from "./sql-start.ts";

const now = FAKE_START;
/** The user nobody: tests that need one who is not root are for root to run. */
const NOBODY = 65_534;
const notRoot =
  process.getuid?.() === 0 && !isBun && !isDeno && mayEnter(SCRIPT)
    ? false
    : "needs root, to become another user, and tests that this user can read, under Node";
/** A folder that every user may enter. */
const COMMON = "/tmp";

function mayEnter(path: string): boolean {
  const folder = dirname(path);
  return folder === path || ((statSync(folder).mode & 1) === 1 && mayEnter(folder));
}

test("every write that was acknowledged survives kill -9", () =>
  inFolder(async (folder) => {
    const child = start("writeForever", folder.file);
    await child.printed(1_000);
    child.process.kill("SIGKILL");
    const acknowledged = await child.ended;
    ok(acknowledged.length >= 1_000, "the process must have run until it was killed");
    const store = folder.open();
    const found = texts(store, acknowledged);
    same(
      found.findIndex((text, index) => text !== `value of ${acknowledged[index]}`),
      -1,
    );
    equal(rows(store.handle, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    await store.setMany([write("after")], now);
    equal(texts(store, ["after"]), ["value"]);
  }));

test("processes that make one file at the same time all succeed", () =>
  inFolder(async (folder) => {
    for (let round = 0; round < 3; round++) {
      const path = join(folder.path, `round${round}`, "cache.db");
      const children = ["1", "2", "3", "4"].map((id) => start("create", path, id));
      await Promise.all(children.map((child) => child.printed(1)));
      for (const child of children) child.go();
      for (const child of children) equal(await child.ended, ["ready", "done"]);
      const store = folder.open({ path });
      equal(texts(store, ["k1", "k2", "k3", "k4"]), ["value", "value", "value", "value"]);
      equal(rows(store.handle, "SELECT schema_version FROM meta"), [{ schema_version: 1 }]);
    }
  }));

test("two processes write, invalidate and lose nothing", () =>
  inFolder(async (folder) => {
    const children = ["1", "2"].map((id) => start("share", folder.file, id));
    const sequences = (await Promise.all(children.map((child) => child.ended))).map((lines) => lines.map(Number));
    for (const own of sequences) {
      same(own.length, 20);
      equal(
        own,
        [...own].sort((left, right) => left - right),
        "sequences rise",
      );
    }
    same(new Set(sequences.flat()).size, 40, "no sequence is given twice");
    const store = folder.open();
    const keys = ["1", "2"].flatMap((id) => Array.from({ length: 200 }, (_, index) => `k${id}-${index}`));
    equal(
      texts(store, keys),
      keys.map((key) => `value of ${key.split("-")[1]}`),
    );
    same(store.sync.size!("s", now), 16);
    same(store.sync.getMany([], { now, sequence: true }).sequence, Math.max(...sequences.flat()));
  }));

test("a file that may only be read is read, and writes are refused", { skip: notRoot }, () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "kept")], now);
    store.close!();
    chmodSync(folder.file, 0o444);
    // The folder may be written, as the write-ahead log needs files beside.
    chownSync(folder.path, NOBODY, NOBODY);
    const lines = await start("readOnlyFile", folder.file, "0", { uid: NOBODY }).ended;
    equal(lines, ["read", "attempt to write a readonly database", "kept"]);
    equal(texts(folder.open(), ["k"]), ["kept"]);
  }, COMMON),
);

test("a folder that may not be written is refused when the cache opens", { skip: notRoot || lateClose }, () =>
  inFolder(async (folder) => {
    const locked = join(folder.path, "locked");
    mkdirSync(locked, { mode: 0o755 });
    chmodSync(folder.path, 0o755);
    for (const path of [join(locked, "cache.db"), join(locked, "deeper", "cache.db")]) {
      equal(await start("openRefused", path, "0", { uid: NOBODY }).ended, ["STORE_OPEN"]);
    }
    const existing = join(locked, "existing.db");
    folder.open({ path: existing }).close!();
    equal(await start("openRefused", existing, "0", { uid: NOBODY }).ended, ["STORE_OPEN"]);
  }, COMMON),
);
