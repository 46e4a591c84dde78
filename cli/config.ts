/**
 * The config file: `tiercel.config.ts`, `.js`, `.mjs` or `.json`, in the working folder or the next one above that has one.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { AnyScopes, Cache, Loader, Tier } from "../mod.ts";
import { usage } from "./failure.ts";
import { nearest } from "./nearest.ts";
import { parseJson } from "./values.ts";

/** What a config file may export as its default; of a JSON file, its content without functions. */
export interface Config {
  /** Where the store is, as in `openCache`. `--url` and `TIERCEL_URL` come first. A path is relative to the config file. */
  url?: string;
  /** Token of the store. */
  token?: string;
  /** Name of the cache, as in `createCache`. */
  name?: string;
  /** Prefix of its keys, as in `createCache`. */
  prefix?: string;
  /** Ttl of what is written without one. */
  ttl?: number | string;
  /** Grace of what is written without one. */
  grace?: number | string;
  /** The tiers below memory, instead of a URL: for stores that no URL names. Called once, when the store is needed. */
  tiers?: () => readonly Tier[] | Promise<readonly Tier[]>;
  /** A cache of the program itself, instead of all above. It is closed in the end. */
  cache?: () => Cache<AnyScopes> | Promise<Cache<AnyScopes>>;
  /** Keys of encryption. */
  encryption?: {
    /** In base64 or hexadecimal, the one in force first. `TIERCEL_KEYS` comes first. */
    keys?: readonly string[];
    /** The key that hides names (`hashKeys`), where keys were rotated. */
    names?: string;
    hashKeys?: boolean;
    allowPlain?: boolean;
  };
  /** Makes the value of a key, for `tiercel warm`. */
  load?: Loader;
}

/** A config with the file that it is from. */
export interface Found {
  readonly config: Config;
  readonly file: string | undefined;
}

const NAMES = [
  "tiercel.config.ts",
  "tiercel.config.mts",
  "tiercel.config.js",
  "tiercel.config.mjs",
  "tiercel.config.json",
];

const FIELDS: Readonly<Record<string, string>> = {
  url: "string",
  token: "string",
  name: "string",
  prefix: "string",
  ttl: "duration",
  grace: "duration",
  tiers: "function",
  cache: "function",
  encryption: "object",
  load: "function",
};

/** The path of the config file, if there is one. @throws {Failure} when the one that was named is not there */
function find(named: string | undefined): string | undefined {
  if (named !== undefined) {
    const path = resolve(named);
    if (!existsSync(path)) throw usage(`Cannot read config ${named}: there is no such file`);
    return path;
  }
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const path = NAMES.map((name) => join(folder, name)).find((one) => existsSync(one));
    if (path !== undefined) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * Reads the config.
 *
 * @throws {Failure} for a file that cannot be read, and naming the field that is wrong
 */
export async function readConfig(named: string | undefined): Promise<Found> {
  const file = find(named);
  if (file === undefined) return { config: {}, file };
  const config = file.endsWith(".json") ? parseJson(readFileSync(file, "utf8"), `config ${file}`) : await load(file);
  check(config, file);
  if (typeof config.url === "string" && !/^[A-Za-z][A-Za-z0-9+.-]+:/.test(config.url))
    return { config: { ...config, url: resolve(dirname(file), config.url) }, file };
  return { config, file };
}

async function load(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    if (/\.m?ts$/.test(file) && (code === "ERR_UNKNOWN_FILE_EXTENSION" || error instanceof SyntaxError))
      throw usage(
        `Cannot read config ${file}: this runtime does not read its TypeScript`,
        "use Node 22.18 or later, Bun or Deno, or a .js or .json file",
      );
    throw usage(`Cannot read config ${file}: ${message}`);
  }
}

function check(config: unknown, file: string): asserts config is Config {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw usage(
      `Cannot use config ${file} as its default export must be an object: received ${config === undefined ? "none" : typeof config}`,
    );
  for (const [field, value] of Object.entries(config)) {
    const kind = FIELDS[field];
    if (kind === undefined) {
      const meant = nearest(field, Object.keys(FIELDS));
      throw usage(
        `Cannot use config ${file} as it must have no other fields than ${Object.keys(FIELDS).join(", ")}: received ${JSON.stringify(field)}`,
        meant && `did you mean ${meant}?`,
      );
    }
    const fits = kind === "duration" ? typeof value === "string" || typeof value === "number" : typeof value === kind;
    if (value !== undefined && !fits)
      throw usage(`Cannot use config ${file} as ${field} must be a ${kind}: received a ${typeof value}`);
  }
}
