/**
 * A cache as a driver of unstorage, as Nitro and Nuxt take it.
 *
 * @module
 */
import type { Cache } from "../../src/api.ts";
import type { AnyScopes } from "../../src/scope/types.ts";
import { type BridgeOptions, bridgeOptions } from "./options.ts";

/** Options of a transaction: those of unstorage that are known here, others are passed over. */
export interface UnstorageItemOptions {
  /** Time to live in seconds, as everywhere in unstorage; not above 0: as without one. */
  ttl?: number | undefined;
  /** Tags of the item, besides those of the driver's options. */
  tags?: readonly string[] | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: as unstorage has it.
  [option: string]: any;
}

/** One item of {@linkcode UnstorageDriver.setItems}. */
export interface UnstorageItem {
  key: string;
  value: string;
  options?: UnstorageItemOptions | undefined;
}

/** What is known about an item. */
export interface UnstorageMeta {
  /** When it was made. */
  mtime: Date;
  /** Seconds that are left; not there where it never ends. */
  ttl?: number;
  /** Bytes, where the tier that has it knows. */
  size?: number;
  [field: string]: Date | number | undefined;
}

/** What unstorage wants of a driver, as far as a cache can do it. Nothing here needs `this`. */
export interface UnstorageDriver {
  readonly name: "tiercel";
  readonly flags: { readonly ttl: true };
  readonly options: Readonly<BridgeOptions>;
  /** The cache that the driver was made of. */
  getInstance(): Cache<AnyScopes>;
  hasItem(key: string): Promise<boolean>;
  /** What was set, or `null`. unstorage reads texts as JSON and hands on what is none. */
  getItem(key: string): Promise<string | null>;
  /** The same in one round trip per tier, in the order of the items. */
  getItems(items: { key: string }[]): Promise<{ key: string; value: string | null }[]>;
  /** What was set, not read as JSON: bytes are a `Uint8Array`. */
  getItemRaw(key: string): Promise<unknown>;
  setItem(key: string, value: string, options?: UnstorageItemOptions): Promise<void>;
  /** All of them or, where one cannot be stored, none. */
  setItems(items: UnstorageItem[], commonOptions?: UnstorageItemOptions): Promise<void>;
  /** Stores bytes, of which a copy is made, or any other value that the tiers of the cache keep. */
  setItemRaw(key: string, value: unknown, options?: UnstorageItemOptions): Promise<void>;
  removeItem(key: string): Promise<void>;
  getMeta(key: string): Promise<UnstorageMeta | null>;
  /** Keys that are texts, below `base` (`"users"` or `"users:"`) or all. Its time grows with the number of entries. */
  getKeys(base?: string): Promise<string[]>;
  /** Deletes what is below `base`; without one, everything in the cache that the driver was made of, in one step. @throws {TierError} with a base, when a shared tier cannot list its keys */
  clear(base?: string): Promise<void>;
  /** Does nothing: the cache stays open, as it is yours. */
  dispose(): void;
}

/**
 * A driver for unstorage over a cache, a namespace or a scope of it: `createStorage({ driver: unstorageDriver(cache.namespace("storage")) })`.
 *
 * Items may go at any time, as they do from a cache. Who watches the storage hears what unstorage itself tells, of `setItem`, `setItemRaw` and
 * `removeItem` of that storage: the events of a cache are those of all of its namespaces and do not say which, so there is no `watch` here.
 *
 * @throws {ConfigError} for what is no cache, and naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { unstorageDriver } from "tiercel/bridges";
 * import { createStorage } from "unstorage";
 *
 * const cache = createCache({ name: "app" });
 * const storage = createStorage({ driver: unstorageDriver(cache.namespace("storage")) });
 * await storage.setItem("users:1", { name: "Ada" }, { ttl: 60, tags: ["users"] });
 * await storage.getItem("users:1"); // { name: "Ada" }
 * await cache.namespace("storage").invalidateTags("users");
 * await storage.getItem("users:1"); // null
 * await cache.close();
 * ```
 */
export function unstorageDriver(cache: Cache<AnyScopes>, options: BridgeOptions = {}): UnstorageDriver {
  const checked = bridgeOptions(cache, options);
  const settings = ({ ttl, tags }: UnstorageItemOptions = {}) => ({
    ttl: ttl !== undefined && ttl > 0 ? ttl * 1_000 : checked.ttl,
    // Nothing is kept for those who take what is over, so that no key is listed of which the item is gone.
    grace: 0,
    swr: 0,
    tags: tags && checked.tags ? [...checked.tags, ...tags] : (tags ?? checked.tags),
  });
  const getItem = async (key: string) => (await cache.get<string>(key)) ?? null;
  return {
    name: "tiercel",
    flags: { ttl: true },
    options: checked,
    getInstance: () => cache,
    hasItem: (key) => cache.has(key),
    getItem,
    async getItems(items) {
      const found = await cache.getMany<string>(items.map(({ key }) => key));
      return items.map(({ key }) => ({ key, value: found.get(key) ?? null }));
    },
    getItemRaw: getItem,
    setItem: (key, value, options) => cache.set(key, value, settings(options)),
    setItems: (items, common) =>
      cache.setMany(items.map(({ key, value, options }) => ({ key, value, ...settings({ ...common, ...options }) }))),
    setItemRaw: (key, value, options) => cache.set(key, owned(value), settings(options)),
    async removeItem(key) {
      await cache.delete(key);
    },
    async getMeta(key) {
      const meta = await cache.meta(key);
      if (!meta || meta.stale) return null;
      const { createdAt, ttl, size } = meta;
      return {
        mtime: new Date(createdAt),
        ...(ttl !== Infinity && { ttl: ttl / 1_000 }),
        ...(size !== undefined && { size }),
      };
    },
    async getKeys(base) {
      const keys = await cache.keys({ pattern: below(base) });
      return keys.filter((key) => typeof key === "string");
    },
    async clear(base) {
      if (base) await cache.invalidatePattern(below(base));
      else await cache.clear();
    },
    dispose() {},
  };
}

/** The glob of all keys below a base, whatever characters that has. */
function below(base = ""): string {
  const prefix = base === "" || base.endsWith(":") ? base : `${base}:`;
  return `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
}

/** Bytes of our own, the same in every tier: who gave them may write into their buffer again. */
function owned(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return value instanceof ArrayBuffer ? new Uint8Array(value.slice(0)) : value;
}
