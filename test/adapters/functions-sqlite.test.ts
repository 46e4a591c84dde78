import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import type { Cache, Tier } from "../../mod.ts";
import { cached, createCache, defineScopes, memory } from "../../mod.ts";

type Closable = Pick<Cache, "close">;

/** Runs a test with a file of its own: `open` opens it anew, and what is given to `using` is closed in the end. */
async function withFile(
  run: (open: (above?: Tier[]) => Tier[], using: <C extends Closable>(cache: C) => C) => Promise<void>,
): Promise<void> {
  const caches: Closable[] = [];
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  try {
    await run(
      (above = [memory()]) => [...above, sqlite(join(folder, "cache.db"))],
      (cache) => {
        caches.push(cache);
        return cache;
      },
    );
  } finally {
    for (const cache of caches) await cache.close();
    rmSync(folder, { recursive: true });
  }
}

test("results of a function outlive the process, undefined and what looks like it too", () =>
  withFile(async (open, using) => {
    const results = [undefined, "$undefined", null, 0, "", false, { deep: [1n, new Date(5), new Map([["a", 1]])] }];
    let runs = 0;
    for (let process = 0; process < 3; process++) {
      const cache = using(createCache({ tiers: open() }));
      const give = cache.wrap(async (at: number) => [results[at], runs++][0], { name: "give" });
      for (const [at, result] of results.entries()) {
        deepEqual(await give(at), result);
        deepEqual(await give.get(at), result);
      }
      equal((await give.info()).size, results.length);
      await cache.close();
    }
    equal(runs, results.length);
  }));

test("long and strange arguments have keys that fit the table", () =>
  withFile(async (open, using) => {
    const lists = [
      ["x".repeat(3_000)],
      [{ a: "y".repeat(3_000) }],
      ["\0"],
      ["\ud800"],
      [new Uint8Array(2_000)],
      [""],
      [],
    ];
    let runs = 0;
    for (let process = 0; process < 2; process++) {
      const cache = using(createCache({ tiers: open([]) }));
      const count = cache.wrap(async (..._: unknown[]) => ++runs, { name: "count" });
      for (const [i, args] of lists.entries()) equal(await count(...args), i + 1);
      if (process === 1) equal(await count.invalidateMatching({ a: "y".repeat(3_000) }), 1);
      await cache.close();
    }
    equal(runs, lists.length);
  }));

test("two processes run a function once for one call, and a refresh of one is seen by the other", () =>
  withFile(async (open, using) => {
    const one = using(createCache({ tiers: open(), coherence: 0 }));
    const other = using(createCache({ tiers: open(), coherence: 0 }));
    let runs = 0;
    const load = async (id: number) => {
      await null;
      return [id, ++runs];
    };
    const [first, second] = [one, other].map((cache) => cache.wrap(load, { name: "load" }));
    const both = await Promise.all([first!(1), second!(1)]);
    deepEqual(both, [
      [1, 1],
      [1, 1],
    ]);
    deepEqual(await first!.refresh(1), [1, 2]);
    deepEqual(await second!(1), [1, 2]);
    equal(await second!.expire(1), true);
    deepEqual(await first!(1), [1, 3]);
    equal(await first!.invalidateMatching(1), 1);
    equal(await second!.has(1), false);
  }));

test("validate and schema on hits from the file; what is loaded instead is stored there", () =>
  withFile(async (open, using) => {
    for (let process = 0; process < 2; process++) {
      const cache = using(createCache({ tiers: open() }));
      let runs = 0;
      const read = cache.wrap(async () => ({ version: ++runs + process * 10 }), {
        name: "read",
        validate: ({ value }) => value.version > process * 10,
      });
      deepEqual(await read(), { version: 1 + process * 10 });
      deepEqual(await read(), { version: 1 + process * 10 });
      equal(runs, 1);
      await cache.namespace("fn:read").evictAll();
      deepEqual(await read(), { version: 1 + process * 10 });
      equal(runs, 1);
      await cache.close();
    }
  }));

test("a function that is kept in memory alone leaves nothing in the file, and isolated objects neither", () =>
  withFile(async (open, using) => {
    const cache = using(createCache({ tiers: open() }));
    const brief = cache.wrap(async (id: number) => id, { name: "brief", tiers: ["memory"] });
    await brief(1);
    class Users {
      async find(id: number): Promise<number> {
        return id;
      }
    }
    const context = { kind: "method", name: "find" } as never;
    Users.prototype.find = cached(cache, { name: "Users.find" })(Users.prototype.find, context);
    await new Users().find(1);
    equal(await cache.namespace("fn:brief").size({ tier: "sqlite" }), 0);
    equal(await cache.namespace("fn:Users.find").size({ tier: "sqlite" }), 0);
    equal(await brief.has(1), true);
  }));

test("tenants: results in scopes outlive the process, and clear ends them all", () =>
  withFile(async (open, using) => {
    const scopes = defineScopes({ organization: { param: "orgId" } });
    let runs = 0;
    for (let process = 0; process < 2; process++) {
      const cache = using(createCache({ tiers: open(), scopes }));
      const load = cache.wrap(async (orgId: string) => `${orgId} ${++runs}`, {
        name: "load",
        scope: "organization",
        from: (orgId) => ({ orgId }),
      });
      deepEqual([await load("a"), await load("b")], ["a 1", "b 2"]);
      equal((await load.info()).size, 2);
      if (process === 1) {
        await load.clear();
        deepEqual([await load.has("a"), await load.has("b")], [false, false]);
      }
      await rejects(load("" as string));
      await cache.close();
    }
  }));
