/**
 * Where things are: the project's folder and the programs that the scripts start, all by explicit path.
 *
 * Within npm scripts `node` is whichever dev dependency linked a `node` last into node_modules/.bin, so nothing
 * here looks a program up in PATH.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, without a slash at its end. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** A path inside the project. */
export const inside = (/** @type {string[]} */ ...parts) => join(root, ...parts);

/** The machine's own Node: the one that npm runs on. */
export const machineNode = process.env.npm_node_execpath ?? process.execPath;

/** The programs among the dev dependencies. */
export const programs = {
  node22: inside("node_modules/node22/bin/node"),
  node24: inside("node_modules/node24/bin/node"),
  node26: inside("node_modules/node26/bin/node"),
  bun: inside("node_modules/bun/bin/bun.exe"),
  deno: inside("node_modules/deno/deno"),
  workerd: inside("node_modules/workerd/bin/workerd"),
  tsc: inside("node_modules/typescript/bin/tsc"),
};

/** The paths at which an installed Chromium or Chrome is looked for; `CHROMIUM` names another one. */
export function chromium() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((path) => path && existsSync(path));
}

/** Whether this is a CI run, in which what cannot run is a failure. */
export const isCI = process.env.CI === "true" || process.env.CI === "1";
