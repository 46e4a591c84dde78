/**
 * Running tests, and once more by itself what failed: the file or, of portable tests, the one. What passes then is flaky:
 * it is printed and counted as such, for somebody to mend, and does not stop a change that has nothing to do with it.
 */

import { countsOf } from "./counts.mjs";
import { run } from "./run.mjs";

/** Files or tests that are run once more; when more have failed, it is the change. */
const MOST = 2;

/**
 * @typedef {{ program: string, args: string[], files?: string[], cwd?: string }} Command
 */

/**
 * @param {string} runner what prints the counts, see counts.mjs
 * @param {Command & { limit: number, env: Record<string, string | undefined> }} command
 * @param {(name: string) => Promise<Command>} [alone] the command for one portable test
 */
export async function runTests(runner, { limit, env, ...command }, alone) {
  const go = async (/** @type {Command} */ { program, args, files = [], cwd }) =>
    countsOf(runner, await run(program, [...args, ...files], { ...(cwd && { cwd }), limit, env }));
  const first = await go(command);
  const { again } = first;
  if (again.length === 0 || again.length > MOST) return { ...first, flaky: 0 };
  const commands = alone ? again.map((name) => () => alone(name)) : [() => ({ ...command, files: again })];
  let output = `${first.output.trimEnd()}\n\nOnce more: ${again.join(", ")}\n`;
  for (const prepare of commands) {
    const second = await go(await prepare());
    output += second.output;
    if (second.failed > 0 || second.passed === 0) return { ...first, output, flaky: 0 };
  }
  return { ...first, output, passed: first.passed + first.failed, failed: 0, flaky: first.failed };
}
