/**
 * Making the folders that a store is to be in.
 *
 * @module
 */

/** The slice of node:fs that is used. */
export interface FolderSystem {
  mkdirSync(path: string, options: { mode?: number }): unknown;
  statSync(path: string): { isDirectory(): boolean };
}

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never ends where a folder is there and
 * nothing can be made in it, and the system says ENOENT for that, as in `/proc`.
 *
 * @param parentOf the folder above one
 * @param options rights of folders that are made; without, those that the system gives
 */
export function makeFolder(
  fs: FolderSystem,
  path: string,
  parentOf: (path: string) => string,
  options: { mode?: number } = {},
): void {
  if (tryToMake(fs, path, options) === undefined) return;
  const parent = parentOf(path);
  if (parent !== path) makeFolder(fs, parent, parentOf, options);
  // By now another process may have made it.
  if (tryToMake(fs, path, options) === "ENOENT") fs.mkdirSync(path, options);
}

/** Answers `ENOENT` where the folder above is missing. */
function tryToMake(fs: FolderSystem, path: string, options: { mode?: number }): "ENOENT" | undefined {
  try {
    fs.mkdirSync(path, options);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "ENOENT";
    if (!isFolder(fs, path)) throw error;
  }
  return undefined;
}

function isFolder(fs: FolderSystem, path: string): boolean {
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
