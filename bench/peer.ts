/**
 * The packages that Tiercel is compared with. They are installed in this folder, not in the project, and only on demand.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The module of a peer. Its type is the slice that is used here, so that type checking needs no peer. */
export async function peer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

/** Version of an installed peer. */
export function peerVersion(name: string): string | undefined {
  const manifest = `${folder}node_modules/${name}/package.json`;
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version : undefined;
}

/**
 * Installs the peers unless all are there in the versions of bench/package.json.
 *
 * @throws {Error} when npm fails
 */
export function installPeers(): void {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  // @keyv/sqlite is optional, as its driver may have to be compiled, and a machine without a compiler does without it.
  if (Object.entries(dependencies).every(([name, version]) => peerVersion(name) === version)) return;
  // Not to the standard output, where tables are read from.
  console.error("bench: installing the peers with npm ci; where SQLite has to be compiled this takes two minutes");
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith("npm-cli.js")
    ? [process.env.npm_node_execpath ?? process.execPath, [npm]]
    : ["npm", []];
  const { status } = spawnSync(program, [...first, "ci", "--include=optional"], {
    cwd: folder,
    stdio: ["inherit", 2, 2],
  });
  if (status !== 0) throw new Error(`npm ci in bench/ failed with exit code ${status}`);
}
