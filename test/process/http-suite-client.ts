/** Runs the public suite for HTTP caches against a proxy, and prints what each test came to: `http-suite-client.ts <suite> <base> [id …]`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder = "", base = "", ...ids] = process.argv.slice(2);

interface Test {
  id: string;
  kind?: string;
  browser_only?: boolean;
}

/** As its repository has it since 2026, or as the package on npm. */
const isNew = existsSync(join(folder, "test-engine"));
const runner = await import(pathToFileURL(join(folder, isNew ? "test-engine" : "", "client/runner.mjs")).href);
const all: { tests: Test[] }[] = (await import(pathToFileURL(join(folder, "tests/index.mjs")).href)).default;
const suites = all.map(({ tests, ...rest }) => ({
  ...rest,
  tests: tests.filter(({ id }) => ids.length === 0 || ids.includes(id)),
}));

/** `fetch` says `no-cache` of itself where a request has conditions, unless it has something of its own to say. */
function plainFetch(url: string, { cache: _, ...init }: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const name of ["cache-control", "pragma"]) if (!headers.has(name)) headers.set(name, "nothing-to-see-here");
  return fetch(url, { ...init, headers });
}

if (isNew) await runner.runTests(suites, false, base);
else await runner.runTests(suites, plainFetch, false, base);

const results = runner.getResults();
const listed = suites.flatMap(({ tests }) => tests).filter((test) => !test.browser_only);
console.log(
  JSON.stringify(
    listed.map(({ id, kind = "required" }) => ({ id, kind, passed: results[id] === true, detail: results[id] })),
  ),
);
process.exit(0);
