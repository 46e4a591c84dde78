import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { files } from "../../adapters/files.ts";
import { tierContract } from "../contract/mod.ts";

const suite = tierContract({
  name: "files",
  capabilities: { keys: true, durable: true, shared: true },
  create() {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-files-"));
    const path = join(folder, "cache");
    return {
      tier: files(path),
      reopen: () => files(path),
      dispose: () => rmSync(folder, { recursive: true }),
    };
  },
});

for (const { name, run, skip } of suite) {
  test(name, { skip: skip ?? false }, async () => {
    await run();
  });
}
