import { test } from "node:test";
import type { InvalidationMode, TagMatch } from "../../src/tier.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { FAKE_START } from "../contract/fake-clock.ts";
import { inFolder, type OpenStore, rawDatabase, rows, texts, write } from "./sql-fixture.ts";

const now = FAKE_START;
const MINUTE = 60_000;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const count = (store: OpenStore, table: string) => rows(store.handle, `SELECT count(*) AS n FROM ${table}`)[0]!.n;

/** The record of a tag, if there is one. */
const record = (store: OpenStore, tag: string) =>
  rows(store.handle, "SELECT deleted, expired FROM tags WHERE name = ?", tag);

function invalidate(
  store: OpenStore,
  tags: string[],
  match: TagMatch = "any",
  mode: InvalidationMode = "delete",
  at: number = now,
): number {
  return store.sync.invalidate!({ tags, match, mode, now: at, after: 0 });
}

function pruneAll(store: OpenStore, at: number = now): string[] {
  const all: string[] = [];
  for (let keys = store.sync.prune!(100, at); keys.length > 0; keys = store.sync.prune!(100, at)) all.push(...keys);
  return all;
}

test("an invalidation by any tag writes the same few rows however many entries it hits", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany(
      numbers(2_000).map((index) => write(`k${index}`, "v", { tags: ["all", `t${index % 10}`] })),
      now,
    );
    const changes = () => rows(store.handle, "SELECT total_changes() AS n")[0]!.n as number;
    const before = changes();
    invalidate(store, ["all"]);
    same(changes() - before, 3, "the sequence, the tag and the journal");
    same(count(store, "entries"), 2_000);
    equal(texts(store, ["k0", "k1999"]), [undefined, undefined]);
    same(store.sync.size!("", now), 0);
  }));

test("prune removes the entries that an invalidation hit, within its limit, and no other", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany(
      numbers(25).map((index) => write(`dead${index}`, "v", { tags: ["t"] })),
      now,
    );
    store.sync.setMany([write("other", "v", { tags: ["u"] }), write("untagged")], now);
    invalidate(store, ["t"]);
    store.sync.setMany([write("dead0", "new", { tags: ["t"] })], now);
    equal(
      [store.sync.prune!(10, now).length, store.sync.prune!(10, now).length, store.sync.prune!(10, now).length],
      [10, 10, 4],
    );
    equal(pruneAll(store), []);
    equal(
      rows(store.handle, "SELECT key FROM entries ORDER BY key").map(({ key }) => key),
      ["dead0", "other", "untagged"],
    );
    same(count(store, "entry_tags"), 2, "rows of removed entries go with them");
    equal(texts(store, ["dead0"]), ["new"]);
  }));

test("prune names each key it removed, expired or invalidated, on both faces", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const past = { freshUntil: now - 1, staleUntil: now - 1 };
    store.sync.setMany(
      [
        write("expired", "v", past),
        write("dead", "v", { tags: ["t"] }),
        write("both", "v", { ...past, tags: ["t"] }),
        write("k"),
      ],
      now,
    );
    invalidate(store, ["t"]);
    equal([...(await store.prune!(10, now))].sort(), ["both", "dead", "expired"]);
    equal(await store.prune!(10, now), []);
  }));

test("prune finds an entry that came too late, after its tag was swept", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "v", { tags: ["t"] })], now);
    invalidate(store, ["t"]);
    equal(pruneAll(store), ["k"]);
    store.sync.setMany([write("late", "v", { tags: ["t", "u"], sequence: 0 })], now);
    equal(texts(store, ["late"]), [undefined]);
    same(store.sync.size!("", now), 0);
    equal(pruneAll(store), ["late"]);
  }));

test("prune drops the records of tags that no entry has, so that they are bounded", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "v", { tags: ["used"] })], now);
    for (const part of numbers(10))
      invalidate(
        store,
        numbers(250).map((index) => `t${part * 250 + index}`),
      );
    invalidate(store, ["used"], "any", "expire");
    same(count(store, "tags"), 2_501);
    pruneAll(store);
    same(count(store, "tags"), 2_501, "records are kept for loads under way");
    for (const _ of numbers(4)) store.sync.prune!(100, now + MINUTE + 20);
    equal(rows(store.handle, "SELECT name FROM tags"), [{ name: "used" }]);
    equal(texts(store, ["k"]), ["v"]);
    same(store.sync.getMany(["k"], { now }).entries[0]!.freshUntil, 0);
  }));

test("a dropped record revives nothing: an older load stays refused, a newer one is taken", () =>
  inFolder((folder) => {
    const store = folder.open();
    const before = invalidate(store, ["other"]);
    const bumped = invalidate(store, ["t"]);
    store.sync.prune!(100, now + 2 * MINUTE);
    equal(record(store, "t"), [], "the record must be gone");
    store.sync.setMany(
      [write("late", "v", { tags: ["t"], sequence: before }), write("new", "v", { tags: ["t"], sequence: bumped })],
      now,
    );
    equal(texts(store, ["late", "new"]), [undefined, "v"]);
    store.sync.setMany([write("late2", "v", { tags: ["never seen"], sequence: before })], now);
    equal(texts(store, ["late2"]), [undefined], "nobody knows any more whether its tag was invalidated");
    same(store.sync.size!("", now), 1);
    equal(pruneAll(store).sort(), ["late", "late2"]);
    equal(record(store, "t"), [{ deleted: bumped, expired: 0 }]);
  }));

test("a lost record revives nothing, also when it is made anew by an older load", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("a", "v", { tags: ["t", "u"] }), write("b", "v", { tags: ["u"] })], now);
    const bumped = invalidate(store, ["t"]);
    store.handle.exec("DELETE FROM tags WHERE name = 't'");
    equal(texts(store, ["a", "b"]), [undefined, "v"]);
    store.sync.setMany(
      [write("c", "v", { tags: ["t"], sequence: 0 }), write("d", "v", { tags: ["t"], sequence: bumped })],
      now,
    );
    equal(texts(store, ["a", "b", "d"]), [undefined, "v", "v"]);
    equal(store.sync.deleteMany(["a"], now), [false]);
    equal(store.sync.touchMany!([{ key: "a", freshUntil: now * 2, staleUntil: now * 2 }], now), [false]);
  }));

test("an entry whose links to its tags were lost is corrupt, not untagged", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "v", { tags: ["t", "u"] })], now);
    store.handle.exec("DELETE FROM entry_tags WHERE tag = (SELECT id FROM tags WHERE name = 'u')");
    equal(texts(store, ["k"]), [undefined]);
    equal(
      store.reports.map(({ kind, key }) => [kind, key]),
      [["corrupt", "k"]],
    );
  }));

test("all and exact remove rows at once, and links of entries go with them", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany(
      [
        write("x", "v", { tags: ["x"] }),
        write("xy", "v", { tags: ["x", "y"] }),
        write("xyz", "v", { tags: ["x", "y", "z"] }),
      ],
      now,
    );
    invalidate(store, ["y", "x"], "exact");
    equal(
      rows(store.handle, "SELECT key FROM entries ORDER BY key").map(({ key }) => key),
      ["x", "xyz"],
    );
    invalidate(store, ["y", "x"], "all");
    equal(
      rows(store.handle, "SELECT key FROM entries").map(({ key }) => key),
      ["x"],
    );
    same(count(store, "entry_tags"), 1);
  }));

test("no tags at all hit nothing, whatever the match", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("k"), write("t", "v", { tags: ["t"] })], now);
    let last = 0;
    for (const match of ["any", "all", "exact"] as const) {
      for (const mode of ["delete", "expire"] as const) {
        const sequence = invalidate(store, [], match, mode);
        ok(sequence > last, "the sequence must rise");
        last = sequence;
      }
    }
    equal(texts(store, ["k", "t"]), ["value", "v"]);
  }));

test("a touch does not make fresh what was expired by all of its tags", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "v", { tags: ["x", "y"] })], now);
    invalidate(store, ["x", "y"], "all", "expire");
    equal(store.sync.touchMany!([{ key: "k", freshUntil: now + MINUTE, staleUntil: now + MINUTE }], now), [true]);
    const [entry] = store.sync.getMany(["k"], { now }).entries;
    equal([entry!.freshUntil, entry!.staleUntil], [0, now + MINUTE]);
    store.sync.setMany([write("k", "v", { tags: ["x", "y"] })], now);
    same(store.sync.getMany(["k"], { now }).entries[0]!.freshUntil, now + 60 * MINUTE);
  }));

test("rules of all and exact are bounded, and what is older than a dropped one is refused", () =>
  inFolder((folder) => {
    const store = folder.open();
    const start = invalidate(store, ["start"]);
    for (const index of numbers(1_005)) invalidate(store, ["a", `b${index}`], index % 2 ? "all" : "exact");
    same(count(store, "tag_rules"), 1_000);
    const late = (key: string, tags: string[], sequence: number) => write(key, "v", { tags, sequence });
    const current = store.sync.getMany([], { now, sequence: true }).sequence!;
    store.sync.setMany(
      [
        late("old", ["other"], start),
        late("hit", ["a", "b1004"], current - 1),
        late("exact", ["a", "b1004", "c"], current - 1),
        late("new", ["a", "b1004"], current),
      ],
      now,
    );
    equal(texts(store, ["old", "hit", "exact", "new"]), [undefined, undefined, "v", "v"]);
  }));

test("tags may hold anything but NUL, JSON's own characters included", () =>
  inFolder((folder) => {
    const store = folder.open();
    const tags = ['"', "\\", "[]", "\u2028", "\u0001", "😀", "\u{10ffff}", "__proto__", "null", ""].sort();
    store.sync.setMany([write("k", "v", { tags })], now);
    equal(store.sync.getMany(["k"], { now }).entries[0]!.tags, tags);
    equal(store.sync.getMany(["no", "k"], { now }).entries[1]!.tags, tags);
    equal(
      tags.map((tag) => record(store, tag).length),
      tags.map(() => 1),
      "every tag has a record",
    );
  }));

test("the sequence is one for all processes and never goes back", () =>
  inFolder((folder) => {
    const [one, two] = [folder.open(), folder.open()];
    const answers = [
      invalidate(one, ["a"]),
      invalidate(two, ["a"], "all"),
      invalidate(one, ["b"], "exact", "expire", now - MINUTE),
    ];
    equal(answers, [now, now + 1, now + 2]);
    equal(
      [one, two].map((store) => store.sync.getMany([], { now, sequence: true }).sequence),
      [now + 2, now + 2],
    );
    equal(one.sync.setMany([write("k")], now), { sequence: now + 2 });
  }));

test("a lost row of meta is an error and not a sequence of nothing", () =>
  inFolder((folder) => {
    const store = folder.open();
    store.sync.setMany([write("k")], now);
    const other = rawDatabase(folder.file);
    other.exec("DELETE FROM meta");
    other.close();
    equal(texts(store, ["k"]), ["value"], "entries can still be read");
    for (const run of [
      () => store.sync.getMany([], { now, sequence: true }),
      () => invalidate(store, ["t"]),
      () => store.sync.setMany([write("l")], now),
    ]) {
      same(code(run), "CORRUPT");
    }
    equal(texts(store, ["l"]), [undefined], "a write without a sequence must not be half done");
  }));

function code(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
