/**
 * `createCache`: wires the rooms into one cache.
 *
 * @module
 */
import type { Cache } from "./api.ts";
import { newAsyncCache } from "./async-cache.ts";
import { Engine } from "./engine.ts";
import { checkOptions, invalid } from "./errors.ts";
import { memory } from "./memory/memory.ts";
import type { MemoryOptions } from "./memory/options.ts";
import type { CacheOptions } from "./options.ts";
import { resolveOptions } from "./resolved.ts";
import type { AnyScopes, NoScopes } from "./scope/types.ts";
import type { SyncTier, Tier } from "./tier.ts";

/** Whether all of some tiers have a synchronous face. */
export type FaceOf<T extends readonly Tier[]> = T[number] extends { readonly sync: SyncTier } ? "sync" : "async";

/**
 * Makes a cache. Without options it is bounded memory.
 *
 * @throws {ConfigError} naming the option that is wrong, {StoreOpenError} or {StoreSchemaError} when a store cannot be used
 */
export function createCache<S extends AnyScopes = NoScopes>(
  options?: Omit<CacheOptions<S>, "tiers"> & { tiers?: never },
): Cache<S, never, "sync">;
export function createCache<S extends AnyScopes = NoScopes, const T extends readonly Tier[] = readonly Tier[]>(
  options: CacheOptions<S, T>,
): Cache<S, never, FaceOf<T>>;
export function createCache(options: CacheOptions<AnyScopes> = {}): Cache {
  checkOptions(options);
  const resolved = resolveOptions(options);
  const { maxEntries, tiers = [memory({ maxEntries } as MemoryOptions)] } = options;
  if (options.tiers && maxEntries !== undefined)
    throw invalid("maxEntries", "left out where there are tiers", maxEntries);
  return newAsyncCache(new Engine(tiers, resolved, { ...options, tags: resolved.tags }), resolved.name);
}
