/**
 * test/runtimes/all.ts: the list of all portable suites. It is written by this script, never by hand, so that no
 * file under test/unit can be forgotten.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { walk } from "./compile.mjs";
import { inside } from "./project.mjs";

const path = "test/runtimes/all.ts";

/**
 * Brings the list up to date.
 *
 * @returns {boolean} whether it already was
 * @throws {Error} when a file under test/unit has neither tests nor a suite that imports it
 */
export function writeSuites() {
  const files = walk("test/unit").filter((file) => file.endsWith(".ts"));
  const texts = new Map(files.map((file) => [file, readFileSync(inside(file), "utf8")]));
  const suites = files.filter((file) => /^export const tests\b/m.test(texts.get(file) ?? ""));
  const imported = [...texts.values()].join("\n");
  for (const file of files) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    if (!suites.includes(file) && !imported.includes(`/${name}"`)) {
      throw new Error(`${file} exports no tests and no suite imports it`);
    }
  }
  const isCalculation = (/** @type {string} */ file) =>
    /^export const isCalculation = true;/m.test(texts.get(file) ?? "");
  const list = (/** @type {(file: string) => boolean} */ isIn) =>
    suites.flatMap((file, index) => (isIn(file) ? [`  ...suite${index},`] : []));
  const text = [
    "// Written by scripts/suites.mjs: every file under test/unit that exports tests.",
    'import type { TestCase } from "../contract/suite.ts";',
    ...suites.map((file, index) => `import { tests as suite${index} } from "../${file.slice("test/".length)}";`),
    "",
    "/** The tests of every portable suite. */",
    "export const all: TestCase[] = [",
    ...list(() => true),
    "];",
    "",
    "/** Those that calculate alone. */",
    "export const calculations: ReadonlySet<TestCase> = new Set([",
    ...list(isCalculation),
    "]);",
    "",
  ].join("\n");
  if (existsSync(inside(path)) && readFileSync(inside(path), "utf8") === text) return true;
  writeFileSync(inside(path), text);
  return false;
}
