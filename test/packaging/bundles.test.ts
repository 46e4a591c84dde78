import assert from "node:assert/strict";
import { test } from "node:test";
import { type BuildOptions, build } from "esbuild";
import { entries, root } from "./packed.ts";

/** Bundles a program that imports the built package by its own name; fails on what a bundler cannot resolve. */
async function bundled(contents: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    metafile: true,
    write: false,
    logLevel: "silent",
    ...options,
  });
  const outside = Object.values(metafile?.outputs ?? {}).flatMap(({ imports }) =>
    imports.filter((one) => one.external),
  );
  assert.deepEqual(outside, []);
  return outputFiles?.[0]?.text ?? "";
}

const builtIn = /["'`](?:node|bun):[^"'`]*["'`]/;
const program = 'import { createCache, memory } from "tiercel"; console.log(createCache({ tiers: [memory()] }));';

for (const [runtime, conditions] of Object.entries({
  workerd: ["workerd", "worker", "browser"],
  edge: ["edge-light", "browser"],
  browser: ["browser"],
})) {
  test(`a memory cache bundled for ${runtime} mentions no built-in module of Node or Bun`, async () => {
    assert.doesNotMatch(await bundled(program, { conditions }), builtIn);
  });

  test(`tiercel/${runtime} bundled for ${runtime} mentions no built-in module of Node or Bun`, async () => {
    const code = await bundled(`export * from "tiercel/${runtime}";`, { conditions });
    assert.ok(code.length > 0);
    assert.doesNotMatch(code, builtIn);
  });
}

for (const entry of entries) {
  const name = entry.replace(/^\./, "tiercel");
  test(`${name} bundles for a platform that has no built-in modules`, async () => {
    assert.ok((await bundled(`export * from "${name}";`)).length > 0);
  });
}
