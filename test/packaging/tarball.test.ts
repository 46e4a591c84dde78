import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { entries, execute, pack, root, temporaryFolder } from "./packed.ts";

const { folder, remove } = temporaryFolder();
let tarball = "";
let files: string[] = [];

before(async () => {
  tarball = await pack(folder);
  await execute("tar", ["-xzf", tarball, "-C", folder]);
  files = readdirSync(join(folder, "package"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "package/").length));
});
after(remove);

test("the tarball has the built modules, the manifest and the documents, and no test but the testing entry", () => {
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/(mod|(src|adapters|runtimes|cli|test\/contract)\/[\w/-]+)\.(js|d\.ts))$/;
  assert.deepEqual(
    files.filter((file) => !allowed.test(file)),
    [],
  );
  for (const file of ["LICENSE", "dist/mod.js", "dist/mod.d.ts", "dist/test/contract/mod.js"]) {
    assert.ok(files.includes(file), file);
  }
});

test("no file of the tarball has a path of the machine that built it", () => {
  const paths = [root, homedir(), "/work/", "/home/", "/tmp/", "/root/", "node_modules"];
  for (const file of files) {
    const text = readFileSync(join(folder, "package", file), "utf8");
    for (const path of paths) assert.ok(path === "/" || !text.includes(path), `${file} has ${path}`);
  }
});

test("publint finds nothing, not even a suggestion", async () => {
  const output = await execute(process.execPath, [
    join(root, "node_modules/publint/src/cli.js"),
    "run",
    tarball,
    "--strict",
  ]);
  assert.match(output, /All good!/);
});

test("attw resolves the types of every entry", async () => {
  const cli = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const output = await execute(process.execPath, [
    cli,
    tarball,
    "--profile",
    "esm-only",
    "--format",
    "ascii",
    "--no-emoji",
  ]);
  // It fails by its exit code; that it saw every entry, and package.json, is told by its lines.
  assert.equal(output.match(/^bundler: OK/gm)?.length, entries.length + 1);
});
