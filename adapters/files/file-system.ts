/**
 * The slice of node:fs that is used, and what its errors mean.
 *
 * @module
 */

/** What a path is. */
export interface Stats {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly mtimeMs: number;
}

/** One name in a folder. */
export interface FolderEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** An open file. */
export interface FileHandle {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  readFile(): Promise<Uint8Array>;
  writeFile(data: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** node:fs. */
export interface FileSystem {
  readonly constants: Readonly<Record<string, number | undefined>>;
  mkdirSync(path: string, options: { mode: number }): unknown;
  realpathSync(path: string): string;
  statSync(path: string): Stats;
  accessSync(path: string, mode: number): void;
  openSync(path: string, flags: string, mode: number): number;
  closeSync(file: number): void;
  unlinkSync(path: string): void;
  readonly promises: {
    open(path: string, flags: string | number, mode?: number): Promise<FileHandle>;
    rename(from: string, to: string): Promise<void>;
    link(from: string, to: string): Promise<void>;
    unlink(path: string): Promise<void>;
    lstat(path: string): Promise<Stats>;
    mkdir(path: string, options: { mode: number }): Promise<unknown>;
    readdir(path: string, options: { withFileTypes: true }): Promise<FolderEntry[]>;
  };
}

/** Rights of folders that we make: the owner's alone. */
export const FOLDER_MODE = 0o700;

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never ends where a folder is there and
 * nothing can be made in it, and the system says ENOENT for that, as in `/proc`.
 *
 * @param parentOf the folder above one
 */
export function makeFolder(fs: FileSystem, path: string, parentOf: (path: string) => string): void {
  if (tryToMake(fs, path) === undefined) return;
  const parent = parentOf(path);
  if (parent !== path) makeFolder(fs, parent, parentOf);
  // By now another process may have made it.
  if (tryToMake(fs, path) === "ENOENT") fs.mkdirSync(path, { mode: FOLDER_MODE });
}

/** Answers `ENOENT` where the folder above is missing. */
function tryToMake(fs: FileSystem, path: string): "ENOENT" | undefined {
  try {
    fs.mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "ENOENT";
    if (!isFolder(fs, path)) throw error;
  }
  return undefined;
}

function isFolder(fs: FileSystem, path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The code of a system's error, such as `ENOENT`. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? "");
}

/** Waits for an answer; errors with one of these codes are answered with `undefined`. */
export async function unless<T>(answer: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (codes.includes(codeOf(error))) return undefined;
    throw error;
  }
}
