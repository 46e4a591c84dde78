// Where packages are not installed.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { equal } from "../contract/assert.ts";
import { isBun, isDeno } from "./sql-fixture.ts";

/** Node 20 runs these tests compiled. */
const HERE = fileURLToPath(import.meta.url);
const ENDING = HERE.endsWith(".ts") ? "ts" : "js";
const PROJECT = join(HERE, "../../..");

/** Runs a program beside a copy of Tiercel, with none of its optional packages; answers its lines. */
function alone(path: string, program: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  try {
    const copy = join(folder, path);
    for (const part of ["mod", "src", "adapters"])
      cpSync(
        join(PROJECT, part === "mod" ? `mod.${ENDING}` : part),
        join(copy, part === "mod" ? `mod.${ENDING}` : part),
        {
          recursive: true,
        },
      );
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    symlinkSync(realpathSync(join(PROJECT, "node_modules/cbor-x")), join(folder, "node_modules/cbor-x"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(copy, "run.mjs"), program.replaceAll('.ts"', `.${ENDING}"`));
    const output = execFileSync(process.execPath, [join(copy, "run.mjs")], { cwd: folder, encoding: "utf8" });
    return output.trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const skip =
  (isDeno && "Deno takes packages from the project's own list, in which they are") || (isBun && "Bun fetches them");
const MISSING = "MISSING_PACKAGE Cannot load @libsql/client as it must be installed: npm install @libsql/client";

test("without @libsql/client opening a file, and an operation on a server, fail by an error that has the install command", {
  skip: isDeno && "Deno takes packages from the project's own list, in which it is",
}, () => {
  const program = `import { libsql } from "./adapters/libsql.ts";
    for (const url of ["http://127.0.0.1:9", "file:cache.db"]) {
      try {
        const tier = libsql(url);
        tier.open({ report() {} });
        await tier.getMany(["k"], { now: 0 });
      } catch (error) {
        console.log(error.code, error.message);
      }
    }`;
  equal(alone(".", program), [MISSING, MISSING]);
});

test("without redis and ioredis createCache fails by an error that has the install command, and health tells it of what is lazy", {
  skip,
}, () => {
  const program = `import { createCache, memory } from "./mod.ts";
    import { libsql } from "./adapters/libsql.ts";
    import { redis, redisBus } from "./adapters/redis.ts";
    for (const make of [
      () => ({ tiers: [memory(), redis("redis://127.0.0.1:9")] }),
      () => ({ bus: redisBus("redis://127.0.0.1:9") }),
      () => ({ tiers: [libsql("file:cache.db")] }),
    ]) {
      try {
        createCache(make());
        console.log("made");
      } catch (error) {
        console.log(error.code, error.message);
      }
    }
    const cache = createCache({ tiers: [libsql("http://127.0.0.1:9")] });
    console.log("MISSING_PACKAGE", (await cache.health()).tiers[0].error);
    await cache.close();`;
  const redis =
    "MISSING_PACKAGE Cannot connect to Redis by URL as redis or ioredis must be installed: npm install redis";
  equal(alone(".", program), [redis, redis, MISSING, MISSING]);
});
