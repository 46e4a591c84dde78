/**
 * What `openCache` is in every runtime: a cache whose tiers a URL picks.
 *
 * @module
 */
import type { Cache } from "../src/api.ts";
import { createCache } from "../src/cache.ts";
import { ConfigError, checkOptions } from "../src/errors.ts";
import { memory } from "../src/memory/memory.ts";
import type { MemoryOptions } from "../src/memory/options.ts";
import type { CacheOptions } from "../src/options.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { lowerTiers, type Scheme, type StoreOptions, type Surroundings } from "./url.ts";

/** Options of `openCache`: those of `createCache`, whose tiers the URL picks. */
export interface OpenOptions<S extends AnyScopes = NoScopes> extends Omit<CacheOptions<S>, "tiers" | "maxEntries"> {
  /** Options of the memory tier, which is always the first. */
  memory?: MemoryOptions | undefined;
  /** Token of the store, where it is not in the URL: of libSQL or Upstash. Default: that of the environment, by its usual name. */
  token?: string | undefined;
  /** Options of the store below memory that every adapter has: `encryption`, `compression`, `ttl`, `timeout` and so on. Default: theirs. */
  store?: StoreOptions | undefined;
}

/** What differs between runtimes. */
export interface Runtime {
  /** The schemes that it knows besides `memory:`. A plain path counts as `file:`. */
  readonly schemes: Readonly<Record<string, Scheme>>;
  /** The URL when none is given and the environment has no `TIERCEL_URL`, and where it comes from. */
  readonly standard: (from: Surroundings) => { readonly url: string; readonly option: string };
  /** A variable of the environment. */
  readonly environment: (name: string) => string | undefined;
  /** Keeps the runtime alive for work in the background, where it says how. Default for the option of that name. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
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
  checkOptions(options);
  const { memory: memoryOptions, token, env, store, ...rest } = options as OpenOptions<S> & { env?: object };
  if ("tiers" in rest) throw new ConfigError("tiers", "Cannot use tiers as the URL picks them");
  if (store !== undefined) checkOptions(store, "store");
  const { schemes, standard, environment, waitUntil } = runtime;
  const from: Surroundings = { environment, token, env, store };
  const place = url === undefined ? (inEnvironment(environment) ?? standard(from)) : { url, option: "url" };
  const lower = lowerTiers(place.url, place.option, schemes, from);
  return createCache<S>({
    ...(waitUntil && { waitUntil }),
    ...(rest as CacheOptions<S>),
    tiers: [memory(memoryOptions), ...lower],
  });
}

/** Only asked where no URL is given, as Deno asks its user for each variable. */
function inEnvironment(environment: Runtime["environment"]): { url: string; option: string } | undefined {
  const url = environment(URL_VARIABLE);
  // An empty variable is how a shell says that there is none.
  return url ? { url, option: URL_VARIABLE } : undefined;
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
