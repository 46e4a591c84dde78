/**
 * The slow work of the example: reading every file of an installed package.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What is known about a package once all of it was read. */
export interface PackageReport {
  name: string;
  version: string;
  licence: string;
  files: number;
  bytes: number;
  /**
   * SHA-256 of its content, the same as that of
   * `find . -name node_modules -prune -o -type f -print | LC_ALL=C sort | xargs -d '\n' sha256sum`.
   */
  sha256: string;
}

// Neither dots at the start nor slashes but that of the scope: no name leads out of the folder.
const NAME = /^(@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*$/;

/** Names of the packages in a node_modules folder, in order. */
export async function listPackages(folder: string): Promise<string[]> {
  const top = await readdir(folder).catch(() => []);
  const scoped = top
    .filter((name) => name.startsWith("@"))
    .map(async (scope) => (await readdir(join(folder, scope))).map((name) => `${scope}/${name}`));
  const names = [...top, ...(await Promise.all(scoped)).flat()].filter((name) => NAME.test(name));
  const isPackage = await Promise.all(names.map((name) => exists(join(folder, name, "package.json"))));
  return names.filter((_, i) => isPackage[i]).sort();
}

/** Reads a package, but not those nested in it; `undefined` when there is no such package. */
export async function inspectPackage(
  folder: string,
  name: string,
  signal: AbortSignal,
): Promise<PackageReport | undefined> {
  const root = join(folder, name);
  if (!NAME.test(name) || !(await exists(join(root, "package.json")))) return undefined;
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const paths = (await filesBelow(root, ".")).sort();
  const content = createHash("sha256");
  let bytes = 0;
  for (const path of paths) {
    const file = createHash("sha256");
    for await (const chunk of createReadStream(join(root, path), { highWaterMark: 1 << 20 })) {
      signal.throwIfAborted();
      file.update(chunk);
      bytes += chunk.length;
    }
    content.update(`${file.digest("hex")}  ${path}\n`);
  }
  const licence = manifest.license?.type ?? manifest.license ?? manifest.licenses?.[0]?.type ?? "unknown";
  return { name, version: manifest.version ?? "", licence, files: paths.length, bytes, sha256: content.digest("hex") };
}

async function filesBelow(root: string, path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => `${path}/${name}`);
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "node_modules");
  const below = await Promise.all(folders.map(({ name }) => filesBelow(root, `${path}/${name}`)));
  return [...files, ...below.flat()];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
