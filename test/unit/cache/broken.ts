import type { Cache, Key, Loader, LoadOptions } from "../../../mod.ts";

/** A cache with some of its verbs replaced. */
export const replaced =
  (change: (cache: Cache) => Partial<Cache>) =>
  (cache: Cache): Cache => {
    const changed = change(cache);
    return new Proxy(cache, {
      get: (_, name) => {
        const value: unknown = Reflect.get(changed, name) ?? Reflect.get(cache, name);
        return typeof value === "function" ? value.bind(cache) : value;
      },
    });
  };

/** Caches that are wrong in one way each: the model must notice. */
export const BROKEN: Record<string, (cache: Cache) => Partial<Cache>> = {
  "ignores tags": () => ({ invalidateTags: async () => {} }),
  "takes all for any": (cache) => ({
    invalidateTags: (tags, options) => cache.invalidateTags(tags, { ...options, match: "any" }),
  }),
  "takes exact for all": (cache) => ({
    invalidateTags: (tags, options) =>
      cache.invalidateTags(tags, options?.match === "exact" ? { ...options, match: "all" } : options),
  }),
  "deletes what it should expire": (cache) => ({
    invalidateTags: (tags, options) => cache.invalidateTags(tags, { ...options, mode: "delete" }),
  }),
  "expires what it should delete": (cache) => ({
    invalidateTags: (tags, options) => cache.invalidateTags(tags, { ...options, mode: "expire" }),
  }),
  "forgets the tags of a set": (cache) => ({
    set: (key, value, options) => cache.set(key, value, { ...options, tags: [] }),
  }),
  "ignores a ttl": (cache) => ({
    set: (key, value, { ttl: _, ...options } = {}) => cache.set(key, value, options as never),
  }),
  "keeps one millisecond longer": (cache) => ({
    set: (key, value, options) =>
      cache.set(
        key,
        value,
        typeof options?.ttl === "number" && options.ttl > 0 ? { ...options, ttl: options.ttl + 1 } : (options ?? {}),
      ),
  }),
  "does not delete": () => ({ delete: async () => true }),
  "does not touch": (cache) => ({ touch: async (key) => cache.has(key) }),
  "clears too little": () => ({ clear: async () => {} }),
  "clears only its own": (cache) => ({ clear: async () => void (await cache.invalidatePattern("*")) }),
  "takes falsy values for misses": (cache) =>
    ({ get: async (key: Key) => (await cache.get(key)) || undefined }) as Partial<Cache>,
  "stores what the loader skipped": (cache) => ({
    getOrSet: <V>(key: Key, loader: Loader<V>, options?: LoadOptions<V>) =>
      cache.getOrSet<V>(
        key,
        (context) => loader({ ...context, signal: context.signal, skip() {} }),
        options,
      ) as Promise<never>,
  }),
  "loads always": (cache) => ({
    getOrSet: async <V>(key: Key, loader: Loader<V>, options?: LoadOptions<V>) => {
      await cache.evict(key);
      return cache.getOrSet<V>(key, loader, options) as Promise<never>;
    },
  }),
  "counts too little": (cache) =>
    ({
      getMany: async (keys: readonly Key[]) => new Map((await cache.getMany(keys)).entries()),
      has: async (key) => (await cache.get(key)) !== undefined,
    }) as Partial<Cache>,
};
