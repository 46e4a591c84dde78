/**
 * HTTP, `tiercel/http`: a shared cache for any handler of requests, a cached `fetch`, and the Web's Cache API, over a cache.
 *
 * @module
 */
export { type CacheStorageOptions, cacheStorage } from "./cache-storage/mod.ts";
export type { WebCache, WebCacheQuery, WebCacheStorage } from "./cache-storage/types.ts";
export { type CachedFetch, type CachedFetchOptions, cachedFetch } from "./cached-fetch.ts";
export { KEYED_FIELDS } from "./key.ts";
export type { HttpCacheOptions } from "./options.ts";
export { type CachedHandler, type FetchHandler, withHttpCache } from "./with-http-cache.ts";
