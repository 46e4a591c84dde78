/**
 * SQLite files by URL, where there are files: Node, Bun and Deno.
 *
 * @module
 */
import { sqlite } from "../adapters/sqlite.ts";
import { ConfigError } from "../src/errors.ts";
import type { Tier } from "../src/tier.ts";
import type { CacheUrl, Scheme, Surroundings } from "./url.ts";

/** A SQLite file by a path, or by a URL of the scheme `file:` or `sqlite:`, which are the same. */
export const file: Scheme = ({ scheme, rest, whole, option }: CacheUrl, { store }: Surroundings): readonly Tier[] => {
  const isPath = rest === whole;
  try {
    return [sqlite(isPath ? whole : `file:${rest}`, { ...store })];
  } catch (error) {
    if (!(error instanceof ConfigError && error.option === "path")) throw error;
    // Its own message shows what was given.
    const rule = isPath
      ? "a path must be without NUL"
      : `${scheme}: must have the path of a local file, and no parameter but mode=ro`;
    throw new ConfigError(option, `Cannot use ${option} as ${rule}`);
  }
};
