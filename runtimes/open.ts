/**
 * What `openCache` is in every runtime: a cache whose tiers a URL picks.
 *
 * @module
 */
import type { Cache } from "../src/api.ts";
import { createCache } from "../src/cache.ts";
import { ConfigError } from "../src/errors.ts";
import { type MemoryOptions, memory } from "../src/memory/memory.ts";
import type { CacheOptions } from "../src/options.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { lowerTiers, type Scheme } from "./url.ts";

/** Options of `openCache`: those of `createCache`, whose tiers the URL picks. */
export interface OpenOptions<S extends AnyScopes = NoScopes> extends Omit<CacheOptions<S>, "tiers" | "maxEntries"> {
  /** Options of the memory tier, which is always the first. */
  memory?: MemoryOptions;
}

/** What differs between runtimes. */
export interface Runtime {
  /** The schemes that it knows besides `memory:`. A plain path counts as `file:`. */
  readonly schemes: Readonly<Record<string, Scheme>>;
  /** The URL when none is given and the environment has none. */
  readonly defaultUrl: string;
  /** A variable of the environment. */
  readonly environment: (name: string) => string | undefined;
}

/** The variable of the environment that is read when no URL is given. */
export const URL_VARIABLE = "TIERCEL_URL";

/**
 * Makes the cache of a URL.
 *
 * @throws {ConfigError} for a URL or option that cannot be used, {StoreOpenError} or {StoreSchemaError} when its store cannot be
 */
export function openWith<S extends AnyScopes = NoScopes>(
  runtime: Runtime,
  url?: string,
  options: OpenOptions<S> = {},
): Cache<S> {
  const { memory: memoryOptions, ...rest } = options;
  if ("tiers" in rest) throw new ConfigError("tiers", "Cannot use tiers as the URL picks them");
  return createCache<S>({ ...(rest as CacheOptions<S>), tiers: [memory(memoryOptions), ...pick(runtime, url)] });
}

function pick({ schemes, defaultUrl, environment }: Runtime, url: string | undefined): ReturnType<Scheme> {
  if (url !== undefined) return lowerTiers(url, "url", schemes);
  // An empty variable is how a shell says that there is none.
  const given = environment(URL_VARIABLE) || undefined;
  return given === undefined ? lowerTiers(defaultUrl, "url", schemes) : lowerTiers(given, URL_VARIABLE, schemes);
}

/** A variable of the process's environment; none where there is no process, or where Deno does not permit to read it. */
export function processVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  try {
    return process?.env?.[name];
  } catch {
    return undefined;
  }
}
