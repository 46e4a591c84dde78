/**
 * A cache as a store of Keyv, as got, cacheable-request, cache-manager and others take it.
 *
 * @module
 */
import type { Cache } from "../../src/api.ts";
import { TierError } from "../../src/errors.ts";
import type { CacheEvents } from "../../src/events.ts";
import type { AnyScopes } from "../../src/scope/types.ts";
import { type BridgeOptions, bridgeOptions } from "./options.ts";

/** One entry of {@linkcode KeyvStore.setMany}. */
export interface KeyvEntry {
  key: string;
  // biome-ignore lint/suspicious/noExplicitAny: Keyv gives a text, or what its `serialize` makes.
  value: any;
  /** Milliseconds; 0 or left out: as without one. */
  ttl?: number | undefined;
}

/** Is told of an error. */
// biome-ignore lint/suspicious/noExplicitAny: as Keyv has it.
export type KeyvListener = (...args: any[]) => void;

/** What Keyv wants of a store: its `KeyvStoreAdapter`, with everything that is optional there. */
export interface KeyvStore {
  /**
   * The name of Keyv's dialect, without which it does not iterate over a store. Keyv has a list of those that it knows, so this is one of them
   * and says nothing about the cache.
   */
  readonly opts: { readonly dialect: string; readonly url: string };
  /** Keyv's namespace, which it sets: what follows is in that namespace of the cache. @throws {ConfigError} for a name that no namespace can have */
  namespace?: string | undefined;
  get<Value>(key: string): Promise<Value | undefined>;
  /** The values in the order of the keys, `undefined` for each that is not there. */
  getMany<Value>(keys: string[]): Promise<(Value | undefined)[]>;
  /**
   * Answers `true` when it is stored.
   *
   * @param ttl milliseconds; 0 or left out: that of the options, else the cache's. What is below 0 is over, and deletes what there was
   */
  // biome-ignore lint/suspicious/noExplicitAny: as in KeyvEntry.
  set(key: string, value: any, ttl?: number): Promise<boolean>;
  /** Stores all or, where one of them cannot be stored, none. Answers `true` for each. */
  // biome-ignore lint/suspicious/noExplicitAny: Keyv's type of a store says nothing, and what it hands on to its caller is a boolean for each.
  setMany(entries: KeyvEntry[]): Promise<any>;
  /** Whether it was there. */
  delete(key: string): Promise<boolean>;
  /** Whether all were there. */
  deleteMany(keys: string[]): Promise<boolean>;
  /** Deletes everything in the namespace; without one, everything in the cache that the store was made of. */
  clear(): Promise<void>;
  has(key: string): Promise<boolean>;
  hasMany(keys: string[]): Promise<boolean[]>;
  /** Keys with what was set under them, page by page. Default: of the namespace that Keyv has set. */
  iterator<Value>(namespace?: string): AsyncGenerator<[key: string, value: Awaited<Value>], void>;
  /** Stops telling of errors. The cache stays open, as it is yours. */
  disconnect(): Promise<void>;
  /**
   * With `"error"`: hears of faults of the tiers of the whole cache, which are misses to the caller, and of a `get` that rejects. What else
   * rejects Keyv tells by itself. Other events there are not.
   */
  on(event: string, listener: KeyvListener): this;
}

/** The first of Keyv's list of dialects that it iterates over. */
const OPTS: KeyvStore["opts"] = Object.freeze({ dialect: "sqlite", url: "" });

/**
 * A store for Keyv over a cache, a namespace or a scope of it: `new Keyv({ store: keyvStore(cache) })`. Make one for each Keyv.
 *
 * Keyv's namespace (`"keyv"` by default) is a namespace of the cache, so that `clear` is one step and leaves all others alone. Keys stand there
 * as Keyv sends them: `keyv:a`. Values are what Keyv sends, by default a text that it has serialised.
 *
 * @throws {ConfigError} for what is no cache, and naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { keyvStore } from "tiercel/bridges";
 *
 * const cache = createCache({ name: "app" });
 * const store = keyvStore(cache, { ttl: "1h" });
 * await store.set("a", '{"value":1}', 5_000); // true
 * await store.get("a"); // '{"value":1}'
 * await cache.close();
 * ```
 */
export function keyvStore(cache: Cache<AnyScopes>, options: BridgeOptions = {}): KeyvStore {
  const { ttl: defaultTtl, tags } = bridgeOptions(cache, options);
  const listeners = new Set<KeyvListener>();
  const tell = (error: unknown): void => {
    for (const listener of listeners) listener(error);
  };
  const failed = ({ error }: CacheEvents["error"]): void => tell(error);
  // Keyv makes `undefined` of 0, which stands for no end in all of its stores. What is over it never asks for, so nothing is kept for that.
  const settings = (ttl: number | undefined) => ({ ttl: ttl || defaultTtl, grace: 0, swr: 0, tags });
  const viewOf = (name: string | undefined) => (name ? cache.namespace(name) : cache);

  let namespace: string | undefined;
  let view: Pick<
    Cache<AnyScopes>,
    "get" | "getMany" | "set" | "setMany" | "delete" | "deleteMany" | "clear" | "has"
  > = cache;

  return {
    opts: OPTS,
    get namespace() {
      return namespace;
    },
    set namespace(name) {
      view = viewOf(name);
      namespace = name;
    },
    async get<Value>(key: string) {
      try {
        return await view.get<Value>(key);
      } catch (error) {
        // The cache has told of a fault of a tier, and of this nobody would hear: Keyv makes a miss of it.
        if (!(error instanceof TierError)) tell(error);
        throw error;
      }
    },
    async getMany<Value>(keys: string[]) {
      const found = await view.getMany<Value>(keys);
      return keys.map((key) => found.get(key));
    },
    async set(key, value, ttl) {
      await view.set(key, value, settings(ttl));
      return true;
    },
    async setMany(entries) {
      await view.setMany(entries.map(({ key, value, ttl }) => ({ key, value, ...settings(ttl) })));
      return entries.map(() => true);
    },
    delete: (key) => view.delete(key),
    async deleteMany(keys) {
      return (await view.deleteMany(keys)) === new Set(keys).size;
    },
    clear: () => view.clear(),
    has: (key) => view.has(key),
    hasMany: (keys) => Promise.all(keys.map((key) => view.has(key))),
    async *iterator<Value>(name = namespace) {
      for await (const { key, value, stale } of viewOf(name).entries<Awaited<Value>>())
        if (typeof key === "string" && !stale) yield [key, value];
    },
    async disconnect() {
      listeners.clear();
      cache.off("error", failed);
    },
    on(event, listener) {
      if (event === "error") {
        if (listeners.size === 0) cache.on("error", failed);
        listeners.add(listener);
      }
      return this;
    },
  };
}
