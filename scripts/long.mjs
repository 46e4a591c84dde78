/**
 * `npm run test:long`: the suites that take too long for `npm test`, in full and with several seeds.
 */

import { join } from "node:path";
import { makeScratch } from "./scratch.mjs";
import { setUp } from "./setup.mjs";

const FILES = [
  "test/process/bus.test.ts",
  "test/process/consistency/runs.test.ts",
  "test/process/consistency/broken.test.ts",
  "test/process/memory-books.test.ts",
  "test/process/cli-commands.test.ts",
  "test/process/http-large.test.ts",
  "test/process/http-suite.test.ts",
  "test/process/streams.test.ts",
];
/** By itself, as the times of calls are looked at. */
const CHAOS = "test/chaos/chaos.test.ts";
/** An hour: each test has a limit of its own. */
const LIMIT = 3_600_000;

await setUp();
const { runTests } = await import("./goes.mjs");
const { machineNode, programs } = await import("./project.mjs");
const { run } = await import("./run.mjs");
const { prepareServers } = await import("./servers.mjs");
await prepareServers();

const scratch = makeScratch("tiercel-long-");
const env = { TIERCEL_LONG: "1", TMPDIR: scratch, NODE_COMPILE_CACHE: join(scratch, "compile-cache") };
const long = { passed: 0, failed: 0 };
for (const files of [FILES, [CHAOS]]) {
  const args = ["--test", "--test-reporter=spec", "--test-timeout=600000"];
  const go = await runTests("node", { program: programs.node24, args, files, limit: LIMIT, env });
  const { output, passed, failed, flaky } = go;
  console.log(output.trimEnd());
  if (flaky > 0) console.log(`${flaky} flaky: failed, and passed when run once more`);
  long.passed += passed;
  long.failed += failed;
}

// Every test of the stores on every runtime but the one on which `npm test` has all of them, and what else it leaves out.
const all = [
  "scripts/test.mjs",
  "--all",
  "--only",
  "adapters,workerd-bare,unit/node22,unit/node26,unit/edge",
  "--but",
  "node24",
];
const stores = await run(machineNode, all, { limit: LIMIT });
console.log(stores.output.trimEnd());
const [, storesPassed, storesFailed] = /(\d+) passed, (\d+) failed[^\n]*\s*$/.exec(stores.output) ?? [0, 0, 1];
const passed = long.passed + Number(storesPassed);
const failed = long.failed + Number(storesFailed);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = long.passed > 0 && failed === 0 ? 0 : 1;
