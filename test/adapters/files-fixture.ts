/**
 * What the tests of the files tier share: folders, caches over them, the files in them. Runs in Node, Bun and Deno.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FilesOptions, files } from "../../adapters/files.ts";
import { type Cache, type CacheEvents, type CacheOptions, createCache } from "../../mod.ts";
import type { FakeClock } from "../contract/mod.ts";
import { fakeClock } from "../contract/mod.ts";

export const isDeno = "Deno" in globalThis;

/** A cache over a folder, with what it told of. */
export interface Opened {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly corrupt: CacheEvents["corrupt"][];
  readonly errors: CacheEvents["error"][];
}

/** A folder of a test. */
export interface Folder {
  readonly path: string;
  /** The folder of the store, which the first cache makes. */
  readonly store: string;
  /** A cache with the files tier alone, unless told otherwise. */
  open(options?: FilesOptions, cacheOptions?: CacheOptions): Opened;
}

/** Runs a test with a folder of its own, which is removed afterwards. */
export async function inFolder(test: (folder: Folder) => unknown): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "tiercel-files-"));
  const opened: Cache[] = [];
  try {
    const store = join(path, "cache");
    await test({
      path,
      store,
      open(options = {}, cacheOptions = {}) {
        const one = openCache({ tiers: [files(store, options)], ...cacheOptions });
        opened.push(one.cache);
        return one;
      },
    });
  } finally {
    for (const cache of opened) await cache.close();
    rmSync(path, { recursive: true, force: true });
  }
}

/** A cache with a clock that stands still, and no sweep. */
export function openCache(options: CacheOptions): Opened {
  const clock = fakeClock();
  const cache = createCache({ clock, sweepInterval: 0, ...options });
  const corrupt: CacheEvents["corrupt"][] = [];
  const errors: CacheEvents["error"][] = [];
  cache.on("corrupt", (event) => corrupt.push(event));
  cache.on("error", (event) => errors.push(event));
  return { cache, clock, corrupt, errors };
}

/** All files below a folder, by their path in it, sorted. */
export function filesIn(folder: string, ending = ""): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** The path of the only file that the store has. */
export function onlyFile(folder: Folder): string {
  const found = filesIn(folder.store, ".tiercel");
  if (found.length !== 1) throw new Error(`expected one file, received ${found.length}`);
  return join(folder.store, found[0]!);
}

/** Mounts a file system in memory for as long as `run` takes; `undefined` where that is not possible. */
export async function mounted<T>(folder: string, options: string, run: () => Promise<T>): Promise<T | undefined> {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  try {
    return await run();
  } finally {
    execFileSync("umount", ["-l", folder]);
  }
}
