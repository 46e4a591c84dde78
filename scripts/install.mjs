/**
 * The dev dependencies: whether they are as package-lock.json says, and `npm ci` when they are not.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { inside, machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";

// `npm ci` begins by deleting node_modules, and npm writes its own mark last: either one means that nothing was cut short.
const mark = inside("node_modules/.tiercel-install");
const marks = [mark, inside("node_modules/.package-lock.json")];

/** Installs the dev dependencies unless they are complete; says what it does. */
export async function install() {
  const reason = incomplete();
  if (reason === undefined) return;
  console.log(`tiercel: installing packages with npm ci, as ${reason}; this takes about half a minute`);
  const started = performance.now();
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith("npm-cli.js") ? [machineNode, [npm]] : ["npm", []];
  // Included by name, or NODE_ENV=production would leave them out.
  const args = [...first, "ci", "--include=dev", "--include=optional", "--fetch-retries=5"];
  const { code, output } = await run(program, args, { limit: 1_800_000 });
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}:\n${output}`);
  const fault = wrong();
  if (fault !== undefined) throw new Error(`After npm ci ${fault}; are install scripts switched off?\n${output}`);
  writeFileSync(mark, "");
  console.log(`tiercel: packages installed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Why the packages must be installed, or nothing when they are complete. Takes about 20 ms. */
function incomplete() {
  if (!existsSync(inside("node_modules"))) return "there are none";
  if (!marks.some((path) => existsSync(path))) return "the last installation was cut short";
  return wrong();
}

/** The first package or program that is missing or of another version than the lock's, or nothing. */
function wrong() {
  /** @type {{ packages: Record<string, { version?: string, optional?: boolean }> }} */
  const lock = JSON.parse(readFileSync(inside("package-lock.json"), "utf8"));
  for (const [path, { version, optional }] of Object.entries(lock.packages)) {
    const manifest = inside(path, "package.json");
    // Optional are the packages for other platforms.
    if (optional && !existsSync(manifest)) continue;
    if (!existsSync(manifest)) return `${path} is missing`;
    const found = JSON.parse(readFileSync(manifest, "utf8")).version;
    if (found !== version) return `${path} is ${found}, not ${version}`;
  }
  const missing = Object.entries(programs).find(([, path]) => !existsSync(path));
  if (missing) return `the program ${missing[0]} is missing`;
}
