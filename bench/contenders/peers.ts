/**
 * The peers, each set up as its README recommends, and where it offers the choice without serialising what stays in
 * memory. What a peer has no call for is left out.
 */
import {
  type Contender,
  fill,
  KEYS,
  reads,
  readsAtOnce,
  TTL,
  unreachable,
  writes,
  writesAtOnce,
} from "../contender.ts";
import { peer } from "../peer.ts";

interface LruCache {
  get(key: string): unknown;
  set(key: string, value: unknown, options?: { ttl?: number | undefined; start?: number }): unknown;
  delete(key: string): unknown;
  fetch(key: string): Promise<unknown>;
}
interface LruModule {
  LRUCache: new (options: { max: number; ttl?: number; fetchMethod?: () => unknown }) => LruCache;
}

/** lru-cache answers `get` and `set` at once; `fetch` is its reading through. */
export async function lruCache(ttl: number | undefined): Promise<Contender> {
  const { LRUCache } = await peer<LruModule>("lru-cache");
  const cache = new LRUCache({ max: KEYS, fetchMethod: unreachable, ...(ttl === undefined ? {} : { ttl }) });
  await fill((key, value) => cache.set(key, value));
  return {
    operations: {
      get: readsAtOnce((key) => cache.get(key)),
      getOrSet: reads((key) => cache.fetch(key)),
      set: writesAtOnce((key, value) => cache.set(key, value)),
    },
  };
}

interface Bento {
  get(options: { key: string }): Promise<unknown>;
  getOrSet(options: { key: string; factory: () => unknown }): Promise<unknown>;
  set(options: { key: string; value: unknown }): Promise<unknown>;
}

export async function bentocache(): Promise<Contender> {
  const { BentoCache, bentostore } = await peer<{
    BentoCache: new (options: object) => Bento;
    bentostore: () => { useL1Layer(driver: unknown): unknown };
  }>("bentocache");
  const { memoryDriver } = await peer<{ memoryDriver: (options: object) => unknown }>("bentocache/drivers/memory");
  const memory = bentostore().useL1Layer(memoryDriver({ maxItems: KEYS, serialize: false }));
  const cache = new BentoCache({ default: "memory", ttl: "1h", stores: { memory } });
  await fill((key, value) => cache.set({ key, value }));
  return {
    operations: {
      get: reads((key) => cache.get({ key })),
      getOrSet: reads((key) => cache.getOrSet({ key, factory: unreachable })),
      set: writes((key, value) => cache.set({ key, value })),
    },
  };
}

export async function cacheable(): Promise<Contender> {
  const { Cacheable } = await peer<{
    Cacheable: new (
      options: object,
    ) => {
      get(key: string): Promise<unknown>;
      getOrSet(key: string, load: () => Promise<unknown>): Promise<unknown>;
      set(key: string, value: unknown): Promise<unknown>;
    };
  }>("cacheable");
  const cache = new Cacheable({ ttl: "1h" });
  await fill((key, value) => cache.set(key, value));
  return {
    operations: {
      get: reads((key) => cache.get(key)),
      getOrSet: reads((key) => cache.getOrSet(key, unreachable)),
      set: writes((key, value) => cache.set(key, value)),
    },
  };
}

export async function cacheManager(): Promise<Contender> {
  const { createCache } = await peer<{
    createCache: (options: object) => {
      get(key: string): Promise<unknown>;
      set(key: string, value: unknown): Promise<unknown>;
      wrap(key: string, load: () => unknown): Promise<unknown>;
    };
  }>("cache-manager");
  const { Keyv } = await peer<{ Keyv: new () => { serialize: unknown; deserialize: unknown } }>("keyv");
  const keyv = new Keyv();
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  const cache = createCache({ stores: [keyv], ttl: TTL });
  await fill((key, value) => cache.set(key, value));
  return {
    operations: {
      get: reads((key) => cache.get(key)),
      getOrSet: reads((key) => cache.wrap(key, unreachable)),
      set: writes((key, value) => cache.set(key, value)),
    },
  };
}

/** cachified over lru-cache, by the adapter in its README. */
export async function cachified(): Promise<Contender> {
  const { cachified, totalTtl } = await peer<{
    cachified: (options: object) => Promise<unknown>;
    totalTtl: (metadata: unknown) => number;
  }>("@epic-web/cachified");
  const { LRUCache } = await peer<LruModule>("lru-cache");
  const entries = new LRUCache({ max: KEYS });
  const cache = {
    set(key: string, value: { metadata: { createdTime: number } }) {
      const ttl = totalTtl(value.metadata);
      return entries.set(key, value, { ttl: ttl === Infinity ? undefined : ttl, start: value.metadata.createdTime });
    },
    get: (key: string) => entries.get(key),
    delete: (key: string) => entries.delete(key),
  };
  await fill((key, value) => cachified({ key, cache, ttl: TTL, getFreshValue: () => value }));
  return {
    operations: { getOrSet: reads((key) => cachified({ key, cache, ttl: TTL, getFreshValue: unreachable })) },
  };
}

/** Its functions are defined once, so the loader has to know when it may run. */
export async function asyncCacheDedupe(): Promise<Contender> {
  const { createCache } = await peer<{
    createCache: (options: object) => {
      define(name: string, load: (key: string) => unknown): void;
      user: (key: string) => Promise<unknown>;
    };
  }>("async-cache-dedupe");
  const cache = createCache({ ttl: TTL / 1_000, storage: { type: "memory", options: { size: KEYS } } });
  let filling: object | undefined;
  cache.define("user", () => filling ?? unreachable());
  await fill((key, value) => {
    filling = value;
    return cache.user(key);
  });
  filling = undefined;
  return { operations: { getOrSet: reads((key) => cache.user(key)) } };
}

interface Unkey {
  get(key: string): Promise<{ val?: unknown }>;
  set(key: string, value: unknown): Promise<unknown>;
  swr(key: string, load: () => Promise<unknown>): Promise<{ val?: unknown }>;
}

/** It answers with a result object, whose value is what counts. */
export async function unkey(): Promise<Contender> {
  const { createCache, DefaultStatefulContext, Namespace } = await peer<{
    createCache: (namespaces: object) => { user: Unkey };
    DefaultStatefulContext: new () => object;
    Namespace: new (context: object, options: object) => object;
  }>("@unkey/cache");
  const { MemoryStore } = await peer<{ MemoryStore: new (options: object) => object }>("@unkey/cache/stores");
  const stores = [new MemoryStore({ persistentMap: new Map() })];
  const cache = createCache({
    user: new Namespace(new DefaultStatefulContext(), { stores, fresh: TTL, stale: 2 * TTL }),
  }).user;
  await fill((key, value) => cache.set(key, value));
  return {
    operations: {
      get: reads((key) => cache.get(key)),
      getOrSet: reads((key) => cache.swr(key, unreachable)),
      set: writes((key, value) => cache.set(key, value)),
    },
  };
}
