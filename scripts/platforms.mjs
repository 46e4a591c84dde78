/** Packages for other platforms that package-lock.json ought to have, or `npm ci` refuses it. */

/** @typedef {{ version?: string, dev?: boolean, resolved?: string, optionalDependencies?: Record<string, string> }} Locked */

/**
 * The packages that others depend on by an exact version, optionally, and that the lock does not have.
 *
 * @param {Record<string, Locked>} packages of the lock, by their path
 */
export function missingPackages(packages) {
  /** @type {Array<{ path: string, name: string, version: string, dev: boolean }>} */
  const missing = [];
  for (const [parent, { optionalDependencies = {}, dev = false }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const found = seen(packages, parent, name);
      if (!/^\d/.test(version) || (found && packages[found]?.version === version)) continue;
      const path = found ? `${parent}/node_modules/${name}` : `node_modules/${name}`;
      missing.push({ path, name, version, dev });
    }
  }
  return missing;
}

/** The path of the package that `from` gets when it asks for `name`. */
function seen(/** @type {Record<string, Locked>} */ packages, /** @type {string} */ from, /** @type {string} */ name) {
  for (let folder = from; ; ) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === "") return undefined;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1));
  }
}
