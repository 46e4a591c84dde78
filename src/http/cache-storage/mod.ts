/**
 * The Web's `CacheStorage` over a cache.
 *
 * @module
 */
import type { Cache as TieredCache } from "../../api.ts";
import type { Engine } from "../../engine.ts";
import { callable, checkOptions, methods } from "../../errors.ts";
import { sha256 } from "../../sha256.ts";
import { verbsOf } from "../../verbs/inside.ts";
import { newId } from "../key.ts";
import type { AnyCache } from "../options.ts";
import { Desk } from "./desk.ts";
import { toRequest } from "./item.ts";
import { type Fetch, NamedCache } from "./named-cache.ts";
import { Shelf } from "./shelf.ts";
import type { WebCache, WebCacheStorage } from "./types.ts";

/** Options of {@linkcode cacheStorage}. */
export interface CacheStorageOptions {
  /** What `add` and `addAll` ask. Default: the global `fetch`, as it is at the call. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** A cache, with what its items are kept under. */
interface Named {
  /** Absent once it was deleted: its items are still there, for those who have it open. */
  readonly name?: string;
  readonly id: string;
}

const NAMES = "NAMES";

/**
 * The Web's Cache API (`caches`) over a cache: what is put stays until it is deleted, in whatever tiers there are. Lifetimes and the cache's own ttl do
 * not count, nor do Cache-Control and Expires, as the Service Workers specification has it. Each storage of one cache sees the same, and changes of theirs
 * come one after the other; those of several processes over one store don't (docs/http.md).
 * Its tiers must be able to list their keys for `keys()`, and for `matchAll()` without a request.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { cacheStorage } from "tiercel/http";
 *
 * const caches = cacheStorage(createCache());
 * const pages = await caches.open("pages");
 * await pages.put("https://example.com/", new Response("Hello"));
 * const response = await caches.match("https://example.com/");
 * ```
 */
export function cacheStorage(
  // biome-ignore lint/suspicious/noExplicitAny: of whatever scopes.
  cache: TieredCache<any, any, any>,
  options: CacheStorageOptions = {},
): WebCacheStorage {
  methods("cache", cache ?? null, "namespace");
  checkOptions(options);
  if (options.fetch !== undefined) callable("fetch", options.fetch);
  return new TieredCacheStorage(cache as AnyCache, options.fetch ?? ((request) => fetch(request)));
}

class TieredCacheStorage implements WebCacheStorage {
  readonly #root: AnyCache;
  readonly #fetch: Fetch;
  readonly #engine: Engine;
  readonly #desk: Desk;
  /** What tells the names from those of other storages of the desk. */
  readonly #place: string;

  constructor(cache: AnyCache, fetch: Fetch) {
    this.#root = cache.namespace("caches") as unknown as AnyCache;
    this.#fetch = fetch;
    const { engine, space } = verbsOf(this.#root);
    this.#engine = engine;
    this.#desk = Desk.of(engine);
    this.#place = `${space.own.prefix} ${NAMES}`;
  }

  async match(input: RequestInfo | URL, options?: MultiCacheQueryOptions): Promise<Response | undefined> {
    const request = toRequest(input);
    const cacheName = options?.cacheName;
    for (const { name, id } of await this.#named()) {
      if (cacheName !== undefined && name !== String(cacheName)) continue;
      const response = await new NamedCache(this.#shelf(id), this.#fetch).match(request, options);
      if (response) return response;
    }
    return undefined;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#named()).some((one) => one.name === String(name));
  }

  open(name: string): Promise<WebCache> {
    return this.#turn(async () => {
      const all = await this.#all();
      let named = all.find((one) => one.name === String(name));
      if (!named) {
        named = newNamed(String(name), all);
        await this.#keep([...all, named]);
      }
      const shelf = this.#shelf(named.id);
      const cache = new NamedCache(shelf, this.#fetch);
      this.#desk.opened(cache, shelf.place, () => this.#sweep());
      // What a process has left that ended before nobody had it open.
      if (this.#doomed(all).length > 0) this.#sweep();
      return cache;
    });
  }

  delete(name: string): Promise<boolean> {
    return this.#turn(async () => {
      const all = await this.#all();
      const named = all.find((one) => one.name === String(name));
      if (!named) return false;
      // Who has it open goes on with it: it has no name any more, and goes when nobody has it.
      await this.#keep([...all.filter((one) => one !== named), { id: named.id }]);
      await this.#clear();
      return true;
    });
  }

  async keys(): Promise<string[]> {
    return (await this.#named()).map(({ name }) => name);
  }

  #turn<T>(step: () => Promise<T>): Promise<T> {
    return this.#desk.turn(this.#place, step);
  }

  #shelf(id: string): Shelf {
    return new Shelf(this.#root.namespace(id) as unknown as AnyCache);
  }

  /** As JSON, in which lone surrogates come through any codec. */
  async #all(): Promise<readonly Named[]> {
    const text = await this.#root.get<string>(NAMES);
    return text === undefined ? [] : JSON.parse(text);
  }

  async #named(): Promise<readonly Required<Named>[]> {
    return (await this.#all()).filter((one): one is Required<Named> => one.name !== undefined);
  }

  #keep(all: readonly Named[]): Promise<void> {
    return this.#root.set(NAMES, JSON.stringify(all), { ttl: Number.POSITIVE_INFINITY, grace: 0, swr: 0, jitter: 0 });
  }

  /** Those without a name that nobody here has open. */
  #doomed(all: readonly Named[]): readonly Named[] {
    return all.filter(({ name, id }) => name === undefined && !this.#desk.isOpen(this.#shelf(id).place));
  }

  async #clear(): Promise<void> {
    for (const one of this.#doomed(await this.#all())) {
      await this.#shelf(one.id).clear();
      await this.#keep((await this.#all()).filter(({ id }) => id !== one.id));
    }
  }

  /** A fault leaves them to the next time. */
  #sweep(): void {
    if (!this.#engine.closing)
      this.#engine.background(
        this.#turn(() => this.#clear()),
        "cache storage",
      );
  }

  get [Symbol.toStringTag](): string {
    return "CacheStorage";
  }
}

/** Processes that open a name at the same time have one cache: what it is kept under is told by its name, unless what was there is not gone yet. */
function newNamed(name: string, all: readonly Named[]): Named {
  const own = sha256(new TextEncoder().encode(JSON.stringify(name))).slice(0, 24);
  return { name, id: all.some(({ id }) => id === own) ? newId() : own };
}
