/**
 * The peers over their own drivers for Redis, with that store alone. Each is set up so that a fault is one: by default
 * they log it, or take it for a miss.
 */
import { peer } from "../peer.ts";
import type { Session } from "./contender.ts";

interface Bento {
  get(options: { key: string }): Promise<unknown>;
  set(options: { key: string; value: unknown; tags?: string[] }): Promise<unknown>;
  deleteByTag(options: { tags: string[] }): Promise<unknown>;
}
interface Layers {
  useL2Layer(driver: unknown): Layers;
}

/** bentocache with a second layer and no first. It has no call for many keys. */
export async function bentocache(url: string): Promise<Session> {
  const { Redis } = await import("ioredis");
  const { BentoCache, bentostore } = await peer<{
    BentoCache: new (options: object) => Bento;
    bentostore: () => Layers;
  }>("bentocache");
  const { redisDriver } = await peer<{ redisDriver: (options: object) => unknown }>("bentocache/drivers/redis");
  const stores = { alone: bentostore().useL2Layer(redisDriver({ connection: new Redis(url) })) };
  const cache = new BentoCache({ default: "alone", ttl: "1h", suppressL2Errors: false, stores });
  return {
    get: (key) => cache.get({ key }),
    getMany: (keys) => Promise.all(keys.map((key) => cache.get({ key }))),
    set: (key, value) => cache.set({ key, value }),
    setTagged: (key, value, tag) => cache.set({ key, value, tags: [tag] }),
    invalidate: (tag) => cache.deleteByTag({ tags: [tag] }),
  };
}

interface Cacheable {
  get(key: string): Promise<unknown>;
  getMany(keys: readonly string[]): Promise<unknown[]>;
  set(key: string, value: unknown, options?: object): Promise<unknown>;
  on(event: "error", listener: (error: unknown) => void): void;
  tags: { invalidateTag(tag: string): Promise<unknown> };
}

/** cacheable over @keyv/redis in the place of its memory, without which it cannot be; with tags turned on or off. */
export async function cacheable(url: string, tags: boolean): Promise<Session> {
  const { Cacheable } = await peer<{ Cacheable: new (options: object) => Cacheable }>("cacheable");
  const { createKeyv } = await peer<{ createKeyv: (url: string, options: object) => object }>("@keyv/redis");
  const primary = createKeyv(url, { namespace: tags ? "tagged" : "plain", throwOnErrors: true });
  const cache = new Cacheable({ primary, ttl: "1h", tags });
  cache.on("error", (error) => {
    throw error;
  });
  const plain: Session = {
    get: (key) => cache.get(key),
    getMany: (keys) => cache.getMany(keys),
    set: (key, value) => cache.set(key, value),
  };
  if (!tags) return plain;
  return {
    ...plain,
    setTagged: (key, value, tag) => cache.set(key, value, { tags: [tag] }),
    invalidate: (tag) => cache.tags.invalidateTag(tag),
  };
}

interface AsyncCache {
  define(name: string, load: () => unknown): AsyncCache;
  set(name: string, key: string, value: unknown, ttl: number, references?: string[]): Promise<unknown>;
  invalidateAll(references: string): Promise<unknown>;
  record(key: string): Promise<unknown>;
}

/** async-cache-dedupe with references on. A read is a call of the function that it remembers. */
export async function asyncCacheDedupe(url: string): Promise<Session> {
  const { Redis } = await import("ioredis");
  const { createCache } = await peer<{ createCache: (options: object) => AsyncCache }>("async-cache-dedupe");
  const fail = ({ err }: { err: unknown }): never => {
    throw err;
  };
  const log = { debug() {}, info() {}, warn() {}, error: fail };
  const options = { client: new Redis(url), invalidation: { referencesTTL: 3_600 }, log };
  const cache = createCache({ ttl: 3_600, storage: { type: "redis", options } });
  cache.define("record", () => {
    throw new Error("a hit must not load");
  });
  const set = (key: string, value: object, references?: string[]): Promise<unknown> =>
    cache.set("record", `record~${key}`, value, 3_600, references);
  return {
    get: (key) => cache.record(key),
    getMany: (keys) => Promise.all(keys.map((key) => cache.record(key))),
    set: (key, value) => set(key, value),
    setTagged: (key, value, tag) => set(key, value, [tag]),
    invalidate: (tag) => cache.invalidateAll(tag),
  };
}
