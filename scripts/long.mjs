/**
 * `npm run test:long`: the suites that take too long for `npm test`, in full and with several seeds.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUp } from "./setup.mjs";

const FILES = ["test/process/consistency/runs.test.ts", "test/process/memory-books.test.ts"];
/** Twenty minutes. */
const LIMIT = 1_200_000;

await setUp();
const { countsOf } = await import("./counts.mjs");
const { programs } = await import("./project.mjs");
const { run } = await import("./run.mjs");

const scratch = mkdtempSync(join(tmpdir(), "tiercel-long-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10 }));
const args = ["--test", "--test-reporter=spec", "--test-timeout=120000", ...FILES];
const env = { TIERCEL_LONG: "1", TMPDIR: scratch };
const { passed, failed, output } = countsOf("node", await run(programs.node24, args, { limit: LIMIT, env }));
console.log(output.trimEnd());
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
