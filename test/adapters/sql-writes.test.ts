import { test } from "node:test";
import { isBusy } from "../../adapters/sql/connection.ts";
import { KeyError, TierLimitError } from "../../src/errors.ts";
import { equal, ok, rejects, same, throws } from "../contract/assert.ts";
import { FAKE_START } from "../contract/fake-clock.ts";
import { inFolder, rawDatabase, rows, texts, write } from "./sql-fixture.ts";
import { watched } from "./sql-watched.ts";

const now = FAKE_START;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The answer to a write that was not refused. */
const stored = (sequence: number) => ({ sequence });

test("writes of one tick share one transaction", () =>
  inFolder(async (folder) => {
    const { store, counts } = watched(folder);
    const keys = numbers(1_000).map((index) => `k${index}`);
    const answers = await Promise.all([
      ...keys.map((key) => store.setMany([write(key, key)], now)),
      store.deleteMany(["k0"], now),
      store.invalidate!({ tags: ["t"], match: "any", mode: "delete", now, after: 0 }),
      store.touchMany!([{ key: "k1", freshUntil: now + 1, staleUntil: now + 1 }], now),
      store.clear("k2", now),
    ]);
    same(counts.transactions, 1);
    equal(answers.slice(1_000), [[true], now, [true], undefined]);
    equal(texts(store, ["k0", "k1", "k2", "k3"]), [undefined, "k1", undefined, "k3"]);
    store.close!();
  }));

test("writes of one tick take effect in the order of their calls", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const answers = await Promise.all([
      store.setMany([write("k", "1")], now),
      store.deleteMany(["k"], now),
      store.deleteMany(["k"], now),
      store.setMany([write("k", "2")], now),
      store.setMany([write("k", "3", { tags: ["t"] })], now),
      store.invalidate!({ tags: ["t"], match: "any", mode: "delete", now, after: 0 }),
      store.setMany([write("k", "4", { tags: ["t"] })], now),
    ]);
    equal(answers, [stored(0), [true], [false], stored(0), stored(0), now, stored(now)]);
    equal(texts(store, ["k"]), ["4"]);
  }));

test("a read sees a write once it is answered, and the state before it until then", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    await store.setMany([write("k", "old")], now);
    const pending = store.setMany([write("k", "new")], now);
    const { entries } = await store.getMany(["k"], { now });
    equal(new TextDecoder().decode(entries[0]!.value), "old");
    await pending;
    equal(texts(store, ["k"]), ["new"]);
  }));

test("the synchronous face writes first what waits, and reads it", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const first = store.setMany([write("k", "1")], now);
    equal(texts(store, ["k"]), ["1"], "a synchronous read comes after the write before it");
    const second = store.setMany([write("k", "2")], now);
    store.sync.setMany([write("k", "3")], now);
    equal(await Promise.all([first, second]), [stored(0), stored(0)]);
    equal(texts(store, ["k"]), ["3"], "the later call wins");
    const third = store.setMany([write("l", "1")], now);
    equal(store.sync.deleteMany(["l"], now), [true]);
    await third;
    equal(texts(store, ["l"]), [undefined]);
  }));

test("one bad write fails alone", () =>
  inFolder(async (folder) => {
    const { store, counts } = watched(folder, (_, [key]) => {
      if (key === "bad") throw new RangeError("refused");
    });
    const outcomes = await Promise.allSettled(
      numbers(20).map((index) => store.setMany([write(index % 7 === 3 ? "bad" : `k${index}`)], now)),
    );
    equal(
      outcomes.map(({ status }) => status === "rejected"),
      numbers(20).map((index) => index % 7 === 3),
    );
    ok(
      outcomes.every((outcome) => outcome.status === "fulfilled" || outcome.reason instanceof RangeError),
      "the reason is the real one",
    );
    same(store.sync.size!("", now), 17);
    const before = counts.transactions;
    await Promise.all(numbers(20).map((index) => store.setMany([write(`n${index}`)], now)));
    same(counts.transactions, before + 1, "after that, writes share transactions again");
    store.close!();
  }));

test("a batch with a bad write changes nothing", () =>
  inFolder(async (folder) => {
    const { store } = watched(folder, (_, [key]) => {
      if (key === "bad") throw new RangeError("refused");
    });
    await rejects(() => store.setMany([write("a"), write("bad"), write("b")], now), RangeError);
    throws(() => store.sync.setMany([write("a"), write("bad"), write("b")], now), RangeError);
    equal(texts(store, ["a", "b"]), [undefined, undefined]);
    store.close!();
  }));

test("close writes what waits", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const pending = store.setMany([write("k")], now);
    store.close!();
    await pending;
    equal(texts(folder.open(), ["k"]), ["value"]);
  }));

test("the queue is bounded", () =>
  inFolder(async (folder) => {
    const { store, counts } = watched(folder);
    const pending = numbers(10_000).map((index) => store.setMany([write(`k${index}`)], now));
    same(counts.transactions, 1, "a full queue is written at once");
    await Promise.all(pending);
    store.close!();
  }));

test("a write waits for another process without blocking, and reads go on", () =>
  inFolder(async (folder) => {
    const { store, onAttempt } = watched(folder, undefined, { busyTimeout: "60s" });
    await store.setMany([write("k", "old")], now);
    const other = rawDatabase(folder.file);
    other.exec("BEGIN IMMEDIATE");
    const order: string[] = [];
    // Three attempts fail, each in a turn of the event loop of its own.
    const tried = new Promise<void>((resolve) =>
      onAttempt.push(
        () => {},
        () => {},
        resolve,
      ),
    );
    const pending = Promise.resolve(store.setMany([write("k", "new")], now)).then(() => order.push("written"));
    await tried;
    const { entries } = await store.getMany(["k"], { now });
    order.push(new TextDecoder().decode(entries[0]!.value));
    other.exec("COMMIT");
    const later = store.setMany([write("l")], now);
    await Promise.all([pending, later]);
    equal(order, ["old", "written"]);
    equal(texts(store, ["k", "l"]), ["new", "value"]);
    other.close();
    store.close!();
  }));

test("a synchronous call writes what waits for a lock, in order, once it is free", () =>
  inFolder(async (folder) => {
    const { store, onAttempt } = watched(folder, undefined, { busyTimeout: "60s" });
    const other = rawDatabase(folder.file);
    other.exec("BEGIN IMMEDIATE");
    const tried = new Promise<void>((resolve) => onAttempt.push(resolve));
    const pending = store.setMany([write("k", "first")], now);
    await tried;
    other.exec("COMMIT");
    store.sync.setMany([write("k", "second")], now);
    await pending;
    equal(texts(store, ["k"]), ["second"]);
    other.close();
    store.close!();
  }));

test("a write gives up after the busy time-out, on both faces, and changes nothing", () =>
  inFolder(async (folder) => {
    const { store } = watched(folder, undefined, { busyTimeout: 0 });
    const other = rawDatabase(folder.file);
    other.exec("BEGIN IMMEDIATE");
    const outcomes = await Promise.allSettled([store.setMany([write("a")], now), store.deleteMany(["a"], now)]);
    for (const outcome of outcomes)
      ok(outcome.status === "rejected" && isBusy(outcome.reason), "the reason is the lock");
    ok(isBusy(throws(() => store.sync.setMany([write("b")], now), Error)), "the reason is the lock");
    other.exec("COMMIT");
    await store.setMany([write("c")], now);
    equal(texts(store, ["a", "b", "c"]), [undefined, undefined, "value"]);
    other.close();
    store.close!();
  }));

test("a transaction holds the write lock from its start, so that nobody writes between its statements", () =>
  inFolder(async (folder) => {
    const other = rawDatabase(folder.file);
    other.exec("PRAGMA busy_timeout = 0");
    let refused = 0;
    const { store } = watched(folder, (sql) => {
      if (!sql.startsWith("SELECT k.value")) return;
      if (isBusy(throws(() => other.exec("BEGIN IMMEDIATE"), Error))) refused++;
    });
    equal(await store.deleteMany(["k"], now), [false]);
    same(refused, 1);
    other.close();
    store.close!();
  }));

test("opening goes on when another process is in the way of the write-ahead log", () =>
  inFolder((folder) => {
    let attempts = 0;
    const { store } = watched(folder, (sql) => {
      // SQLite answers so at once, without the busy time-out, to one of two that switch a file over.
      if (sql.includes("journal_mode") && ++attempts < 4)
        throw Object.assign(new Error("database is locked"), { errcode: 5 });
    });
    same(attempts, 4);
    store.sync.setMany([write("k")], now);
    store.close!();
  }));

test("a transaction of the caller on the same handle is not joined", () =>
  inFolder(async (folder) => {
    const database = rawDatabase(folder.file);
    const store = folder.open({ database });
    database.exec("BEGIN");
    await rejects(() => store.setMany([write("k")], now), Error);
    database.exec("COMMIT");
    await store.setMany([write("k")], now);
    equal(rows(database, "SELECT key FROM entries"), [{ key: "k" }]);
    store.close!();
    database.close();
  }));

test("refuses keys that are too long or would not come back, and reads them as misses", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    for (const key of ["x".repeat(512), "é".repeat(256), "😀".repeat(128)]) {
      await store.setMany([write(key, key)], now);
      equal(texts(store, [key]), [key]);
      await rejects(() => store.setMany([write(`${key}x`)], now), TierLimitError);
      throws(() => store.sync.setMany([write("fine"), write(`${key}x`)], now), TierLimitError);
    }
    await store.setMany([write("\ufffd")], now);
    for (const key of ["\ud800", "\udc00", "a\0b", "\0"]) {
      await rejects(() => store.setMany([write(key)], now), KeyError);
      await rejects(() => store.setMany([write("k", "v", { tags: [key] })], now), KeyError);
      equal(texts(store, [key]), [undefined]);
      equal(texts(store, [key, "\ufffd", key]), [undefined, "value", undefined]);
      equal(await store.deleteMany([key], now), [false]);
      equal(await store.touchMany!([{ key, freshUntil: now + 1, staleUntil: now + 1 }], now), [false]);
    }
    equal(texts(store, ["fine", "\ufffd"]), [undefined, "value"]);
    equal(texts(store, ["\ufffd"], now + 2), ["value"], "a touch of another key must not reach it");
  }));

test("takes a key limit of its own", () =>
  inFolder(async (folder) => {
    const store = folder.open({ maxKeyLength: 3 });
    await store.setMany([write("abc")], now);
    const { message } = await rejects(() => store.setMany([write("abcd")], now), TierLimitError);
    same(message, "Cannot store key in sqlite as it must be at most 3 bytes: received 4");
  }));

test("keeps empty and large values, whole", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const large = new Uint8Array(3_000_000).map((_, index) => index * 31);
    const { entry } = write("k");
    await store.setMany(
      [
        { key: "large", entry: { ...entry, value: large } },
        { key: "empty", entry: { ...entry, value: new Uint8Array(0) } },
      ],
      now,
    );
    const view = { ...entry, value: large.subarray(1, 4) };
    await store.setMany([{ key: "view", entry: view }], now);
    const { entries } = await store.getMany(["large", "empty", "view"], { now });
    equal(
      entries.map((found) => found!.value),
      [large, new Uint8Array(0), large.slice(1, 4)],
    );
    equal(
      entries.map((found) => found!.size),
      [3_000_000, 0, 3],
    );
    const { entries: metas } = await store.getMany(["large", "empty"], { now, metaOnly: true });
    equal(
      metas.map((found) => [found!.size, found!.value.length]),
      [
        [3_000_000, 0],
        [0, 0],
      ],
    );
  }));
