/** How many tests passed, failed and were skipped, and which to run once more, read from what a test runner printed. */

/**
 * @typedef {{ passed: number, failed: number, skipped: number, output: string, again: string[] }} Counts
 *   `output` without what passed; `again` what to run once more, nothing when the run broke off: the files with tests
 *   that failed or, of portable tests, their names
 */

/** @type {Record<string, Record<"passed" | "failed" | "skipped", RegExp>>} */
const summaries = {
  portable: {
    passed: /^[\w-]+: (\d+) passed, \d+ failed, \d+ skipped$/gm,
    failed: /^[\w-]+: \d+ passed, (\d+) failed, \d+ skipped$/gm,
    skipped: /^[\w-]+: \d+ passed, \d+ failed, (\d+) skipped$/gm,
  },
  node: {
    passed: /^ℹ pass (\d+)$/gm,
    failed: /^ℹ (?:fail|cancelled) (\d+)$/gm,
    skipped: /^ℹ (?:skipped|todo) (\d+)$/gm,
  },
  bun: {
    passed: /^ *(\d+) pass$/gm,
    failed: /^ *(\d+) fail$/gm,
    skipped: /^ *(\d+) (?:skip|todo)$/gm,
  },
  deno: {
    passed: /^(?:ok|FAILED) \| (\d+) passed\b/gm,
    failed: /^(?:ok|FAILED) \| .*?(\d+) failed\b/gm,
    skipped: /^(?:ok|FAILED) \| .*?(\d+) ignored\b/gm,
  },
};

/**
 * @param {string} runner a key of the table above
 * @param {import("./run.mjs").Outcome} outcome
 * @returns {Counts}
 */
export function countsOf(runner, { code, output }) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  const plain = output.replace(/\u001b\[[\d;]*m/g, "");
  const count = (/** @type {"passed" | "failed" | "skipped"} */ key) => {
    const pattern = /** @type {RegExp} */ (summaries[runner]?.[key]);
    return [...plain.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
  };
  // What passed is of no interest to whoever reads why something failed.
  const lines = plain.split("\n").filter((line) => !/^\s*(✔|\(pass\)) | \.\.\. .*\bok\b/.test(line));
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  const counts = { passed, failed, skipped, output: lines.join("\n") };
  // A crash outside of any test is a failure as well.
  if (code !== 0 && failed === 0) return { ...counts, failed: 1, again: [] };
  if (failed === 0) return { ...counts, again: [] };
  return { ...counts, again: runner === "portable" ? failedTests(lines) : failedFiles(runner, lines) };
}

/** The names of portable tests that failed. */
function failedTests(/** @type {string[]} */ lines) {
  return lines.flatMap((line) => /^✗ (.+)$/.exec(line)?.[1] ?? []);
}

/**
 * The files that hold the tests that failed, as the runner named them.
 *
 * @param {string} runner
 * @param {string[]} lines of its output
 */
function failedFiles(runner, lines) {
  /** @type {Set<string>} */
  const files = new Set();
  let heading = "";
  for (const line of lines) {
    heading = /^(\S+\.test\.[jt]s):$/.exec(line)?.[1] ?? heading;
    if (runner === "bun" && line.startsWith("(fail)")) files.add(`./${heading}`);
    // How Node and Deno tell the place of a test.
    const place = /^(?:test at|.* =>) (\S+?):\d+:\d+$/.exec(line)?.[1];
    if (place !== undefined) files.add(place);
  }
  return [...files];
}
