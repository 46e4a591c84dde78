/**
 * The peers, each as its README begins, without callbacks or options beyond the bound and the ttl.
 */
import { peer } from "../../peer.ts";
import { type Contender, type Key, type Setting, TTL } from "../contender.ts";

interface Plain {
  get(key: Key): unknown;
  set(key: Key, value: unknown): unknown;
}

/** The two calls, bound to their cache. */
const contender = (cache: Plain): Contender => ({
  get: (key) => cache.get(key),
  set: (key, value) => cache.set(key, value),
});

export async function lruCache({ capacity, ttl }: Setting): Promise<Contender> {
  const { LRUCache } = await peer<{ LRUCache: new (options: { max: number; ttl?: number }) => Plain }>("lru-cache");
  return contender(new LRUCache(ttl ? { max: capacity, ttl: TTL } : { max: capacity }));
}

/** It keeps up to twice `maxSize`: two generations, of which the older goes as a whole. */
export async function quickLru({ capacity, ttl }: Setting): Promise<Contender> {
  const { default: QuickLRU } = await peer<{
    default: new (options: { maxSize: number; maxAge?: number }) => Plain;
  }>("quick-lru");
  return contender(new QuickLRU(ttl ? { maxSize: capacity, maxAge: TTL } : { maxSize: capacity }));
}

export async function tinyLru({ capacity, ttl }: Setting): Promise<Contender> {
  const { lru } = await peer<{ lru: (max: number, ttl?: number) => Plain }>("tiny-lru");
  return contender(ttl ? lru(capacity, TTL) : lru(capacity));
}

/** Its README has LRUCache for strings and LRUMap for other keys. */
export async function mnemonist({ capacity, keys }: Setting): Promise<Contender> {
  type Class = new (capacity: number) => Plain;
  const { LRUCache, LRUMap } = await peer<{ LRUCache: Class; LRUMap: Class }>("mnemonist");
  return contender(keys === "number" ? new LRUMap(capacity) : new LRUCache(capacity));
}

interface Builder {
  maxSize(size: number): Builder;
  expireAfterWrite(ttl: number): Builder;
  build(): { getIfPresent(key: Key): unknown; set(key: Key, value: unknown): unknown };
}

export async function transitory({ capacity, ttl }: Setting): Promise<Contender> {
  const { newCache } = await peer<{ newCache: () => Builder }>("transitory");
  const builder = newCache().maxSize(capacity);
  const cache = (ttl ? builder.expireAfterWrite(TTL) : builder).build();
  return { get: (key) => cache.getIfPresent(key), set: (key, value) => cache.set(key, value) };
}

/** A Map that gives up what came first: the least that a cache with a bound can do. */
export function map({ capacity }: Setting): Contender {
  const entries = new Map<Key, unknown>();
  const order: Key[] = [];
  let oldest = 0;
  return {
    get: (key) => entries.get(key),
    // Never called for a key that is there.
    set(key, value) {
      if (order.length < capacity) order.push(key);
      else {
        entries.delete(order[oldest]!);
        order[oldest] = key;
        if (++oldest === capacity) oldest = 0;
      }
      entries.set(key, value);
    },
  };
}
