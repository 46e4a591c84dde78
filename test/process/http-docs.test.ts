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

const examples = [...readFileSync(path("docs/http.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code = ""]) => code,
);

test("docs/http.md has examples, and some say what they give", () => {
  ok(examples.length >= 4);
  ok(examples.filter((code) => /\/\/ =>/.test(code)).length >= 2);
});

for (const [at, code] of examples.entries()) {
  test(`docs/http.md: example ${at + 1} runs and gives what it says`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
    try {
      const outfile = join(folder, "example.mjs");
      const claiming = code.replace(CLAIM, "claims.push([($1), ($2)]);");
      await build({
        stdin: {
          contents: `export const claims: unknown[][] = [];\n${claiming}`,
          loader: "ts",
          resolveDir: path("."),
        },
        outfile,
        bundle: true,
        format: "esm",
        target: "es2022",
        alias: {
          "tiercel/http": path("src/http/mod.ts"),
          "tiercel/hono": path("adapters/hono/mod.ts"),
          tiercel: path("mod.ts"),
        },
        logLevel: "error",
      });
      const { claims } = (await import(pathToFileURL(outfile).href)) as { claims: [unknown, unknown][] };
      for (const [actual, expected] of claims) deepEqual(actual, expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
