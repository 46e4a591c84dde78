// Where the package is not installed.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { equal } from "../contract/assert.ts";
import { isDeno } from "./sql-fixture.ts";

/** Node 20 runs these tests compiled. */
const HERE = fileURLToPath(import.meta.url);
const ENDING = HERE.endsWith(".ts") ? "ts" : "js";
const PROJECT = join(HERE, "../../..");

test("without @libsql/client an operation fails by an error that has the install command, and importing does not", {
  skip: isDeno && "Deno takes packages from the project's own list, in which it is",
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  try {
    for (const part of ["src", "adapters"]) cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(realpathSync(join(PROJECT, "node_modules/cbor-x")), join(folder, "node_modules/cbor-x"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "run.mjs"),
      `import { libsql } from "./adapters/libsql.${ENDING}";
      for (const url of ["http://127.0.0.1:9", "file:cache.db"]) {
        const tier = libsql(url);
        tier.open({ report() {} });
        try {
          await tier.getMany(["k"], { now: 0 });
        } catch (error) {
          console.log(error.code, error.message);
        }
      }`,
    );
    const output = execFileSync(process.execPath, [join(folder, "run.mjs")], { cwd: folder, encoding: "utf8" });
    const said = "MISSING_PACKAGE Cannot load @libsql/client as it must be installed: npm install @libsql/client";
    equal(output.trim().split("\n"), [said, said]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
