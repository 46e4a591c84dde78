/**
 * Opening the cache that a command works with. Only the adapter that the URL asks for is loaded.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AnyScopes, Cache, CacheOptions } from "../mod.ts";
import { openWith, processVariable, type Runtime, URL_VARIABLE } from "../runtimes/open.ts";
import { isUpstash } from "../runtimes/remote.ts";
import { parseUrl, type Scheme } from "../runtimes/url.ts";
import { describe } from "../src/errors.ts";
import type { Config } from "./config.ts";
import { checkEncryption, encryptionOf } from "./encryption.ts";
import { EXIT, Failure, redact, usage } from "./failure.ts";
import type { StoreChoice } from "./store-choice.ts";

/** What a cache is opened with. */
export interface Place {
  readonly choice: StoreChoice;
  readonly config: Config;
  readonly options: Omit<CacheOptions<AnyScopes>, "tiers" | "maxEntries">;
  /** Whether a file that is not there may be made. */
  readonly mayCreate: boolean;
}

/** A cache, and where its store is, without secrets. */
export interface Opened {
  readonly cache: Cache<AnyScopes>;
  readonly where: string;
}

/** How long one operation of a store may take. */
const PATIENCE = "15s";

const NEVER: Scheme = () => [];

/** Every scheme, so that an unknown one is told of those that there are; the one that is asked for has its adapter. */
async function schemes(url: string): Promise<Runtime["schemes"]> {
  const parts = parseUrl(url, "url");
  const all: Record<string, Scheme> = {};
  for (const name of ["file", "sqlite", "redis", "rediss", "libsql", "https", "http", "wss", "ws"]) all[name] = NEVER;
  switch (parts.scheme) {
    case "file":
    case "sqlite":
      all[parts.scheme] = (await import("../runtimes/files.ts")).file;
      break;
    case "redis":
    case "rediss":
      all[parts.scheme] = (await import("../runtimes/tcp.ts")).overTcp;
      break;
    case "libsql":
    case "https":
    case "http":
    case "wss":
    case "ws":
      all[parts.scheme] = isUpstash(parts)
        ? (await import("../runtimes/upstash.ts")).upstashStore
        : (await import("../runtimes/libsql.ts")).libsqlStore;
  }
  return all;
}

/** Where a URL leads, as people may see it: scheme, host and path. A path without a scheme is itself. */
export function shown(url: string): string {
  const { scheme, rest, whole } = parseUrl(url, "url");
  if (rest === whole) return whole;
  if (!URL.canParse(url)) return `${scheme}:`;
  const { protocol, username, password, host, pathname } = new URL(url);
  // What has no host is a path on this machine.
  if (host === "") return `${protocol}${rest.replace(/[?#].*$/, "")}`;
  return redact(`${protocol}//${username + password === "" ? "" : "***@"}${host}${pathname}`);
}

/** @throws {Failure} for a SQLite file that is not there, before an empty one is made by mistake */
function checkFile(url: string): void {
  const { scheme, rest, whole } = parseUrl(url, "url");
  if (scheme !== "file" && scheme !== "sqlite") return;
  let path = rest === whole ? whole : rest.replace(/[?#].*$/, "");
  if (rest !== whole) {
    try {
      path = path.startsWith("//") ? fileURLToPath(`file:${path}`) : decodeURIComponent(path);
    } catch {
      // The adapter tells what is wrong with it.
      return;
    }
  }
  if (path === ":memory:" || existsSync(path)) return;
  throw new Failure(`Cannot open store ${path}: there is no such file`, EXIT.store, {
    fix: "name the store with --url, TIERCEL_URL or a config file; tiercel set makes a new one",
  });
}

/** What the program itself makes. */
async function own({ choice, config, options }: Place): Promise<Opened> {
  if (choice.by === "cache of the config") {
    const cache = await config.cache!();
    if (typeof cache?.getEntry !== "function")
      throw usage(`Cannot use config as cache must give a cache: received ${describe(cache)}`);
    const tiers = cache.stats().tiers.map(({ name }) => cache.tier(name));
    await checkEncryption(config, tiers, "cache");
    return { cache, where: "the cache of the config" };
  }
  const tiers = await config.tiers!();
  if (!Array.isArray(tiers))
    throw usage(`Cannot use config as tiers must give an array of tiers: received ${describe(tiers)}`);
  const { createCache, memory } = await import("../mod.ts");
  const cache = createCache({ ...options, tiers: [memory(), ...tiers] });
  await checkEncryption(config, tiers, "tiers");
  return { cache: cache as unknown as Cache<AnyScopes>, where: "the tiers of the config" };
}

/**
 * Opens it.
 *
 * @throws {Failure} and what `openCache` and the config throw
 */
export async function open(place: Place): Promise<Opened> {
  const { choice, config, options, mayCreate } = place;
  const { by, url } = choice;
  if (url === undefined) return own(place);
  const runtime: Runtime = {
    schemes: await schemes(url),
    standard: () => ({ url, option: "url" }),
    environment: (name) => (name === URL_VARIABLE ? undefined : processVariable(name)),
  };
  if (!mayCreate) checkFile(url);
  // It is for the store that the config names, and for no other host.
  const token = by === "url of the config" && config.token !== undefined ? { token: config.token } : {};
  // Nobody waits for a page; a store that is slow is waited for.
  const store = { timeout: PATIENCE, breaker: false as const, ...(await encryptionOf(config)) };
  const cache = openWith(runtime, url, { ...options, ...token, store });
  return { cache: cache as unknown as Cache<AnyScopes>, where: shown(url) };
}
