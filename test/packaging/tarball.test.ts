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
    /^(package\.json|LICENSE|[A-Z]+\.md|docs\/[\w-]+\.(md|svg)|examples\/[\w/-]+\.(ts|html)|dist\/(mod|(src|adapters|runtimes|cli|test\/contract)\/[\w/-]+)\.(js|d\.ts))$/;
  assert.deepEqual(
    files.filter((file) => !allowed.test(file)),
    [],
  );
  for (const file of ["LICENSE", "dist/mod.js", "dist/mod.d.ts", "dist/test/contract/mod.js"]) {
    assert.ok(files.includes(file), file);
  }
});

test("every relative link of README.md leads to a file of the tarball", () => {
  const text = readFileSync(join(folder, "package/README.md"), "utf8");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target.split("#")[0]!);
  const relative = targets.filter((target) => target !== "" && !/^[a-z]+:/.test(target));
  assert.ok(relative.length > 30);
  assert.deepEqual(
    relative.filter(
      (target) => !files.some((file) => file === target || (target.endsWith("/") && file.startsWith(target))),
    ),
    [],
  );
});

test("no file of the tarball has a path of the machine that built it", () => {
  const everywhere = [root, homedir(), "/work/", "/home/", "/tmp/", "/root/"];
  for (const file of files) {
    const text = readFileSync(join(folder, "package", file), "utf8");
    // Documents and examples speak of such folders.
    const paths = file.startsWith("dist/") ? [...everywhere, "node_modules"] : everywhere;
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
