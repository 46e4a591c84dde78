/**
 * The config file: `tiercel.config.ts`, `.js`, `.mjs` or `.json`, in the working folder or the next one above that has one.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { AnyScopes, Cache, Loader, Tier } from "../mod.ts";
import { parseUrl } from "../runtimes/url.ts";
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
  /** The tiers below memory, instead of `url`: for stores that no URL names. Called once, when the store is needed. */
  tiers?: () => readonly Tier[] | Promise<readonly Tier[]>;
  /** A cache of the program itself, instead of all above; `--url` and `TIERCEL_URL` come first. It is closed in the end. */
  cache?: () => Cache<AnyScopes> | Promise<Cache<AnyScopes>>;
  /** Encryption of stores by URL. What `tiers` or `cache` makes is encrypted by `encryption()` of `tiercel/encryption`, and not by this. */
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

type Kind = "string" | "text" | "duration" | "function" | "object" | "boolean" | "keys";

/** What a value must be, in words, and whether it is. */
const KINDS: Readonly<Record<Kind, readonly [rule: string, fits: (value: unknown) => boolean]>> = {
  string: ["a string", isString],
  text: ["a non-empty string", (value) => isString(value) && value !== ""],
  duration: ["a duration", (value) => isString(value) || typeof value === "number"],
  function: ["a function", (value) => typeof value === "function"],
  object: ["an object", isObject],
  boolean: ["true or false", (value) => typeof value === "boolean"],
  keys: ["an array of at least one text", (value) => Array.isArray(value) && value.length > 0 && value.every(isString)],
};

const FIELDS: Readonly<Record<string, Kind>> = {
  url: "text",
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

const ENCRYPTION: Readonly<Record<string, Kind>> = {
  keys: "keys",
  names: "string",
  hashKeys: "boolean",
  allowPlain: "boolean",
};

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

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
  return { config: config.url === undefined ? config : { ...config, url: placed(config.url, dirname(file)) }, file };
}

/** The URL with a path, plain or of `file:` and `sqlite:`, that begins in the folder of the config. */
function placed(url: string, folder: string): string {
  const { scheme, rest, whole } = parseUrl(url, "url");
  if (rest === whole) return url === ":memory:" ? url : resolve(folder, url);
  if ((scheme !== "file" && scheme !== "sqlite") || isAbsolute(rest) || rest === ":memory:") return url;
  return `${scheme}:${folder.split(sep).map(encodeURIComponent).join("/")}/${rest}`;
}

async function load(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    const { code, message = String(error) } = Object(error) as { code?: string; message?: string };
    if (/\.m?ts$/.test(file) && (code === "ERR_UNKNOWN_FILE_EXTENSION" || error instanceof SyntaxError))
      throw usage(
        `Cannot read config ${file}: this runtime does not read its TypeScript`,
        "use Node 22.18 or later, Bun or Deno, or a .js or .json file",
      );
    throw usage(`Cannot read config ${file}: ${message}`);
  }
}

function check(config: unknown, file: string): asserts config is Config {
  if (!isObject(config))
    throw usage(`Cannot use config ${file} as its default export must be an object: received ${received(config)}`);
  checkFields(config, FIELDS, "", file);
  const { encryption } = config as Config;
  if (encryption) checkFields(encryption, ENCRYPTION, "encryption.", file);
}

/** @throws {Failure} naming the field that is wrong, or that there is not. No value is shown, as it may be a secret */
function checkFields(object: object, fields: Readonly<Record<string, Kind>>, path: string, file: string): void {
  for (const [field, value] of Object.entries(object)) {
    const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (kind === undefined) {
      const names = Object.keys(fields).map((name) => path + name);
      const meant = nearest(path + field, names);
      throw usage(
        `Cannot use config ${file} as it must have no other fields than ${names.join(", ")}: received ${JSON.stringify(path + field)}`,
        meant && `did you mean ${meant}?`,
      );
    }
    const [rule, fits] = KINDS[kind];
    if (value !== undefined && !fits(value))
      throw usage(`Cannot use config ${file} as ${path}${field} must be ${rule}: received ${received(value)}`);
  }
}

/** What was given, of which nothing is told that may be a secret. */
function received(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty one" : "another array";
  if (value === undefined || value === null) return value === null ? "null" : "none";
  return value === "" ? "an empty one" : `a ${typeof value}`;
}
