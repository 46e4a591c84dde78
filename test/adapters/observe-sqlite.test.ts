import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { type Cache, createCache, lru, memory } from "../../mod.ts";
import { accessLog, evictionLog, hotKeys, inWords } from "../../src/observe/mod.ts";
import { fakeClock } from "../contract/mod.ts";
import { inFolder, rawDatabase, rows } from "./sql-fixture.ts";

function open(path: string, options: { name?: string; maxEntries?: number; profile?: string } = {}): Cache {
  const { name = "app", maxEntries = 10_000, profile } = options;
  return createCache({
    name,
    clock: fakeClock(),
    sweepInterval: 0,
    ...(profile !== undefined && { profile }),
    tiers: [memory({ maxEntries, policy: lru() }), sqlite(join(path, "cache.db"))],
  });
}

test("logs stand in their tables, outlive the process and go on counting", () =>
  inFolder(async ({ path }) => {
    const first = open(path, { maxEntries: 1, profile: "p" });
    accessLog(first);
    evictionLog(first);
    await first.set("a", 1);
    await first.get("a");
    await first.get("a");
    await first.set("b", 2);
    await first.close();

    const raw = rawDatabase(join(path, "cache.db"));
    deepEqual(rows(raw, "SELECT key, access_count, last_accessed_by_profile FROM access_log"), [
      { key: "app:a", access_count: 2, last_accessed_by_profile: "p" },
    ]);
    deepEqual(rows(raw, "SELECT key, reason, last_access_count, evicted_by_profile FROM eviction_log ORDER BY id"), [
      { key: "app:a", reason: "capacity", last_access_count: 2, evicted_by_profile: "p" },
      { key: "app:", reason: "shutdown", last_access_count: null, evicted_by_profile: "p" },
    ]);
    // Rows that others have spoiled are left out.
    raw.exec("INSERT INTO access_log VALUES ('app:bad', 'many', 'never', 7), (x'00', 1, 1, NULL)");
    raw.exec("INSERT INTO eviction_log (key, evicted_at, reason) VALUES ('app:bad', 'then', 3)");
    raw.close();

    const second = open(path);
    const log = accessLog(second);
    await second.get("a");
    deepEqual(
      (await log.list()).map(({ key, count, profile }) => [key, count, profile]),
      [["a", 3, undefined]],
    );
    deepEqual(
      (await evictionLog(second).list()).map(({ key, reason, accesses }) => [key, reason, accesses]),
      [
        ["", "shutdown", undefined],
        ["a", "capacity", 2],
      ],
    );
    equal(await log.delete("a"), true);
    deepEqual(await log.list(), []);
    await second.close();
  }));

test("caches of one file have logs of their own, and clear those alone", () =>
  inFolder(async ({ path }) => {
    const [one, two] = [open(path, { name: "one" }), open(path, { name: "two" })];
    const [first, second] = [accessLog(one), accessLog(two)];
    await one.get("k");
    await two.get("k");
    await two.get(["array", 1]);
    equal((await first.list()).length, 1);
    await first.clear();
    equal((await first.list()).length, 0);
    deepEqual((await second.list()).map(({ key }) => JSON.stringify(key)).sort(), ['"k"', '["array",1]']);
    await one.close();
    await two.close();
  }));

test("hot keys are persisted, and known to the next process", () =>
  inFolder(async ({ path }) => {
    const first = open(path);
    const hot = hotKeys(first);
    for (let i = 0; i < 5; i++) await first.get("a");
    await first.get("b");
    deepEqual(
      (await hot.persisted(1)).map(({ key, count }) => [key, count]),
      [["a", 5]],
    );
    await first.close();
    const second = open(path);
    const again = hotKeys(second);
    await second.get("a");
    deepEqual(again.top(), [{ key: "a", count: 1, error: 0 }]);
    deepEqual(
      (await again.persisted()).map(({ key, count }) => [key, count]),
      [
        ["a", 6],
        ["b", 1],
      ],
    );
    equal((await accessLog(second).get("a"))?.count, 6);
    await second.close();
  }));

test("an explanation tells what became of the tags of an entry in SQLite, also by another process", () =>
  inFolder(async ({ path }) => {
    const [one, two] = [open(path), open(path)];
    const users = one.namespace("users");
    await users.set("k", 1, { tags: ["b", "a"], ttl: "1h" });
    await users.set("old", 1, { tags: ["e"], ttl: "1h" });
    equal((await users.explain("k")).tiers[1]!.state, "fresh");
    const theirs = two.namespace("users");
    await theirs.invalidateTags("a");
    await theirs.invalidateTags("e", { mode: "expire" });
    const { tiers, text } = await users.explain("k");
    equal(text, "@users:k");
    const [, below] = tiers;
    deepEqual([below!.tier, below!.state, below!.tags], ["sqlite", "deleted", ["a", "b"]]);
    const [a, b] = below!.tagSequences!;
    ok(a! > below!.sequence! && b! <= below!.sequence!);
    equal((await users.explain("old")).tiers[1]!.state, "stale");
    equal((await users.explain("none")).tiers[1]!.state, "absent");
    ok(
      /sqlite: an entry made .*, which tag a \(\d+ after \d+\) has invalidated/.test(inWords(await users.explain("k"))),
    );
    const stats = one.stats().tiers[1]!;
    deepEqual([stats.hits, stats.misses], [0, 0]);
    await one.close();
    await two.close();
  }));
