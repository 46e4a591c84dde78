/** Bundles for runtimes that load one file: workers, the edge VM, a page, and Nodes that don't read TypeScript. */

import { build } from "esbuild";
import { inside } from "./project.mjs";

/**
 * @param {string} entry relative to the project
 * @param {string} outfile
 * @param {import("esbuild").BuildOptions} options
 */
export async function bundle(entry, outfile, options) {
  await build({
    entryPoints: [inside(entry)],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2022",
    sourcemap: "inline",
    logLevel: "error",
    absWorkingDir: inside(),
    ...options,
  });
}
