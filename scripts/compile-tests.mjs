/** The tests as JavaScript, for Nodes that don't read TypeScript. */

import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { walk } from "./compile.mjs";
import { inside, machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";

/**
 * Compiles sources and tests into a folder, which then looks like the project to whatever runs in it.
 *
 * @param {string} folder is made here
 */
export async function compileTests(folder) {
  mkdirSync(folder);
  const emit = ["--noEmit", "false", "--noCheck", "--rootDir", inside(), "--outDir", folder];
  const { code, output } = await run(machineNode, [programs.tsc, "-p", "tsconfig.dev.json", ...emit]);
  if (code !== 0) throw new Error(`tsc could not compile the tests:\n${output}`);
  for (const file of walk("test")) if (!/\.m?ts$/.test(file)) cpSync(inside(file), join(folder, file));
  cpSync(inside("package.json"), join(folder, "package.json"));
  for (const name of ["node_modules", "dist"]) {
    if (existsSync(inside(name))) symlinkSync(inside(name), join(folder, name));
  }
  // Perhaps installed later, see servers.mjs.
  symlinkSync(inside("test/servers/node_modules"), join(folder, "test/servers/node_modules"));
  return folder;
}
