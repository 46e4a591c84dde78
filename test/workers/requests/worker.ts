/**
 * The worker of requests.test.ts: caches that all requests share, and operations on them by request. What takes time
 * (a loader, an operation of the slow tier) is a subrequest to the test, and so belongs to the request that made it.
 */
import { cacheApi } from "../../../adapters/cache-api.ts";
import { type D1Binding, d1 } from "../../../adapters/d1.ts";
import { type DurableObjectStorage, durableObject } from "../../../adapters/durable-object.ts";
import { type KvNamespace, kv } from "../../../adapters/kv.ts";
import { createCache, defineTier, memory } from "../../../mod.ts";
import { openCache } from "../../../runtimes/workerd.ts";
import type { Cache } from "../../../src/api.ts";
import type { MaybePromise, Tier, TierOptions } from "../../../src/tier.ts";
import { type MapData, mapData, mapTier } from "../../contract/mod.ts";

interface Env {
  readonly GATE: { fetch(url: string, options?: RequestInit): Promise<Response> };
  readonly DB: D1Binding;
  readonly KV: KvNamespace;
  readonly OBJECTS: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
  /** Only within an object. */
  readonly storage?: DurableObjectStorage;
}

interface Context {
  waitUntil(work: Promise<unknown>): void;
}

declare const process: { getBuiltinModule(name: string): Context };

/** What a request asks for, as JSON in its query. */
export interface Asked {
  /** One cache for each name, made with the options of the first request. */
  readonly cache: string;
  /** Memory alone, memory over one or two stores, or what `openCache` makes. Default `"memory"`. */
  readonly tiers?: "memory" | "slow" | "open" | "kv" | "slow kv" | "d1" | "slow d1" | "kv, d1" | "cache API" | "object";
  readonly tier?: TierOptions;
  /** Options of the cache. */
  readonly options?: Record<string, unknown>;
  /** What is told how to keep a request alive: the cache, the call, or nothing. Default nothing. */
  readonly waitUntil?: "cache" | "call";
  readonly op:
    | "getOrSet"
    | "get"
    | "set"
    | "delete"
    | "touch"
    | "clear"
    | "invalidateTags"
    | "size"
    | "close"
    /** How many faults there were in the tiers. */
    | "errors"
    /** Takes a lease on the key for `value` milliseconds, as another process. */
    | "lease"
    /** What the store has under the key, past the cache. */
    | "stored"
    /** Changes the key in the store, as another process. */
    | "change";
  readonly key?: string;
  readonly value?: unknown;
  /** Options of the call. */
  readonly call?: Record<string, unknown>;
  /** Answers before the call has ended. */
  readonly early?: boolean;
  /** Gives up the call when the gate answers. */
  readonly giveUp?: boolean;
}

const caches = new Map<string, Cache>();
const stores = new Map<string, MapData>();

/** A tier on `data` whose operations first ask the gate, as those of a store elsewhere would. */
function slowTier(data: MapData, env: Env, options: TierOptions): Tier {
  const inner = mapTier({ data });
  const { sync: _, stack: __, ...rest } = inner;
  const slowly =
    <A extends unknown[], R>(name: string, operation: (...args: A) => MaybePromise<R>) =>
    async (...args: A): Promise<R> => {
      const { ok } = await env.GATE.fetch(`http://gate/${name}`);
      if (!ok) throw new Error("the store is down");
      return operation.apply(inner, args);
    };
  return defineTier({
    ...rest,
    name: "slow",
    options,
    capabilities: { ...inner.capabilities, sync: false, local: false },
    getMany: slowly("getMany", inner.getMany),
    setMany: slowly("setMany", inner.setMany),
    deleteMany: slowly("deleteMany", inner.deleteMany),
    touchMany: slowly("touchMany", inner.touchMany!),
    clear: slowly("clear", inner.clear),
    invalidate: slowly("invalidate", inner.invalidate!),
    journal: slowly("journal", inner.journal!),
    release: slowly("release", inner.release!),
  });
}

const STORES: Record<string, (env: Env, data: MapData, tier: TierOptions) => Tier> = {
  slow: (env, data, tier) => slowTier(data, env, tier),
  kv: ({ KV }) => kv(KV),
  "slow kv": ({ KV, GATE }) =>
    kv({
      getWithMetadata: KV.getWithMetadata.bind(KV) as KvNamespace["getWithMetadata"],
      delete: (name) => KV.delete(name),
      list: (options) => KV.list(options),
      async put(...put) {
        await GATE.fetch("http://gate/put");
        await KV.put(...put);
      },
    }),
  d1: ({ DB }) => d1(DB),
  "slow d1": ({ DB, GATE }, _, tier) =>
    d1(
      {
        prepare: (sql) => DB.prepare(sql),
        async batch(statements) {
          await GATE.fetch("http://gate/batch");
          return DB.batch(statements);
        },
      },
      tier,
    ),
  "cache API": () => cacheApi(),
  object: ({ storage }) => durableObject(storage!),
};

function cacheOf({ cache: name, tiers = "memory", tier = {}, options = {}, waitUntil }: Asked, env: Env): Cache {
  let cache = caches.get(name);
  if (cache) return cache;
  const data = stores.get(name) ?? mapData();
  stores.set(name, data);
  cache =
    tiers === "open"
      ? openCache("memory:", options)
      : createCache({
          ...options,
          name: name.replaceAll(" ", "-"),
          tiers: [memory(), ...tiers.split(", ").flatMap((kind) => STORES[kind]?.(env, data, tier) ?? [])],
          ...(waitUntil === "cache" && { waitUntil: process.getBuiltinModule("cloudflare:workers").waitUntil }),
        });
  caches.set(name, cache);
  return cache;
}

function other({ cache }: Asked): Tier {
  return mapTier({ data: stores.get(cache)! });
}

function storedKey({ cache, key = "k" }: Asked): string {
  return `${cache.replaceAll(" ", "-")}:${key}`;
}

async function operate(asked: Asked, env: Env, context: Context, id: string): Promise<unknown> {
  const cache = cacheOf(asked, env);
  const { op, key = "k", value = 1, call = {}, giveUp } = asked;
  const controller = new AbortController();
  if (giveUp) void env.GATE.fetch(`http://gate/give up/${id}`).then(() => controller.abort());
  const options = {
    ...call,
    ...(giveUp && { signal: controller.signal }),
    ...(asked.waitUntil === "call" && { waitUntil: (work: Promise<unknown>) => context.waitUntil(work) }),
  };
  switch (op) {
    case "getOrSet":
      return cache.getOrSet(
        key,
        async ({ signal }) => (await env.GATE.fetch(`http://gate/load/${id}`, { signal })).text(),
        options,
      );
    case "get":
      return (await cache.get(key)) ?? null;
    case "set":
      return cache.set(key, value, options);
    case "delete":
      return cache.delete(key);
    case "touch":
      return cache.touch(key, { ttl: "1h" });
    case "clear":
      return cache.clear();
    case "invalidateTags":
      return cache.invalidateTags(key);
    case "size":
      return cache.size();
    case "errors":
      return cache.stats().errors;
    case "close":
      return cache.close();
    case "lease":
      return other(asked).getMany([storedKey(asked)], { now: Date.now(), lease: value as number });
    case "stored":
      return (await other(asked).getMany([storedKey(asked)], { now: Date.now() })).entries[0]?.value ?? null;
    case "change":
      return createCache({ name: asked.cache.replaceAll(" ", "-"), tiers: [other(asked)] }).set(key, value);
  }
}

async function answer(asked: Asked, env: Env, context: Context, id: string): Promise<Response> {
  const answer = operate(asked, env, context, id).then(
    (value) => ({ value }),
    (error) => ({ error: `${error.name}: ${error.message}` }),
  );
  if (asked.early) {
    // Long enough for it to have reached the gate.
    await env.GATE.fetch(`http://gate/early/${id}`);
    return Response.json({ value: "early" });
  }
  return Response.json(await answer);
}

function askedOf({ url }: Request): readonly [asked: Asked, id: string] {
  const { searchParams } = new URL(url);
  return [JSON.parse(searchParams.get("ask")!), searchParams.get("id")!];
}

/** Has a cache in its own storage. */
export class Objects {
  readonly #env: Env;
  readonly #context: Context;

  constructor(state: Context & { readonly storage: DurableObjectStorage }, env: Env) {
    this.#env = { ...env, storage: state.storage };
    this.#context = state;
  }

  fetch(request: Request): Promise<Response> {
    const [asked, id] = askedOf(request);
    return answer(asked, this.#env, this.#context, id);
  }
}

export default {
  fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const [asked, id] = askedOf(request);
    if (asked.tiers !== "object") return answer(asked, env, context, id);
    return env.OBJECTS.get(env.OBJECTS.idFromName(asked.cache)).fetch(request);
  },
};
