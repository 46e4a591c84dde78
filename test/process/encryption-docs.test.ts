/** The examples of docs/encryption.md run, and give what they say. */
import { deepEqual, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const path = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** An expression and what it gives. */
const CLAIM = /^(.+); \/\/ => (".*?"|\d+).*$/gm;

const examples = [...readFileSync(path("docs/encryption.md"), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code = ""]) => code,
);

test("docs/encryption.md has examples, and one of them claims something", () => {
  ok(examples.length >= 3);
  ok(examples.some((code) => CLAIM.test(code)));
});

for (const [at, code] of examples.entries()) {
  test(`docs/encryption.md: example ${at + 1} gives what it says`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
    const before = process.cwd();
    try {
      process.chdir(folder);
      const outfile = join(folder, "example.mjs");
      await build({
        stdin: {
          contents: `export const claims: unknown[][] = [];\n${code.replace(CLAIM, "claims.push([($1), ($2)]);")}\nexport { cache };`,
          loader: "ts",
        },
        outfile,
        bundle: true,
        format: "esm",
        target: "es2022",
        alias: {
          "tiercel/compression": path("src/bytes/compression/mod.ts"),
          "tiercel/encryption": path("src/bytes/encryption/mod.ts"),
          "tiercel/files": path("adapters/files.ts"),
          "tiercel/sqlite": path("adapters/sqlite.ts"),
          tiercel: path("mod.ts"),
        },
        logLevel: "error",
      });
      const { claims, cache } = (await import(pathToFileURL(outfile).href)) as {
        claims: [unknown, unknown][];
        cache: { close(): Promise<void> };
      };
      for (const [given, claimed] of claims) deepEqual(given, claimed);
      await cache.close();
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });
}
