import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { build } from "esbuild";
import { root } from "./web-server.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-open-cache-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(folder, "cwd-"));
});

const deno = join(root, "node_modules/deno/deno");
const denoRun = ["run", "--no-prompt", "--no-check", "--config", join(root, "deno.json")];
const runtimes: Record<string, [entry: string, program: string, ...args: string[]]> = {
  "Node 22": ["node", join(root, "node_modules/node22/bin/node"), "--no-warnings"],
  "Node 24": ["node", process.execPath],
  "Node 26": ["node", join(root, "node_modules/node26/bin/node")],
  Bun: ["bun", join(root, "node_modules/bun/bin/bun.exe"), "run"],
  Deno: ["deno", deno, ...denoRun, "-A"],
  "Deno that permits files alone": ["deno", deno, ...denoRun, "--allow-read", "--allow-write"],
};

/** Runs a program that sees `openCache`, in an empty folder; answers with the JSON that it printed. */
function run([entry, program, ...args]: [string, string, ...string[]], code: string, url?: string): unknown {
  const file = join(cwd, "main.mjs");
  writeFileSync(
    file,
    `const { openCache } = await import(${JSON.stringify(join(root, `runtimes/${entry}.ts`))});\n${code}`,
  );
  const { TIERCEL_URL: _, ...env } = process.env;
  const output = execFileSync(program, [...args, file], {
    cwd,
    env: url === undefined ? env : { ...env, TIERCEL_URL: url },
    encoding: "utf8",
  });
  return JSON.parse(output);
}

/** Opens a cache with each of the arguments in turn; tells the tiers of the last, and what number it has counted up to. */
const countUp = (...args: string[]) => `
let answer;
for (const args of ${JSON.stringify(args.length === 0 ? [[]] : args.map((arg) => [arg]))}) {
  const cache = openCache(...args);
  const count = 1 + ((await cache.get("count")) ?? 0);
  await cache.set("count", count);
  answer = { count, tiers: cache.stats().tiers.map(({ name }) => name) };
  await cache.close();
}
console.log(JSON.stringify(answer));`;

for (const [name, command] of Object.entries(runtimes)) {
  test(`openCache() under ${name} keeps its entries in .tiercel/cache.db of the working folder`, () => {
    assert.deepEqual(run(command, countUp()), { count: 1, tiers: ["memory", "sqlite"] });
    assert.ok(existsSync(join(cwd, ".tiercel/cache.db")));
    assert.deepEqual(run(command, countUp()), { count: 2, tiers: ["memory", "sqlite"] });
  });

  test(`openCache(url) under ${name} takes a path, file: and sqlite: for the same file`, () => {
    const path = join(cwd, "a b.db");
    const urls = [
      path,
      "a b.db",
      "file:a%20b.db",
      `file://${encodeURI(path)}`,
      "sqlite:a%20b.db",
      `sqlite://${encodeURI(path)}`,
    ];
    assert.deepEqual(run(command, countUp(...urls)), { count: urls.length, tiers: ["memory", "sqlite"] });
    assert.ok(!existsSync(join(cwd, ".tiercel")));
  });

  test(`openCache() under ${name} reads TIERCEL_URL when it is called, if it may, and importing the entry touches nothing`, () => {
    assert.deepEqual(run(command, countUp("memory:"), "nonsense://"), { count: 1, tiers: ["memory"] });
    assert.ok(!existsSync(join(cwd, ".tiercel")));
    const may = !name.endsWith("alone");
    assert.deepEqual(run(command, countUp(), "memory:"), { count: 1, tiers: may ? ["memory"] : ["memory", "sqlite"] });
    assert.equal(existsSync(join(cwd, ".tiercel")), !may);
  });
}

for (const entry of ["workerd", "edge", "browser"]) {
  test(`the entry for ${entry} is one file that asks for no module of a server runtime`, async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(root, `runtimes/${entry}.ts`)],
      ...{ bundle: true, write: false, format: "esm", platform: "neutral", legalComments: "none" },
      ...{ minifySyntax: true, minifyWhitespace: true, metafile: true },
    });
    const [output] = Object.values(metafile.outputs);
    assert.deepEqual(output?.imports, []);
    const code = outputFiles[0]?.text ?? "";
    assert.ok(code.includes("openCache"), "it exports openCache");
    // A specifier that is put together at run time is not among the imports.
    assert.deepEqual(code.match(/.{0,40}["'`](node|bun):.{0,40}/g), null);
    assert.equal(entry === "browser" && /sqlite/i.test(code), false);
  });
}

test("openCache(url, { store }) gives options to the store below memory: what is encrypted cannot be read without the ring", () => {
  const encryption = JSON.stringify(join(root, "src/bytes/encryption/mod.ts"));
  const code = `
const { encryption, keyRing } = await import(${encryption});
const sealed = openCache("sealed.db", { store: { name: "low", encryption: encryption(keyRing({ current: new Uint8Array(32).fill(7) })) } });
await sealed.set("k", "v");
const tiers = sealed.stats().tiers.map(({ name }) => name);
await sealed.close();
const plain = openCache("sealed.db");
console.log(JSON.stringify({ tiers, value: (await plain.get("k")) ?? null }));
await plain.close();`;
  assert.deepEqual(run(["node", process.execPath], code), { tiers: ["memory", "low"], value: null });
});
