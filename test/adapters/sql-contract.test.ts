import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { tierContract } from "../contract/mod.ts";
import { rawDatabase } from "./sql-fixture.ts";

const IN_MEMORY = { sync: true, keys: true, tags: true, leases: true } as const;
const IN_FILE = { ...IN_MEMORY, journal: true, durable: true, shared: true } as const;

/** A raw connection beside the tier's forgets the tags. */
function loseTags(path: string): (tags: readonly string[]) => void {
  return (tags) => {
    const database = rawDatabase(path);
    for (const tag of tags) database.exec(`DELETE FROM tags WHERE name = '${tag}'`);
    database.close();
  };
}

/** Another connection writes more into the journal than it keeps. */
function flood(path: string): () => void {
  return () => {
    const database = rawDatabase(path);
    database.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO journal (origin, kind, what) SELECT 1, 'keys', '["x"]' FROM n`,
    );
    database.close();
  };
}

const suites = [
  tierContract({
    name: "sqlite file",
    capabilities: IN_FILE,
    create() {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
      const path = join(folder, "cache.db");
      return {
        tier: sqlite(path),
        reopen: () => sqlite(path),
        loseTags: loseTags(path),
        flood: flood(path),
        dispose: () => rmSync(folder, { recursive: true }),
      };
    },
  }),
  tierContract({ name: "sqlite :memory:", capabilities: IN_MEMORY, create: () => ({ tier: sqlite(":memory:") }) }),
  tierContract({
    name: "sqlite on the caller's handle",
    capabilities: IN_FILE,
    create() {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
      const path = join(folder, "app.db");
      const database = rawDatabase(path);
      database.exec("CREATE TABLE app (a); INSERT INTO app VALUES (1)");
      return {
        tier: sqlite({ database }),
        reopen: () => sqlite({ database }),
        loseTags: loseTags(path),
        flood: flood(path),
        dispose() {
          database.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  }),
];

for (const { name, run, skip } of suites.flat()) {
  test(name, { skip: skip ?? false }, async () => {
    await run();
  });
}
