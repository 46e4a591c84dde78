/** The examples of a page of docs/, which run, and give what they say. */
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

/** What a page is held to. */
export interface Page {
  /** Least number of examples. */
  readonly examples: number;
  /** Least number of examples that say what they give. Default: all. */
  readonly claiming?: number;
  /** Sources by the entries that the examples import, beside `tiercel`. */
  readonly entries?: Readonly<Record<string, string>>;
}

/** Makes the tests of a page. */
export function testExamples(file: string, { examples: least, claiming, entries = {} }: Page): void {
  const examples = [...readFileSync(path(file), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  // The more special ones first, as esbuild takes the first that fits.
  const alias = Object.fromEntries(
    [...Object.entries(entries), ["tiercel", "mod.ts"]].map(([name, at]) => [name, path(at!)]),
  );

  test(`${file} has examples`, () => {
    ok(examples.length >= least);
    ok(examples.filter((code) => code.includes("// =>")).length >= (claiming ?? examples.length));
  });

  for (const [at, code] of examples.entries()) {
    test(`${file}: example ${at + 1} gives what it says`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
      try {
        const outfile = join(folder, "example.mjs");
        const contents = `export const claims: unknown[][] = [];\n${code.replace(CLAIM, "claims.push([($1), ($2)]);")}`;
        await build({
          stdin: { contents, loader: "ts", resolveDir: path(".") },
          outfile,
          bundle: true,
          format: "esm",
          target: "es2022",
          alias,
          external: ["node:*"],
          logLevel: "error",
        });
        const { claims } = (await import(pathToFileURL(outfile).href)) as { claims: [unknown, unknown][] };
        if (claiming === undefined) ok(claims.length > 0);
        for (const [actual, expected] of claims) deepEqual(actual, expected);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}
