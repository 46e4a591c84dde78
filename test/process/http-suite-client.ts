/** Runs the public suite for HTTP caches against a proxy, and prints what each test came to: `http-suite-client.ts <suite> <base>`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder = "", base = ""] = process.argv.slice(2);

/** As the package has it since 2026, or before. */
const isNew = existsSync(join(folder, "test-engine"));
const runner = await import(pathToFileURL(join(folder, isNew ? "test-engine" : "", "client/runner.mjs")).href);
const suites = (await import(pathToFileURL(join(folder, "tests/index.mjs")).href)).default;

/** `fetch` says `no-cache` of itself where a request has conditions, unless it has something of its own to say. */
function plainFetch(url: string, { cache: _, ...init }: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const name of ["cache-control", "pragma"]) if (!headers.has(name)) headers.set(name, "nothing-to-see-here");
  return fetch(url, { ...init, headers });
}

if (isNew) await runner.runTests(suites, false, base);
else await runner.runTests(suites, plainFetch, false, base);

const results = runner.getResults();
const all = suites.flatMap(({ tests }: { tests: object[] }) => tests) as {
  id: string;
  kind?: string;
  browser_only?: boolean;
}[];
const listed = all.filter((test) => !test.browser_only);
console.log(
  JSON.stringify(
    listed.map(({ id, kind = "required" }) => ({ id, kind, passed: results[id] === true, detail: results[id] })),
  ),
);
process.exit(0);
