/**
 * dist/: the shipped modules and the examples as JavaScript, rebuilt when a source is newer than the last build.
 */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { inside, machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";

const stamp = inside("node_modules/.tiercel-build");
const sources = ["mod.ts", "src", "adapters", "runtimes", "cli", "test/contract", "examples"];
const settings = ["package.json", "tsconfig.json", "tsconfig.build.json", "node_modules/typescript/package.json"];

/**
 * Builds dist/ unless it is newer than its sources. Types are not checked here, `npm run types` does that.
 *
 * @param {{ force?: boolean }} [options] `force` builds in any case
 */
export async function compile({ force = false } = {}) {
  const files = sources.flatMap(walk);
  const print = JSON.stringify([...settings, ...files].map((path) => fingerprint(path)));
  if (!force && isBuilt(print, files)) return;
  console.log("tiercel: building dist with tsc");
  rmSync(stamp, { force: true });
  // Built beside dist and then put in its place, so that a running example never meets half a build.
  const fresh = inside(`.work/dist-${process.pid}`);
  const stale = inside(`.work/stale-${process.pid}`);
  mkdirSync(inside(".work"), { recursive: true });
  try {
    const args = [programs.tsc, "-p", "tsconfig.build.json", "--outDir", fresh];
    const { code, output } = await run(machineNode, args);
    if (code !== 0) throw new Error(`tsc failed with exit code ${code}:\n${output}`);
    for (const path of files) if (!path.endsWith(".ts")) cpSync(inside(path), join(fresh, path));
    await bundleCli(fresh);
    if (existsSync(inside("dist"))) renameSync(inside("dist"), stale);
    renameSync(fresh, inside("dist"));
    writeFileSync(stamp, print);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(stale, { recursive: true, force: true });
  }
}

/**
 * The command line as a few files in the place of its hundred modules, which take longer to find and read than a command to run. What a
 * command does not use stays in files of its own.
 */
async function bundleCli(/** @type {string} */ folder) {
  const { build } = await import("esbuild");
  const outdir = join(folder, "bundled-cli");
  await build({
    entryPoints: [join(folder, "cli/main.js")],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "error",
  });
  rmSync(join(folder, "cli"), { recursive: true });
  renameSync(outdir, join(folder, "cli"));
}

/** Files below a path, relative to the project; none when there is no such path. */
export function walk(/** @type {string} */ path) {
  const at = inside(path);
  if (!existsSync(at)) return [];
  if (statSync(at).isFile()) return [path];
  /** @type {string[]} */
  const files = [];
  for (const entry of readdirSync(at, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== "node_modules") files.push(...walk(`${path}/${entry.name}`));
    else if (entry.isFile()) files.push(`${path}/${entry.name}`);
  }
  return files.sort();
}

function fingerprint(/** @type {string} */ path) {
  const { mtimeMs, size } = statSync(inside(path));
  return [path, size, mtimeMs];
}

function isBuilt(/** @type {string} */ print, /** @type {string[]} */ files) {
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== print) return false;
  const isInside = (/** @type {string} */ path) => path.startsWith("cli/") && path !== "cli/main.ts";
  return files.every(
    (path) => path.endsWith(".d.ts") || isInside(path) || existsSync(inside("dist", path.replace(/\.ts$/, ".js"))),
  );
}
