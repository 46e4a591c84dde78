/**
 * The IndexedDB tier: `tiercel/indexeddb`. A database of the browser that all tabs and workers of a site share.
 *
 * @module
 */
import { bytes } from "../src/bytes/bytes.ts";
import type { Tier } from "../src/tier.ts";
import { type IndexedDbOptions, resolveIndexedDbOptions } from "./indexeddb/options.ts";
import { indexedDbStore } from "./indexeddb/store.ts";

/**
 * A tier in an IndexedDB database, for pages and workers.
 *
 * Each operation is one transaction, which is atomic among all tabs and workers of the site: they agree on tags, take
 * one lease per key, and follow each other's changes. Nothing is opened before the first operation, and nothing at all
 * on import. The database may be deleted or upgraded by another tab at any time: then it is let go of, and opened again by
 * the next operation. Where it cannot be (a private window, no space left, a newer version of Tiercel in another tab) that
 * operation fails, which to the caller of the cache is a miss and an event.
 *
 * An acknowledged write survives the end of the page and of the browser, but the browser itself removes all data of a
 * site when the disk is full, and Safari when the site was not visited for seven days; a site may ask for more by
 * `navigator.storage.persist()`. Values are kept as plain bytes: whoever can run scripts in the page can read them.
 *
 * @param database name of the database, default `"tiercel"`, or the options
 * @throws {ConfigError} naming the option that is wrong; `createCache` throws a `StoreOpenError` where there is no IndexedDB
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { indexedDb } from "tiercel/indexeddb";
 *
 * const cache = createCache({ tiers: [memory(), indexedDb("app-cache", { ttl: "7d" })] });
 * ```
 */
export function indexedDb(database?: string | IndexedDbOptions, options: IndexedDbOptions = {}): Tier {
  const given: IndexedDbOptions =
    typeof database === "object"
      ? { ...options, ...database }
      : { ...options, ...(database !== undefined && { database }) };
  return bytes(indexedDbStore(resolveIndexedDbOptions(given)), given);
}

export type { IdbFactory } from "./indexeddb/idb.ts";
export type { IndexedDbOptions } from "./indexeddb/options.ts";
