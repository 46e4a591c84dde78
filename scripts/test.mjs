/**
 * `npm test`: every suite on every runtime, after whatever set-up is missing.
 *
 *     npm test -- --only node24,bun     rows whose name has one of these parts, as in unit/node24
 *     npm test -- --but adapters/bun    no rows whose name has one of these parts
 *     npm test -- --grep "reads units"  tests whose name has this text
 *     npm test -- --all                 all tests of the stores on each runtime, as `npm run test:long` does
 *     npm test -- --jobs 4              as many rows at once; by default one more than the machine has cores, as some wait
 *
 * Where a test failed, it or its file runs once more by itself; what passes then is told as flaky.
 * A runtime that runs no test at all counts as a failure, and so does a skipped one when CI=true.
 */

import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeScratch } from "./scratch.mjs";
import { setUp } from "./setup.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    but: { type: "string", default: "" },
    grep: { type: "string", default: "" },
    all: { type: "boolean", default: false },
    jobs: { type: "string", default: String(availableParallelism() + 1) },
  },
});

/** @typedef {{ passed: number, failed: number, skipped: number, flaky?: number }} Counts */

const started = performance.now();
await setUp();
const { rowsOf } = await import("./rows.mjs");
const scratch = makeScratch("tiercel-test-");

const parts = (/** @type {string} */ list) => list.split(",").filter((part) => part !== "");
const [wanted, unwanted] = [parts(options.only), parts(options.but)];
const isCalled = (/** @type {string} */ name, /** @type {string} */ part) =>
  part === name || name.split("/").includes(part);
const everyRow = await rowsOf({ grep: options.grep, scratch, all: options.all });
const unknown = [...wanted, ...unwanted].find((part) => !everyRow.some(({ name }) => isCalled(name, part)));
if (unknown !== undefined) {
  console.error(`No row is called ${unknown}. There are: ${everyRow.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}
const rows = everyRow
  .filter(({ name }) => wanted.length === 0 || wanted.some((part) => isCalled(name, part)))
  .filter(({ name }) => !unwanted.some((part) => isCalled(name, part)));

/** @typedef {{ name: string, seconds: number, note: string } & Counts} RowResult */
/** @type {RowResult[]} */
const results = [];
// The longest begin first.
const long = ["process/node24", "adapters/node24"];
const queue = [...rows].sort((a, b) => Number(long.includes(b.name)) - Number(long.includes(a.name)));
await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, work));

async function work() {
  for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
    const begun = performance.now();
    const folder = join(scratch, row.name.replace("/", "-"));
    mkdirSync(folder);
    const {
      output,
      note = "",
      ...counts
    } = await row.run(folder).catch((error) => ({
      ...{ passed: 0, failed: 1, skipped: 0 },
      output: String(error.stack ?? error),
      note: "",
    }));
    /** @type {RowResult} */
    const result = { name: row.name, seconds: (performance.now() - begun) / 1000, note, ...counts };
    results.push(result);
    if (result.passed + result.failed + result.skipped === 0 && options.grep === "") {
      result.failed = 1;
      result.note = "no test ran";
    }
    console.log(line(result));
    if (result.failed > 0 || result.flaky) console.log(output.trimEnd().replace(/^/gm, "    "));
  }
}

/** @returns {string} one row of the table */
function line(/** @type {RowResult} */ result) {
  const { name, passed, failed, skipped, flaky = 0, seconds, note } = result;
  const counts = `${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${String(skipped).padStart(4)} skipped`;
  const mark = failed > 0 ? "✗" : passed > 0 ? "✓" : "-";
  const told = flaky > 0 ? `${flaky} flaky: failed, and passed when run once more  ${note}` : note;
  return `${mark} ${name.padEnd(20)}${counts} ${seconds.toFixed(1).padStart(7)} s  ${told}`.trimEnd();
}

results.sort((a, b) => rows.findIndex(({ name }) => name === a.name) - rows.findIndex(({ name }) => name === b.name));
console.log(`\nAll rows, in ${((performance.now() - started) / 1000).toFixed(0)} s:`);
for (const result of results) console.log(line(result));
const total = (/** @type {keyof Counts} */ key) => results.reduce((sum, result) => sum + (result[key] ?? 0), 0);
const [passed, skipped, flaky] = [total("passed"), total("skipped"), total("flaky")];
const isIdle = passed + total("failed") + skipped === 0;
if (isIdle) console.log("No test ran");
const failed = isIdle ? 1 : total("failed");
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped${flaky > 0 ? `, ${flaky} flaky` : ""}`);
process.exitCode = failed === 0 ? 0 : 1;
