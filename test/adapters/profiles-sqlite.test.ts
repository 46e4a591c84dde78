import { equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { type Cache, createCache, memory } from "../../mod.ts";
import { profiles } from "../../src/profiles/mod.ts";
import { fakeClock } from "../contract/mod.ts";
import { faulty, type Stack, syncStack } from "../unit/cache/stacks.ts";
import { suites } from "../unit/settings/on-every-stack.ts";
import { inFolder, rawDatabase, rows } from "./sql-fixture.ts";

const sqliteStack: Stack = {
  name: "memory+sqlite",
  depth: 2,
  shared: true,
  tags: true,
  store() {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
    return {
      tiers: ({ upper, lower }) => [memory(upper), faulty(sqlite(join(folder, "cache.db"), lower))],
      dispose: () => rmSync(folder, { recursive: true }),
    };
  },
};

for (const { name, run } of [sqliteStack, syncStack(sqliteStack)].flatMap((one) =>
  suites.flatMap((suite) => suite(one)),
))
  test(name, async () => {
    await run();
  });

function open(path: string): Cache {
  return createCache({ clock: fakeClock(), sweepInterval: 0, tiers: [memory(), sqlite(join(path, "cache.db"))] });
}

test("profiles outlive the process, and the default one is in force again at once", () =>
  inFolder(async ({ path }) => {
    const first = open(path);
    const all = profiles(first);
    await all.save({ name: "a", ttl: "forever", tags: ["t", "u"], maxEntries: 5, memoryPressure: false });
    await all.update("default", { ttl: 1_500, freeMemoryTarget: 0.5, sweepInterval: 0 });
    const told = await all.list();
    await first.close();

    const again = open(path);
    const restored = profiles(again);
    equal(restored.current.ttl, 1_500);
    deepSame(await restored.list(), told);
    await again.set("k", 1);
    equal((await again.meta("k"))?.ttl, 1_500);
    await restored.use("a");
    await restored.update("a", { ttl: "1h" });
    await restored.use("default");
    await restored.delete("a");
    equal((await restored.list()).length, 1);
    await again.close();
  }));

test("a profile that another cache of the file has saved is there at once", () =>
  inFolder(async ({ path }) => {
    const [one, other] = [open(path), open(path)];
    const [ours, theirs] = [profiles(one), profiles(other)];
    await theirs.save({ name: "a", ttl: 5 });
    equal((await ours.use("a")).ttl, 5);
    await one.close();
    await other.close();
  }));

test("the table has the columns of cachetronomy, times in seconds", () =>
  inFolder(async ({ path }) => {
    const cache = open(path);
    await profiles(cache).save({ name: "a", ttl: "90s", tags: ["t"] });
    await cache.close();
    const database = rawDatabase(join(path, "cache.db"));
    deepSame(rows(database, "SELECT * FROM profiles"), [
      {
        name: "a",
        time_to_live: 90,
        ttl_cleanup_interval: 60,
        memory_based_eviction: 1,
        free_memory_target: 500,
        memory_cleanup_interval: 5,
        max_items_in_memory: null,
        tags: '["t"]',
      },
    ]);
    database.close();
  }));

test("a row that others have damaged has defaults, and one without a name is none", () =>
  inFolder(async ({ path }) => {
    await open(path).close();
    const database = rawDatabase(join(path, "cache.db"));
    database.exec("INSERT INTO profiles VALUES ('a', 'soon', -4, 'x', 'y', x'00', -1, '{\"a\":1}')");
    database.exec("INSERT INTO profiles VALUES ('b', 2, NULL, 0, 1, 2, 3, 'no json')");
    database.exec("INSERT INTO profiles (name) VALUES (''), (x'00'), (NULL)");
    database.close();
    const cache = open(path);
    const [a, b, ...rest] = await profiles(cache).list();
    deepSame(
      [a?.ttl, a?.sweepInterval, a?.memoryPressure, a?.freeMemoryTarget, a?.maxEntries, a?.tags],
      [3_600_000, 60_000, true, 500, undefined, []],
    );
    deepSame([b?.ttl, b?.sweepInterval, b?.memoryPressure, b?.maxEntries, b?.tags], [2_000, Infinity, false, 3, []]);
    deepSame(
      rest.map(({ name }) => name),
      ["default"],
    );
    await cache.close();
  }));

test("a store that is only read keeps no profiles", () =>
  inFolder(async ({ path }) => {
    await open(path).close();
    const tier = sqlite(join(path, "cache.db"), { readOnly: true });
    ok(!tier.profiles);
    const cache = createCache({ clock: fakeClock(), sweepInterval: 0, tiers: [memory(), tier] });
    await profiles(cache).save({ name: "a" });
    await cache.close();
  }));

/** Equal as JSON can tell, and as `Infinity` is. */
function deepSame(actual: unknown, expected: unknown): void {
  const text = (value: unknown) => JSON.stringify(value, (_, part) => (part === Infinity ? "Infinity" : part));
  equal(text(actual), text(expected));
}
