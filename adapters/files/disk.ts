/**
 * Single files of a folder in shards: read, written and removed so that nobody ever sees half of one.
 *
 * @module
 */
import { CorruptError, StoreOpenError } from "../../src/errors.ts";
import { codeOf } from "../folders.ts";
import { type FileHandle, type FileSystem, FOLDER_MODE, type FolderEntry, unless } from "./file-system.ts";
import { isShard, newTemporaryNames, type Place } from "./layout.ts";

/** Rights of files: the owner's alone. */
const FILE_MODE = 0o600;

/** What is at a place: a file's bytes, nothing, or something that is no file of ours. */
export type Content = Uint8Array | CorruptError | undefined;

/** Files of one folder. */
export class Disk {
  readonly #fs: FileSystem;
  readonly #root: string;
  readonly #fsync: boolean;
  readonly #readFlags: number;
  readonly #temporaryName = newTemporaryNames();
  /** Shards that were looked at: they are folders, not links to elsewhere. */
  readonly #known = new Set<string>();

  readonly #makeRoot: () => void;

  /**
   * @param root where no part of the path is a link
   * @param makeRoot makes it again, should it be gone
   */
  constructor(fs: FileSystem, root: string, makeRoot: () => void, fsync: boolean) {
    this.#makeRoot = makeRoot;
    this.#fs = fs;
    this.#root = root;
    this.#fsync = fsync;
    const { O_RDONLY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
    // No link is followed, and a pipe is not waited for.
    this.#readFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  }

  /** What is in a shard, or by default in the folder itself. */
  async entries(shard = ""): Promise<FolderEntry[]> {
    if (shard !== "" && !(await this.#isThere(shard))) return [];
    const { readdir } = this.#fs.promises;
    return (await unless(readdir(`${this.#root}/${shard}`, { withFileTypes: true }), "ENOENT")) ?? [];
  }

  /** The names of the shards that are there, sorted. */
  async shards(): Promise<string[]> {
    const entries = await this.entries();
    return entries.flatMap((entry) => (isShard(entry.name) && entry.isDirectory() ? [entry.name] : [])).sort();
  }

  /** A whole file. */
  read(place: Place): Promise<Content> {
    return this.#open(place, async (handle) => view(await handle.readFile()));
  }

  /** The first bytes of a file, at most `size`. */
  readHead(place: Place, size: number): Promise<Content> {
    return this.#open(place, async (handle) => {
      const bytes = new Uint8Array(size);
      const { bytesRead } = await handle.read(bytes, 0, size, 0);
      return bytes.subarray(0, bytesRead);
    });
  }

  /** Puts a file in its place in one step. The one before it is there until then. */
  async write(place: Place, bytes: Uint8Array): Promise<void> {
    const { open, rename, unlink } = this.#fs.promises;
    const temporary = { shard: place.shard, file: this.#temporaryName() };
    const path = this.#path(temporary);
    const create = (): Promise<FileHandle> => open(path, "wx", FILE_MODE);
    let handle = (await this.#isThere(place.shard)) ? await unless(create(), "ENOENT") : undefined;
    if (handle === undefined) {
      await this.#makeShard(place.shard);
      handle = await create();
    }
    try {
      try {
        await handle.writeFile(bytes);
        if (this.#fsync) await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(path, this.#path(place));
    } catch (error) {
      await unlink(path).catch(() => {});
      throw error;
    }
    if (this.#fsync) await this.#syncFolder(place.shard);
  }

  /** Removes a file or a link, whatever is in it. What is neither stays. */
  async remove(place: Place): Promise<void> {
    try {
      await this.#fs.promises.unlink(this.#path(place));
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error))) return;
      // Some systems refuse to unlink a folder by EPERM.
      if ((await this.#statOf(place))?.isDirectory()) return;
      throw error;
    }
  }

  /**
   * Removes a file if it still is what it was found to be. It is taken aside, looked at once more, and put back if another
   * process has written it meanwhile.
   */
  async removeIf(place: Place, isDead: (content: Content) => boolean): Promise<void> {
    const { rename, link, unlink } = this.#fs.promises;
    if (!(await this.#statOf(place))?.isFile()) return;
    const aside = { shard: place.shard, file: this.#temporaryName() };
    const [path, from] = [this.#path(place), this.#path(aside)];
    const taken = await unless(
      rename(path, from).then(() => true),
      "ENOENT",
    );
    if (taken === undefined) return;
    // A link is never made over a file: one that was written since stays. Where there are no links, the entry is lost.
    if (!isDead(await this.read(aside))) await link(from, path).catch(() => {});
    await unless(unlink(from), "ENOENT");
  }

  /** Removes a file on its way that nobody has written to since a time by the system's clock. */
  async removeOlder(place: Place, time: number): Promise<void> {
    const stats = await this.#statOf(place);
    if (stats?.isFile() && stats.mtimeMs < time) await this.remove(place);
  }

  #path({ shard, file }: Place): string {
    return `${this.#root}/${shard}/${file}`;
  }

  #statOf(place: Place): Promise<{ isFile(): boolean; isDirectory(): boolean; mtimeMs: number } | undefined> {
    return unless(this.#fs.promises.lstat(this.#path(place)), "ENOENT", "ENOTDIR");
  }

  /** @throws {StoreOpenError} when a shard is a link or a file */
  async #isThere(shard: string): Promise<boolean> {
    if (this.#known.has(shard)) return true;
    const stats = await unless(this.#fs.promises.lstat(`${this.#root}/${shard}`), "ENOENT");
    if (stats === undefined) return false;
    if (!stats.isDirectory())
      throw new StoreOpenError(`Cannot use ${this.#root}/${shard} as it must be a folder: received a file or a link`);
    this.#known.add(shard);
    return true;
  }

  async #makeShard(shard: string): Promise<void> {
    const { mkdir } = this.#fs.promises;
    const make = (): Promise<unknown> => unless(mkdir(`${this.#root}/${shard}`, { mode: FOLDER_MODE }), "EEXIST");
    try {
      await make();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      this.#makeRoot();
      await make();
    }
    await this.#isThere(shard);
  }

  async #open(place: Place, use: (handle: FileHandle) => Promise<Uint8Array>): Promise<Content> {
    if (!(await this.#isThere(place.shard))) return undefined;
    let handle: FileHandle | undefined;
    try {
      handle = await this.#fs.promises.open(this.#path(place), this.#readFlags);
      return await use(handle);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return undefined;
      // ELOOP (FreeBSD: EMLINK) is what O_NOFOLLOW answers for a link, ENXIO what a socket does.
      if (["EISDIR", "ELOOP", "EMLINK", "ENXIO"].includes(code))
        return new CorruptError(`Cannot read ${place.file} as it must be a file: received ${code}`);
      throw error;
    } finally {
      await handle?.close();
    }
  }

  async #syncFolder(shard: string): Promise<void> {
    // Windows has no handle of a folder, and needs none.
    const handle = await unless(
      this.#fs.promises.open(`${this.#root}/${shard}`, "r"),
      "EISDIR",
      "EPERM",
      "EACCES",
      "EINVAL",
    );
    try {
      await handle?.sync();
    } finally {
      await handle?.close();
    }
  }
}

/** A Buffer's bytes as what they are. */
function view(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
