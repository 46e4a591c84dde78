/**
 * Started under Node: `miniflare.mjs <row> <folder> <grep>` runs the suites of test/workers inside workerd, by miniflare,
 * with a D1 database, a KV namespace, an R2 bucket, a Durable Object with SQLite, a service, a queue and the Cache API, and
 * prints what failed.
 *
 * A file directly in test/workers that exports `suites(env)` is found by itself; one that exports `bare` as well also runs in
 * the row of that name, without nodejs_compat. `<folder>` is for the bundle.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare, Response } from "miniflare";
import { bundle } from "../bundle.mjs";
import { walk } from "../compile.mjs";
import { inside } from "../project.mjs";

/** Milliseconds that one test may take. */
const LIMIT = 300_000;

const [row = "miniflare", folder = "", grep = ""] = process.argv.slice(2);

const files = walk("test/workers").filter((file) => {
  const text = readFileSync(inside(file), "utf8");
  return /^export (const|function) suites\b/m.test(text) && (row !== "bare" || /^export const bare\b/m.test(text));
});
const script = join(folder, "worker.js");
await bundle("test/workers/host/worker.ts", script, {
  entryPoints: [],
  stdin: {
    resolveDir: inside(),
    loader: "ts",
    contents: [
      'import { exportsOf } from "./test/workers/host/worker.ts";',
      ...files.map((file, index) => `import * as file${index} from "./${file}";`),
      `const { worker, Objects } = exportsOf([${files.map((_, index) => `file${index}`).join(", ")}]);`,
      "export { worker as default, Objects };",
    ].join("\n"),
  },
  conditions: ["workerd", "worker", "browser"],
  external: ["node:*", "cloudflare:*"],
});

const miniflare = new Miniflare({
  modules: [{ type: "ESModule", path: script }],
  modulesRoot: folder,
  compatibilityDate: "2026-11-17",
  // Since August 2026 nodejs_compat is on by default: bare means to switch it off.
  compatibilityFlags: row === "bare" ? ["no_nodejs_compat", "no_nodejs_compat_v2"] : [],
  bindings: { RUNTIME: row },
  d1Databases: ["DB"],
  kvNamespaces: ["KV"],
  r2Buckets: ["R2"],
  durableObjects: { OBJECTS: { className: "Objects", useSQLite: true } },
  // Before the others by name.
  serviceBindings: { API: () => new Response("of another") },
  queueProducers: { A_QUEUE: "queue" },
});

const totals = { passed: 0, failed: 0, skipped: 0 };
const fail = (/** @type {string} */ name, /** @type {string} */ reason) => {
  totals.failed++;
  console.log(`✗ ${name}\n${reason.replace(/^/gm, "    ")}`);
};

/** @returns {Promise<any>} */
async function ask(/** @type {string} */ path) {
  const response = await miniflare.dispatchFetch(`http://tests${path}`, { signal: AbortSignal.timeout(LIMIT) });
  const text = await response.text();
  if (!response.ok) throw new Error(`workerd answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

try {
  const names = new Set();
  for (const { name, skip } of await ask("/tests")) {
    if (names.has(name)) fail(name, "Two tests have this name");
    names.add(name);
    if (!name.includes(grep)) continue;
    if (skip !== undefined) {
      totals.skipped++;
      console.log(`- ${name}: skipped, ${skip}`);
      continue;
    }
    try {
      const { failures } = await ask(`/run?${encodeURIComponent(name)}`);
      if (failures.length > 0) fail(name, failures.join("\n"));
      else totals.passed++;
    } catch (error) {
      fail(name, String(error instanceof Error ? (error.cause ?? error.stack) : error));
    }
  }
} finally {
  await miniflare.dispose();
}
console.log(`${row}: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
