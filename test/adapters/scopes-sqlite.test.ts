import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { memory } from "../../mod.ts";
import { tenants } from "../unit/scopes/tenants.ts";

test("ten thousand tenants: none reads another's value from memory over SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  try {
    await tenants(() => [memory({ maxEntries: 1_000 }), sqlite(join(folder, "cache.db"))]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
