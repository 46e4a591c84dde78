/**
 * `npm run size`: what an import costs a browser, minified by esbuild and gzipped, and the limit that it must keep.
 * `npm run size -- --write` puts the table into docs/sizes.md and its first line into README.md, `--explain` shows what the limited import is made of.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { inside } from "./project.mjs";
import { setUp } from "./setup.mjs";

/** What the smallest useful import should take at most, gzipped. */
const target = 10_240;
/** What it may take for now: never more than it did. */
const limit = 28_030;
const limited = 'import { createCache, memory } from "tiercel"';

await setUp();
const { analyzeMetafile, build } = await import("esbuild");
/** @type {{ exports: Record<string, string | { default: string }> }} */
const { exports } = JSON.parse(readFileSync(inside("package.json"), "utf8"));

/** @type {Array<[label: string, code: string]>} */
const imports = [[limited, 'export { createCache, memory } from "./dist/mod.js";']];
for (const [path, target] of Object.entries(exports)) {
  if (typeof target !== "string") imports.push([path.replace(/^\./, "tiercel"), `export * from "${target.default}";`]);
}

/** @type {Array<{ label: string, minified: number, gzipped: number }>} */
const sizes = [];
for (const [label, contents] of imports) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: inside() },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  if (label === limited && process.argv.includes("--explain")) console.log(await analyzeMetafile(metafile));
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  sizes.push({ label, minified: code.length, gzipped: gzipSync(code, { level: 9 }).length });
}

const number = (/** @type {number} */ bytes) => bytes.toLocaleString("en");
for (const { label, minified, gzipped } of sizes) {
  console.log(`${label.padEnd(50)}${number(minified).padStart(9)} B minified ${number(gzipped).padStart(8)} B gzipped`);
}
const first = sizes[0]?.gzipped ?? Number.NaN;
const isKept = first <= limit;
console.log(
  `The limit for ${limited} is ${number(limit)} B gzipped: ${isKept ? "kept" : `exceeded by ${number(first - limit)} B`}`,
);
if (first > target) console.log(`The target of ${number(target)} B is missed by ${number(first - target)} B`);
if (!isKept) process.exitCode = 1;

if (process.argv.includes("--write")) {
  const rows = sizes.map(
    ({ label, minified, gzipped }) => `| \`${label}\` | ${number(minified)} | ${number(gzipped)} |`,
  );
  const text = `# Sizes

What an import costs, with its dependencies, in bytes: bundled and minified by esbuild for a browser, then gzipped.
The first line should take at most ${number(target)} bytes; more than ${number(limit)} fail CI. Written by \`npm run size -- --write\`.

| import | minified | gzipped |
|---|---:|---:|
${rows.join("\n")}
`;
  mkdirSync(inside("docs"), { recursive: true });
  writeFileSync(inside("docs/sizes.md"), text);
  const readme = readFileSync(inside("README.md"), "utf8");
  const told = /(and `memory` takes )[\d.]+( KB gzipped)/;
  if (!told.test(readme)) throw new Error("README.md must say what createCache and memory take");
  writeFileSync(inside("README.md"), readme.replace(told, `$1${(first / 1_000).toFixed(1)}$2`));
  // As lint wants it.
  execFileSync(process.execPath, [
    inside("node_modules/@biomejs/biome/bin/biome"),
    "format",
    "--write",
    inside("docs/sizes.md"),
  ]);
}
