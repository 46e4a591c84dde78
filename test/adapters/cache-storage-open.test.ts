import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { memory } from "../../mod.ts";
import { cacheStorageTests } from "../unit/http/cache-storage.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-caches-"));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
let count = 0;

for (const { name, run } of cacheStorageTests("memory+sqlite", () => [memory(), sqlite(join(folder, `${++count}.db`))]))
  test(name, async () => {
    await run();
  });
