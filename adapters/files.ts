/**
 * The files tier: `tiercel/files`. A folder with a file for each entry, on the node:fs of Node, Bun and Deno.
 *
 * @module
 */
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { checkOptions, StoreOpenError } from "../src/errors.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { Disk } from "./files/disk.ts";
import { filesDriver } from "./files/driver.ts";
import { type FileSystem, FOLDER_MODE } from "./files/file-system.ts";
import { newTemporaryNames } from "./files/layout.ts";
import { codeOf, makeFolder } from "./folders.ts";
import { fault, flag, text, tierOptions } from "./options.ts";
import { plainStore } from "./plain/store.ts";
import { builtin, userAgent } from "./sql/builtin.ts";

/** Options of {@linkcode files}. */
export interface FilesOptions extends TierOptions, BytesOptions {
  /**
   * Wait for the disk at every write. Either way an acknowledged write survives the death of the process, `kill -9`
   * included, since the system has it. Without it a power cut or a crash of the system may lose the writes of the last
   * seconds, and leave files that are empty or cut off, which are misses. Default `false`.
   */
  fsync?: boolean | undefined;
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512. */
  maxKeyLength?: number | undefined;
}

const MAX_KEY_LENGTH = 512;
/** Node reads at most 2 GiB at once. */
const MAX_VALUE_BYTES = 1_000_000_000;

/**
 * A tier in a folder of plain files, which several processes may share.
 *
 * Each file is put in its place by renaming, so that readers and a process that is killed see it whole, old or new. The folder is
 * made when the cache is (`createCache` throws a `StoreOpenError` where it cannot be, or cannot be written to), with
 * rights for its owner alone; what others put into it is never touched, and links are not followed. The folder must be on one
 * file system.
 *
 * A folder keeps no tags, leases or journal. What this means: an invalidation by tag, and the refusal of what was loaded before
 * a change, hold in the process that makes them; entries with tags that another process wrote before this one began are
 * misses; and the memory of other processes learns of no change before its own `ttl`. Where that matters, use
 * `tiercel/sqlite`. Two processes that touch and write one key at the same moment may leave either.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { files } from "tiercel/files";
 *
 * const cache = createCache({ tiers: [memory({ ttl: "10s" }), files("data/cache", { ttl: "7d" })] });
 * ```
 */
export function files(folder: string | URL, options: FilesOptions = {}): Tier {
  checkOptions(options);
  const path = pathOf(folder);
  const fsync = flag("fsync", options.fsync ?? false);
  const { maxKeyLength = MAX_KEY_LENGTH } = options;
  if (!Number.isSafeInteger(maxKeyLength) || maxKeyLength < 1)
    throw fault("maxKeyLength", "an integer above 0", maxKeyLength);
  const capabilities: Capabilities = Object.freeze({
    keys: true,
    durable: true,
    shared: true,
    maxKeyBytes: maxKeyLength,
    maxValueBytes: MAX_VALUE_BYTES,
  });
  const store = plainStore({
    name: text("name", options.name ?? "files"),
    capabilities,
    options: tierOptions(options),
    driver: filesDriver({ open: () => openFolder(path, fsync), maxKeyLength }),
  });
  return bytes(store, options);
}

function pathOf(folder: unknown): string | URL {
  if (folder instanceof URL) {
    if (folder.protocol === "file:") return folder;
  } else if (typeof folder === "string" && folder !== "" && !folder.includes("\0")) {
    if (!/^[a-z][a-z0-9+.-]+:/i.test(folder)) return folder;
    if (folder.startsWith("file:") && URL.canParse(folder)) return new URL(folder);
  }
  throw fault("folder", "a path or a file: URL", folder instanceof URL ? folder.href : folder);
}

/** @throws {StoreOpenError} when there is no such folder and none can be made, or it cannot be written to */
function openFolder(folder: string | URL, fsync: boolean): Disk {
  const fs = userAgent() === "Cloudflare-Workers" ? undefined : builtin<FileSystem>("node:fs");
  if (fs === undefined) {
    throw new StoreOpenError(
      "Cannot open folder as the runtime must be Node 20.16, Bun or Deno at least: received one without files",
    );
  }
  const { resolve, dirname } = builtin<{ resolve(path: string): string; dirname(path: string): string }>("node:path")!;
  const { fileURLToPath } = builtin<{ fileURLToPath(url: URL): string }>("node:url")!;
  const path = resolve(typeof folder === "string" ? folder : fileURLToPath(folder));
  const refused = (reason: string, cause?: unknown): StoreOpenError =>
    new StoreOpenError(
      `Cannot open folder ${path} as it must be one that can be made and written to: received ${reason}`,
      { cause },
    );
  let root: string;
  try {
    makeFolder(fs, path, dirname, { mode: FOLDER_MODE });
    root = fs.realpathSync(path);
    const { R_OK = 4, W_OK = 2, X_OK = 1 } = fs.constants;
    fs.accessSync(root, R_OK | W_OK | X_OK);
    // Deno takes a read-only file system for one that can be written to.
    const trial = `${root}/${newTemporaryNames()()}`;
    fs.closeSync(fs.openSync(trial, "wx", 0o600));
    fs.unlinkSync(trial);
  } catch (error) {
    const code = codeOf(error);
    throw refused(code === "EEXIST" || code === "ENOTDIR" ? `a file (${code})` : code, error);
  }
  return new Disk(fs, root, () => makeFolder(fs, root, dirname, { mode: FOLDER_MODE }), fsync);
}
