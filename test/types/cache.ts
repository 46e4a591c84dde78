import type {
  Cache,
  CacheEntry,
  CacheEvents,
  CacheStats,
  EntryMeta,
  EventName,
  EvictionReason,
  GetOptions,
  Key,
  LoadContext,
  Loader,
  NoScopes,
  Tier,
} from "../../mod.ts";
import { createCache, memory, nullTier } from "../../mod.ts";
import { claim, type Same } from "./exact.ts";

interface User {
  readonly id: number;
  readonly name: string;
}
declare const load: (id: number) => Promise<User>;
const cache = createCache();

// What a call gives.
{
  const value = await cache.get("k");
  claim<Same<typeof value, unknown>>();
  const user = await cache.get<User>("k");
  claim<Same<typeof user, User | undefined>>();
  const entry = await cache.getEntry<User>("k");
  claim<Same<typeof entry, CacheEntry<User> | undefined>>();
  const meta = await cache.meta("k");
  claim<Same<typeof meta, EntryMeta | undefined>>();
  const has = await cache.has("k");
  claim<Same<typeof has, boolean>>();
  const deleted = await cache.delete("k");
  claim<Same<typeof deleted, boolean>>();
  const many = await cache.deleteMany(["k", ["user", 1]]);
  claim<Same<typeof many, number>>();
  const keys = await cache.keys();
  claim<Same<typeof keys, Key[]>>();
  const set = await cache.set("k", 1);
  claim<Same<typeof set, void>>();
  const pattern = await cache.invalidatePattern(/k/);
  claim<Same<typeof pattern, number>>();
  const stats = cache.stats();
  claim<Same<typeof stats, CacheStats>>();
  claim<Same<typeof stats.hitRate, number>>();
  const tier = cache.tier("memory");
  claim<Same<typeof tier, Tier>>();
  const inner = cache.namespace("n");
  claim<Same<typeof inner, Cache<NoScopes, never, "sync">>>();
}

// getOrSet has the type of what its loader gives, with a promise or without.
{
  const later = await cache.getOrSet("k", () => load(1));
  claim<Same<typeof later, User>>();
  const once = await cache.getOrSet("k", () => 5);
  claim<Same<typeof once, number>>();
  const maybe = await cache.getOrSet("k", async () => (Math.random() > 0.5 ? 1 : undefined));
  claim<Same<typeof maybe, 1 | undefined>>();
  const nothing = await cache.getOrSet("k", async () => null);
  claim<Same<typeof nothing, null>>();
  await cache.getOrSet<User>("k", (context) => {
    claim<Same<typeof context, LoadContext<User>>>();
    claim<Same<typeof context.stale, User | undefined>>();
    claim<Same<typeof context.signal, AbortSignal>>();
    claim<Same<typeof context.key, Key>>();
    context.setTtl("5m");
    context.setTags(["t"]);
    context.skip();
    return load(1);
  });
  // ttl and tags are told the value.
  await cache.getOrSet("k", () => load(1), {
    ttl: (user, { key }) => `${user.id + String(key).length}s`,
    tags: (user) => [user.name],
    grace: "1h",
    swr: 5000,
    negativeTtl: "1s",
    refreshAhead: 0.8,
  });
  await cache.set("k", { id: 1, name: "Ada" }, { ttl: ({ id }) => id, tags: ({ name }) => [name] });
}

// So it has where the loader looks at its context. What is stale there is not known then, as it is what is being found out.
{
  const aborting = await cache.getOrSet("k", async ({ signal }) => (signal.aborted ? null : load(1)), { tags: ["t"] });
  claim<Same<typeof aborting, User | null>>();
  const deciding = await cache.getOrSet(
    "k",
    (context) => {
      context.setTtl("1m");
      return load(1);
    },
    { ttl: ({ id }) => id, tags: ({ name }) => [name] },
  );
  claim<Same<typeof deciding, User>>();
  const looking = await cache.getOrSet("k", async ({ stale }) => {
    claim<Same<typeof stale, unknown>>();
    return 5;
  });
  claim<Same<typeof looking, number>>();
  const told = await cache.getOrSet("k", async ({ stale }: LoadContext<User>) => stale ?? load(1));
  claim<Same<typeof told, User>>();
  const once = cache.sync.getOrSet("k", ({ setTtl }) => {
    setTtl("1m");
    return 5;
  });
  claim<Same<typeof once, number>>();
  const generic = <T>(loader: Loader<T>): Promise<T> => cache.getOrSet("k", loader);
  claim<Same<Awaited<ReturnType<typeof generic<User>>>, User>>();
  await cache.getOrSetMany(["a"], async (_, { signal }) => [signal.aborted]);
}

// A default is what a miss gives.
{
  const number = await cache.get("k", { default: 0 });
  claim<Same<typeof number, number>>();
  const same = await cache.get<User>("k", { default: await load(1) });
  claim<Same<typeof same, User>>();
  const nothing = await cache.get<User | null>("k", { default: null });
  claim<Same<typeof nothing, User | null>>();
  const other = await cache.get<User, "none">("k", { default: "none" });
  claim<Same<typeof other, User | "none">>();
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate: (_: unknown) => ({ value: 5 }) } };
  const fitted = await cache.get("k", { schema, default: null });
  claim<Same<typeof fitted, number | null>>();
  const once = cache.sync.get("k", { default: 0 });
  claim<Same<typeof once, number>>();
  const options: GetOptions<User> = {};
  const plain = await cache.get("k", options);
  claim<Same<typeof plain, User | undefined>>();
  // Where it may be left out, a miss may be undefined.
  const maybe: GetOptions<User, number> = {};
  const left = await cache.get("k", maybe);
  claim<Same<typeof left, User | number | undefined>>();
  const leftNow = cache.sync.get("k", maybe);
  claim<Same<typeof leftNow, User | number | undefined>>();
  const given = await cache.get("k", { ...maybe, default: 5 });
  claim<Same<typeof given, User | number>>();
  const nobody = await cache.get<User>("k", { default: null });
  claim<Same<typeof nobody, User | null>>();
  const nobodyNow = cache.sync.get<User>("k", { default: null });
  claim<Same<typeof nobodyNow, User | null>>();
  const none = await cache.get("k", { default: null });
  claim<Same<typeof none, null>>();
  // @ts-expect-error a miss is no user then
  await cache.get<User>("k", { default: "none" });
}

// Maps keep the types of keys and values.
{
  const ids = ["user:1", "user:2"] as const;
  const found = await cache.getMany<User, (typeof ids)[number]>(ids);
  claim<Same<typeof found, Map<"user:1" | "user:2", User>>>();
  const loose = await cache.getMany(["a", "b"]);
  claim<Same<typeof loose, Map<"a" | "b", unknown>>>();
  const variable = await cache.getMany(["a", "b"] as string[]);
  claim<Same<typeof variable, Map<string, unknown>>>();
  const users = await cache.getMany<User>(["a", "b"]);
  claim<Same<typeof users, Map<string, User>>>();
  const usersNow = cache.sync.getMany<User>(["a", "b"]);
  claim<Same<typeof usersNow, Map<string, User>>>();
  const mixed = await cache.getMany<User>(["a", ["user", 1]]);
  claim<Same<typeof mixed, Map<Key, User>>>();
  const schema = { "~standard": { version: 1 as const, vendor: "test", validate: (_: unknown) => ({ value: 5 }) } };
  const numbers = await cache.getMany(["a"], { schema });
  claim<Same<typeof numbers, Map<"a", number>>>();
  const generic = <K extends Key>(keys: readonly K[]): Promise<Map<K, User>> => cache.getMany<User, K>(keys);
  claim<Same<Awaited<ReturnType<typeof generic<string>>>, Map<string, User>>>();
  const made = await cache.getOrSetMany<User>(["a"], (keys) => {
    claim<Same<typeof keys, readonly string[]>>();
    return [{ id: 1, name: "Ada" }];
  });
  claim<Same<typeof made, Map<string, User>>>();
  const madeNow = cache.sync.getOrSetMany<User>(["a"], () => [{ id: 1, name: "Ada" }]);
  claim<Same<typeof madeNow, Map<string, User>>>();
  const madeOfLists = await cache.getOrSetMany<User>([["user", 1]], () => new Map<Key, User>(), {
    ttl: ({ id }) => id,
  });
  claim<Same<typeof madeOfLists, Map<Key, User>>>();
  const nowOf = cache.sync.getMany(["a", "b"]);
  claim<Same<typeof nowOf, Map<"a" | "b", unknown>>>();
  const arrays = await cache.getMany([["user", 1] as const]);
  claim<Same<typeof arrays, Map<readonly ["user", 1], unknown>>>();
  const loaded = await cache.getOrSetMany(ids, async (keys, { signal }) => {
    claim<Same<typeof signal, AbortSignal>>();
    claim<Same<typeof keys, readonly ("user:1" | "user:2")[]>>();
    return keys.map((key) => ({ id: 1, name: String(key) }));
  });
  claim<Same<typeof loaded, Map<"user:1" | "user:2", { id: number; name: string }>>>();
  const parts = await cache.getOrSetMany([["user", 1] as const], (keys) => keys.map(([, id]) => id));
  claim<Same<typeof parts, Map<readonly ["user", 1], 1>>>();
  const partial = await cache.getOrSetMany(["a"], () => new Map<Key, number>());
  claim<Same<typeof partial, Map<"a", number>>>();
  await cache.setMany([{ key: "a", value: 1, ttl: "1s" }], { tags: ["t"] });
}

// Listing.
for await (const entry of cache.entries<User>({ pattern: "user:*", limit: 5, tier: "memory" }))
  claim<Same<typeof entry, CacheEntry<User>>>();
for await (const meta of cache.metas()) claim<Same<typeof meta, EntryMeta>>();

// Events have their own payloads.
{
  const stop = cache.on("hit", (event) => claim<Same<typeof event, { key: Key; tier: string }>>());
  claim<Same<typeof stop, () => void>>();
  cache.on("evict", ({ reason }) => claim<Same<typeof reason, EvictionReason>>());
  cache.on("stale", ({ reason }) => claim<Same<typeof reason, "swr" | "error" | "timeout">>());
  cache.on("breaker", ({ state }) => claim<Same<typeof state, "closed" | "open" | "half-open">>());
  cache.on("load", ({ duration, ok }) => claim<Same<[typeof duration, typeof ok], [number, boolean]>>());
  cache.on("error", ({ error, tier }) => claim<Same<[typeof error, typeof tier], [unknown, string | undefined]>>());
  claim<Same<keyof CacheEvents, EventName>>();
  const names: EventName[] = [
    "hit",
    "miss",
    "set",
    "delete",
    "evict",
    "expire",
    "invalidate",
    "promote",
    "stale",
    "load",
    "error",
    "corrupt",
    "breaker",
  ];
  claim<Same<(typeof names)[number], EventName>>();
}

// It can be disposed of.
{
  await using disposed = createCache({ tiers: [memory({ maxEntries: 5 })], ttl: "5m" });
  claim<Same<typeof disposed, Cache<NoScopes, never, "sync">>>();
  createCache({
    tiers: [nullTier()],
    name: "off",
    onError: "throw",
    sweepInterval: 0,
    waitUntil: (work) => void work.then(),
  });
}
