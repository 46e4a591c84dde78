import { deepEqual, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const path = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** A statement and what it gives. */
const CLAIM = /^(.+); \/\/ => (.+)$/gm;

const examples = [...readFileSync(path("docs/observing.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code = ""]) => code,
);

test("docs/observing.md has examples", () => ok(examples.length >= 6));

for (const [at, code] of examples.entries()) {
  test(`docs/observing.md: example ${at + 1} gives what it says`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
    try {
      const outfile = join(folder, "example.mjs");
      const claiming = code.replace(CLAIM, "claims.push([($1), ($2)]);");
      await build({
        stdin: { contents: `export const claims: unknown[][] = [];\n${claiming}`, loader: "ts" },
        outfile,
        bundle: true,
        format: "esm",
        target: "es2022",
        alias: {
          "tiercel/observe": path("src/observe/mod.ts"),
          "tiercel/prometheus": path("src/observe/prometheus.ts"),
          tiercel: path("mod.ts"),
        },
        logLevel: "error",
      });
      const { claims } = (await import(pathToFileURL(outfile).href)) as { claims: [unknown, unknown][] };
      ok(claims.length > 0);
      for (const [actual, expected] of claims) deepEqual(actual, expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
