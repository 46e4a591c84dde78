import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { walk } from "../../scripts/compile.mjs";
import { missingPackages } from "../../scripts/platforms.mjs";
import { readJson, root } from "./packed.ts";

const manifest = readJson("package.json");
const lock = readJson("package-lock.json");

/** What the published modules import from packages, by their names. */
function importedPackages(): string[] {
  const folders = ["mod.ts", "src", "adapters", "runtimes"];
  const files = folders.flatMap((folder) => (folder.endsWith(".ts") ? [folder] : walk(folder)));
  const names = files.flatMap((file) => {
    const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    return [...code.matchAll(/^(?:import|export)[^;]*? from "((?:@[\w-]+\/)?[a-z][\w-]*)(?:\/[\w/-]+)?";/gm)].map(
      ([, name]) => name!,
    );
  });
  return [...new Set(names)].sort();
}

for (const file of ["deno.json", "jsr.json"]) {
  const other = readJson(file);

  test(`${file} has the version, licence and exports of package.json`, () => {
    assert.equal(other.version, manifest.version);
    assert.equal(other.license, manifest.license);
    const sources = Object.entries<{ types: string }>(manifest.exports)
      .filter(([, target]) => typeof target === "object")
      .map(([path, { types }]) => [path, types.replace("./dist/", "./").replace(/\.d\.ts$/, ".ts")]);
    assert.deepEqual(other.exports, Object.fromEntries(sources));
  });

  test(`${file} is called @tiercel/cache and maps the packages that its modules import`, () => {
    assert.equal(other.name, "@tiercel/cache");
    const ranges = { ...manifest.devDependencies, ...manifest.dependencies };
    const imports = importedPackages().map((name) => [name, `npm:${name}@${ranges[name]}`]);
    assert.deepEqual(other.imports, Object.fromEntries(imports));
  });
}

test("every export names types and a module that the build makes from one source", () => {
  for (const [path, target] of Object.entries<string | { types: string; default: string }>(manifest.exports)) {
    if (typeof target === "string") continue;
    assert.equal(target.types, target.default.replace(/\.js$/, ".d.ts"), path);
    assert.ok(existsSync(join(root, target.default.replace("./dist/", "./").replace(/\.js$/, ".ts"))), path);
    assert.ok(existsSync(join(root, target.default)), path);
    assert.ok(existsSync(join(root, target.types)), path);
  }
});

test("there are three dependencies, and every peer is optional", () => {
  assert.deepEqual(Object.keys(manifest.dependencies), ["cbor-x", "citty", "structured-headers"]);
  assert.equal(manifest.optionalDependencies, undefined);
  for (const peer of Object.keys(manifest.peerDependencies)) {
    assert.equal(manifest.peerDependenciesMeta[peer]?.optional, true, peer);
  }
});

test("the lock names no registry", () => {
  assert.doesNotMatch(readFileSync(join(root, "package-lock.json"), "utf8"), /"resolved"|registry|\.tgz/);
});

test("the lock is of this package.json and has every platform's packages, so that npm ci takes it", () => {
  const { name, version, dependencies, devDependencies, peerDependencies } = lock.packages[""];
  assert.deepEqual(
    { name, version, dependencies, devDependencies, peerDependencies },
    {
      name: manifest.name,
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
      peerDependencies: manifest.peerDependencies,
    },
  );
  assert.deepEqual(missingPackages(lock.packages), [], "npm run lock adds them");
});

test("every install script is allowed or refused by name, and nothing else is", () => {
  const names = Object.entries<{ hasInstallScript?: boolean; name?: string }>(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path, { name }]) => name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
  assert.deepEqual(Object.keys(manifest.allowScripts).sort(), [...new Set(names)].sort());
});

test("the package itself runs no script in a user's installation", () => {
  const scripts = Object.keys(manifest.scripts);
  assert.deepEqual(
    scripts.filter((name) => /^(pre|post)?install$|^(pre|post)?prepare$/.test(name)),
    [],
  );
});
