/**
 * The tier of the Web's Cache API: `tiercel/cache-api`. For Workers, Deno and browsers.
 *
 * @module
 */
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { ConfigError, checkOptions } from "../src/errors.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { listedDriver } from "./cache-api/listed-driver.ts";
import { markedDriver } from "./cache-api/marked-driver.ts";
import type { WebCache, WebCacheSource } from "./cache-api/slice.ts";
import { fault, text, tierOptions } from "./options.ts";
import { plainStore } from "./plain/store.ts";
import { userAgent } from "./sql/builtin.ts";
import { keyLimit } from "./sql/remote-options.ts";

/** Options of {@linkcode cacheApi}. */
export interface CacheApiOptions extends TierOptions, BytesOptions {
  /**
   * The URL below which the entries are, with `http:` or `https:`. Nothing is ever asked of it; on Workers take a path of your own zone, as
   * Cloudflare looks its host up. Default `"https://tiercel.invalid/"`.
   */
  base?: string | URL | undefined;
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512, at most 2,048. */
  maxKeyLength?: number | undefined;
}

const BASE = "https://tiercel.invalid/";
/** Name of the cache where none is given and there is no default one. */
const NAME = "tiercel";
/** What Cloudflare keeps at most under one URL. */
const MAX_RECORD_BYTES = 536_870_912;
/** Most keys in one call of the tier, each of which is one operation of the store. */
const MAX_BATCH = 100;
/** Fields of an envelope beside the payload, without tags, version and profile. */
const ENVELOPE = 128;

/**
 * A tier in a `Cache` of the Web: one that is open, one by its name (`caches.open`), or without either `caches.default` on Workers and the
 * one named `tiercel` elsewhere. It may be made outside of a request. Each entry is a response below `base`; others in the same cache are left alone.
 *
 * On Workers each data centre has its own, which may forget what it likes, and does nothing at all on `*.workers.dev`. It cannot list what it has: `keys`, `size`
 * and patterns do not see it, an invalidation by pattern clears all of the cache in it, and `clear` writes down the prefix, which costs every read
 * one look more, all in one go. In browsers and Deno it lasts, can be listed, and removes what has expired only when the cache sweeps.
 *
 * There are no tags, leases or journal. What this means: what was deleted, written anew or cleared is never seen again by those who use the same cache (a data
 * centre, an origin in a browser), but other data centres serve what they have until its `ttl`; an invalidation by tag, and the refusal of
 * what was loaded before a change, hold in the process that makes them; entries with tags that another process wrote before this
 * one began are misses; and the memory of other processes learns of no change before its own `ttl`.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { cacheApi } from "tiercel/cache-api";
 *
 * const cache = createCache({ tiers: [memory({ ttl: "10s" }), cacheApi("pages")], ttl: "1h" });
 * ```
 */
export function cacheApi(cache?: WebCache | string, options: CacheApiOptions = {}): Tier {
  checkOptions(options);
  const source = sourceOf(cache);
  const base = baseOf(options.base ?? BASE);
  const name = text("name", options.name ?? "cache-api");
  const maxKeyBytes = keyLimit(options.maxKeyLength);
  // There a cache has a method for it, which throws.
  const isWorker = userAgent() === "Cloudflare-Workers";
  const isListed = !isWorker && (typeof cache === "object" ? typeof cache.keys === "function" : true);
  const capabilities: Capabilities = Object.freeze({
    keys: isListed,
    durable: !isWorker,
    shared: true,
    maxKeyBytes,
    maxBatch: MAX_BATCH,
    ...(isWorker && { maxValueBytes: MAX_RECORD_BYTES - ENVELOPE }),
  });
  const store = plainStore({
    name,
    capabilities,
    options: tierOptions(options),
    driver: isListed ? listedDriver(source, base) : markedDriver({ tier: name, source, base }),
    ...(isWorker && { maxRecordBytes: MAX_RECORD_BYTES }),
    ...(typeof cache === "object" && { client: () => cache }),
  });
  return bytes(store, options);
}

interface Scope {
  readonly caches?: { readonly default?: WebCache; open(name: string): Promise<WebCache> };
}

function sourceOf(cache: unknown): WebCacheSource {
  if (cache === undefined || (typeof cache === "string" && cache !== "")) {
    const { caches } = globalThis as unknown as Scope;
    if (caches === undefined) {
      throw new ConfigError(
        "cache",
        "Cannot use cache as the runtime must have caches (Workers, Deno, a page in a secure context): received one without",
      );
    }
    return () => (cache === undefined && caches.default) || caches.open((cache as string | undefined) ?? NAME);
  }
  for (const method of ["match", "put", "delete"] as const)
    if (typeof (cache as WebCache | null)?.[method] !== "function")
      throw fault("cache", "a Cache or the name of one", cache);
  return () => cache as WebCache;
}

function baseOf(base: unknown): string {
  let url: URL | undefined;
  try {
    url = new URL(String(base));
  } catch {
    // Told below, with what else may be wrong.
  }
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== "" ||
    url.hash !== "" ||
    url.username !== ""
  )
    throw fault("base", "an http: or https: URL without query and fragment", url?.username ? "one with a user" : base);
  return url.href.replace(/\/?$/, "/");
}

export type { WebCache } from "./cache-api/slice.ts";
