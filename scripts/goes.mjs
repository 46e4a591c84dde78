/**
 * Running test files, and those once more by themselves of which some test failed. What passes then is flaky: it is
 * printed and counted as such, for somebody to mend, and does not stop a change that has nothing to do with it.
 */

import { countsOf } from "./counts.mjs";
import { run } from "./run.mjs";

/** Files that are run once more; when more have failed, it is the change. */
const MOST = 2;

/**
 * @param {string} runner what prints the counts, see counts.mjs
 * @param {{ program: string, args: string[], files?: string[], cwd?: string, limit: number,
 *   env: Record<string, string | undefined> }} command
 */
export async function runTests(runner, { program, args, files = [], ...options }) {
  const go = async (/** @type {string[]} */ those) =>
    countsOf(runner, await run(program, [...args, ...those], options));
  const first = await go(files);
  const again = first.files;
  if (again.length === 0 || again.length > MOST) return { ...first, flaky: 0 };
  const second = await go(again);
  const output = `${first.output.trimEnd()}\n\nOnce more: ${again.join(", ")}\n${second.output}`;
  if (second.failed > 0 || second.passed === 0) return { ...first, output, flaky: 0 };
  return { ...first, output, passed: first.passed + first.failed, failed: 0, flaky: first.failed };
}
