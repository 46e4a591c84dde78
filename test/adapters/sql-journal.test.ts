import { test } from "node:test";
import type { Change } from "../../src/tier.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { FAKE_START } from "../contract/fake-clock.ts";
import { type Handle, inFolder, type OpenStore, rawDatabase, rows, write } from "./sql-fixture.ts";
import { start } from "./sql-start.ts";
import { watched } from "./sql-watched.ts";

const now = FAKE_START;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const inJournal = (handle: unknown) => rows(handle, "SELECT kind, what FROM journal ORDER BY id");
const ids = (handle: unknown) =>
  rows(handle, "SELECT min(id) AS first, max(id) AS last, count(*) AS n FROM journal")[0]! as {
    first: number;
    last: number;
    n: number;
  };
const tags = { tags: ["t"], match: "any", mode: "delete", now, after: 0 } as const;

/** Puts so many rows of somebody else into the journal. */
function fill(handle: Handle, count: number): void {
  handle.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
      INSERT INTO journal (origin, kind, what) SELECT 1, 'keys', '["x"]' FROM n`,
  );
}

/** What the store is told since `since`, and where it stands then. */
function look(store: OpenStore, since?: number): { changes: readonly Change[] | undefined; position: number } {
  const { changes, position } = store.sync.journal!(since);
  return { changes, position };
}

test("tells what another connection changed, once, and nothing of its own", () =>
  inFolder(async (folder) => {
    const [one, two] = [folder.open(), folder.open()];
    const since = look(one).position;
    two.sync.setMany([write("a"), write("b", "v", { tags: ["t"] })], now);
    two.sync.touchMany!(
      ["a", "no"].map((key) => ({ key, freshUntil: now + 1, staleUntil: now + 1 })),
      now,
    );
    one.sync.setMany([write("own")], now);
    two.sync.deleteMany(["b", "gone"], now);
    two.sync.clear("p:", now);
    const sequence = two.sync.invalidate!({ ...tags, match: "exact", mode: "expire" });
    const expected: Change[] = [
      { by: "keys", keys: ["a", "b"] },
      { by: "keys", keys: ["a"] },
      { by: "keys", keys: ["b", "gone"] },
      { by: "prefix", prefix: "p:" },
      { by: "tags", tags: ["t"], match: "exact", mode: "expire", sequence },
    ];
    const page = one.sync.journal!(since);
    equal(page.changes, expected);
    same(page.sequence, sequence);
    equal(look(one, page.position), { changes: [], position: page.position });
    equal(look(two, since).changes, [{ by: "keys", keys: ["own"] }]);
    equal((await one.journal!(since)).changes, expected, "from an older position it is told again");
  }));

test("tells what another process changed", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const since = look(store).position;
    const child = start("change", folder.file);
    await child.printed(1);
    equal(look(store, since), { changes: [], position: since });
    child.go();
    await child.ended;
    const { changes } = look(store, since);
    equal(
      [...changes!].sort((left, right) => (left.by < right.by ? -1 : 1)),
      [
        { by: "keys", keys: ["a", "b", "c"] },
        { by: "prefix", prefix: "p:" },
        { by: "tags", tags: ["t"], match: "all", mode: "expire", sequence: now },
      ],
    );
  }));

test("writes of one transaction share rows, and a key that comes twice is told once", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const keys = numbers(200).map((index) => `k${index}`);
    await Promise.all([...keys, ...keys].map((key) => store.setMany([write(key)], now)));
    equal(
      inJournal(store.handle).map(({ what }) => JSON.parse(what as string)),
      [keys.slice(0, 64), keys.slice(64, 128), keys.slice(128, 192), keys.slice(192)],
    );
    store.sync.deleteMany(keys, now);
    same(ids(store.handle).n, 8, "nor has a batch a row for each key");
  }));

test("does not tell of what came to nothing", () =>
  inFolder(async (folder) => {
    const { store } = watched(folder, (sql, [key]) => {
      if (sql.startsWith("INSERT INTO entries") && key === "bad") throw new RangeError("refused");
    });
    const other = folder.open();
    const since = look(other).position;
    const past = { freshUntil: now - 1, staleUntil: now - 1 };
    const outcomes = await Promise.allSettled(
      ["a", "bad", "b"].map((key) => store.setMany([write(key, "v", past)], now)),
    );
    equal(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    const { changes, position } = look(other, since);
    equal(
      changes!.flatMap((change) => (change.by === "keys" ? change.keys : ["?"])),
      ["a", "b"],
    );
    // Nor of what changes no entry that anybody can see.
    await store.prune!(10, now);
    store.sync.touchMany!([{ key: "no", freshUntil: now, staleUntil: now }], now);
    const { leases } = store.sync.getMany(["l"], { now, lease: 10 });
    store.sync.release!([{ key: "l", lease: leases![0]! }]);
    store.sync.setMany([], now);
    equal(look(other, position), { changes: [], position });
    store.close!();
  }));

test("a row that is removed because nobody can read it is not told", () =>
  inFolder(async (folder) => {
    const [one, two] = [folder.open(), folder.open()];
    one.sync.setMany([write("k")], now);
    one.handle.exec("UPDATE entries SET data = NULL");
    const since = look(two).position;
    await one.getMany(["k"], { now });
    await one.setMany([], now);
    equal(rows(one.handle, "SELECT key FROM entries"), []);
    equal(look(two, since).changes, []);
  }));

test("is bounded, and keeps the newest rows", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    for (const _ of numbers(7)) fill(store.handle, 5_000);
    const { first, last, n } = ids(store.handle);
    same(last, 35_000);
    same(n, last - first + 1);
    ok(n >= 16_384 && n < 16_384 + 1_024, `received ${n} rows`);
    other.sync.setMany([write("k")], now);
    same(ids(store.handle).last, 35_001);
  }));

test("rows that were dropped are not known any more, those that are left are", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    const since = look(store).position;
    for (const key of ["a", "b"]) store.sync.setMany([write(key)], now);
    other.handle.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO journal (origin, kind, what) SELECT (SELECT max(origin) FROM journal), 'keys', '["own"]' FROM n`,
    );
    same(look(store, since).changes, undefined);
    same(look(store, since + 2).changes, undefined);
    const { last } = ids(store.handle);
    equal(look(store, last - 16_384), { changes: [], position: last });
    same(look(store, last - 16_385).changes, undefined, "whether or not it has been trimmed yet");
    equal(look(store, last).changes, []);
  }));

test("tells up to 2,000 rows of others, and of more that anything may have changed", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    const since = look(store).position;
    fill(other.handle, 2_000);
    same(look(store, since).changes!.length, 2_000);
    for (const _ of numbers(10)) store.sync.setMany([write("own")], now);
    same(look(store, since).changes!.length, 2_000, "own rows do not count");
    fill(other.handle, 1);
    const { changes, position } = look(store, since);
    same(changes, undefined);
    same(position, 2_011);
    equal(look(store, position).changes, []);
  }));

test("after rows were deleted by hand anything may have changed, and no number is used again", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    for (const where of [
      "",
      "WHERE id > (SELECT max(id) FROM journal) - 1",
      "WHERE id = (SELECT max(id) FROM journal) - 2",
    ]) {
      for (const key of ["a", "b", "c", "d"]) other.sync.setMany([write(key)], now);
      const before = ids(store.handle).last;
      const told = look(store, before).position;
      const raw = rawDatabase(folder.file);
      raw.exec(`DELETE FROM journal ${where}`);
      raw.close();
      for (const since of [told, told - 3]) same(look(store, since).changes, undefined, where);
      ok(ids(store.handle).last > before, "the next numbers must be new ones");
      const { position } = look(store, told);
      other.sync.setMany([write("later")], now);
      equal(look(store, position).changes, [{ by: "keys", keys: ["later"] }]);
      ok(ids(store.handle).n <= 12, "one row is left for however many that are deleted");
    }
  }));

test("a position above the newest is one of another journal", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    other.sync.setMany([write("a"), write("b")], now);
    const { position } = look(store);
    for (const nowhere of [position + 1, 10 * position, Number.MAX_SAFE_INTEGER])
      equal(look(store, nowhere), { changes: undefined, position });
    other.handle.exec("DROP TRIGGER journal_torn");
    other.handle.exec("DELETE FROM journal");
    equal(look(store, position), { changes: undefined, position: 0 });
    equal(look(store, 0), { changes: [], position: 0 });
  }));

test("a row that nobody can understand means that anything may have changed", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    for (const values of [
      "'keys', 'no JSON'",
      "'keys', '\"a\"'",
      "'keys', '[1]'",
      "'prefix', '[\"a\"]'",
      "'later', '[\"a\"]'",
      "'keys', x'00'",
      "'tags', '[\"t\"]'",
    ]) {
      const since = look(store).position;
      other.handle.exec(`INSERT INTO journal (origin, kind, what) VALUES (1, ${values})`);
      same(look(store, since).changes, undefined, values);
      equal(look(store, since + 1).changes, [], "it goes on from there");
    }
  }));

test("asks for nothing but the version of the data while nobody else has written", () =>
  inFolder((folder) => {
    const { store, statements } = watched(folder);
    const other = folder.open();
    let since: number | undefined;
    const asked = () => {
      statements.length = 0;
      const page = store.sync.journal!(since);
      since = page.position;
      return [page.changes?.length, statements.length];
    };
    equal(asked(), [0, 2], "the first look reads");
    equal(asked(), [0, 1]);
    other.sync.setMany([write("k")], now);
    equal(asked(), [1, 2]);
    equal(asked(), [0, 1]);
    store.sync.setMany([write("own")], now);
    store.sync.clear("p", now);
    equal(asked(), [0, 1]);
    same(since, 3, "the position goes on over what it wrote itself");
    equal(store.sync.journal!(1).changes, [], "an older position that is known is answered");
    other.sync.setMany([write("k")], now);
    store.sync.setMany([write("own")], now);
    equal(asked(), [1, 2], "its own write does not hide the one before");
    since = 0;
    equal(asked(), [2, 2], "an older position is read again");
    store.close!();
  }));

test("knows its own invalidations without reading them", () =>
  inFolder((folder) => {
    const { store, statements } = watched(folder);
    store.sync.journal!();
    const sequence = store.sync.invalidate!({ ...tags, now: now + 5 });
    statements.length = 0;
    equal(store.sync.journal!(0), { position: 1, sequence, changes: [] });
    same(statements.length, 1);
    store.close!();
  }));

test("is not overrun by what it wrote itself", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    let since = look(store).position;
    for (const _ of numbers(20)) {
      for (const key of numbers(1_000)) store.sync.setMany([write(`k${key}`)], now);
      since = look(store, since).position;
    }
    same(since, 20_000);
    other.sync.setMany([write("k")], now);
    equal(look(store, since).changes, [{ by: "keys", keys: ["k"] }]);
  }));

test("what is committed between the question for the version and the look is not lost", () =>
  inFolder((folder) => {
    const other = folder.open();
    let disturb = false;
    const { store } = watched(folder, (sql) => {
      if (disturb && sql.includes("FROM journal")) {
        disturb = false;
        other.sync.setMany([write("between")], now);
      }
    });
    const since = store.sync.journal!().position;
    other.sync.setMany([write("k")], now);
    disturb = true;
    const page = store.sync.journal!(since);
    same(page.changes!.length, 2);
    other.sync.setMany([write("later")], now);
    equal(store.sync.journal!(page.position).changes, [{ by: "keys", keys: ["later"] }]);
    store.close!();
  }));

test("tells what others change through the same handle of the caller", () =>
  inFolder((folder) => {
    const database = rawDatabase(folder.file);
    const [one, two] = [folder.open({ database }), folder.open({ database })];
    const since = look(one).position;
    equal(look(one, since).changes, []);
    two.sync.setMany([write("k")], now);
    one.sync.setMany([write("own")], now);
    equal(look(one, since).changes, [{ by: "keys", keys: ["k"] }]);
    folder.closeAll();
    database.close();
  }));

test("a store that only reads is told", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("before")], now);
    const reader = folder.open({ readOnly: true });
    same(reader.capabilities.journal, true);
    const since = look(reader).position;
    store.sync.setMany([write("k")], now);
    const { changes, position } = look(reader, since);
    equal(changes, [{ by: "keys", keys: ["k"] }]);
    equal(look(reader, position), { changes: [], position });
  }));

test("a lost row of meta is an error, and not a sequence of nothing", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.handle.exec("DELETE FROM meta");
    await rejects(async () => store.journal!(), "CORRUPT");
  }));

test("a database that nobody else can open has no journal", () =>
  inFolder((folder) => {
    const store = folder.open({ path: ":memory:" });
    store.sync.setMany([write("k")], now);
    store.sync.invalidate!(tags);
    equal([store.capabilities.journal, inJournal(store.handle)], [false, []]);
  }));
