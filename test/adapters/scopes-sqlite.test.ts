import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { memory } from "../../mod.ts";
import { COUNT, tenants } from "../unit/scopes/tenants.ts";

/** Beside the ten thousand of `npm run test:long`. */
const count = process.env.TIERCEL_LONG ? COUNT : COUNT / 10;

test(`${count} tenants: none reads another's value from memory over SQLite`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  try {
    await tenants(() => [memory({ maxEntries: 1_000 }), sqlite(join(folder, "cache.db"))], count);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
