import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, lru, memory } from "../../mod.ts";
import { accessLog, evictionLog } from "../../src/observe/mod.ts";
import { inFolder, rawDatabase, rows } from "../adapters/sql-fixture.ts";
import { fakeClock } from "../contract/mod.ts";

test("after a million accesses and evictions the logs are within their bounds", () =>
  inFolder(async ({ path }) => {
    const tiers = [memory({ maxEntries: 100, policy: lru() }), sqlite(join(path, "cache.db"))];
    const cache = createCache({ name: "app", clock: fakeClock(), sweepInterval: 0, tiers });
    const [accesses, evictions] = [accessLog(cache, { limit: 2_000 }), evictionLog(cache, { limit: 1_000 })];
    const memoryOnly = cache.tier("memory");
    const watched = cache.sync as { get(key: string): unknown };
    let most = 0;
    for (let i = 0; i < 500_000; i++) {
      watched.get(`k${i % 50_000}`);
      // As a memory tier under pressure would tell of it, without the time that filling it takes.
      if (i % 10_000 === 0) {
        await accesses.flush();
        most = Math.max(most, (await accesses.list({ limit: 1e6 })).length);
      }
    }
    for (let i = 0; i < 5_000; i++) {
      for (let j = 0; j < 100; j++)
        memoryOnly.sync!.setMany(
          [
            {
              key: `e${i * 100 + j}`,
              entry: {
                value: 1,
                createdAt: 0,
                freshUntil: Infinity,
                staleUntil: Infinity,
                tags: [],
                sequence: 0,
                version: undefined,
                loadTime: 0,
              },
            },
          ],
          0,
        );
      if (i % 10 === 0) await evictions.flush();
    }
    const raw = rawDatabase(join(path, "cache.db"));
    const counts = () =>
      [rows(raw, "SELECT count(*) AS n FROM access_log"), rows(raw, "SELECT count(*) AS n FROM eviction_log")].map(
        ([row]) => row!.n as number,
      );
    await evictions.flush();
    const [read, left] = counts();
    ok(read! > 0 && read! <= 2_000 && most <= 2_000, `${read} rows of accesses, ${most} at most`);
    equal(left, 1_000);
    equal((await evictions.list({ limit: 1 }))[0]!.key, `e${500_000 - 101}`);
    raw.close();
    await cache.close();
  }));
