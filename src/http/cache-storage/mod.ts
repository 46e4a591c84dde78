/**
 * The Web's `CacheStorage` over a cache.
 *
 * @module
 */
import type { Cache as TieredCache } from "../../api.ts";
import { systemClock } from "../../clock.ts";
import { callable, checkOptions, methods } from "../../errors.ts";
import { newId } from "../key.ts";
import type { AnyCache } from "../options.ts";
import { toRequest } from "./item.ts";
import { type Fetch, NamedCache } from "./named-cache.ts";
import { Shelf, Turns } from "./shelf.ts";
import type { WebCache, WebCacheStorage } from "./types.ts";

/** Options of {@linkcode cacheStorage}. */
export interface CacheStorageOptions {
  /** What `add` and `addAll` ask. Default: the global `fetch`, as it is at the call. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** One name, with what its items are kept under: a cache that is made anew after it was deleted has others. */
interface Named {
  readonly name: string;
  readonly id: string;
}

const NAMES = "NAMES";

/**
 * The Web's Cache API (`caches`) over a cache: what is put stays until it is deleted, in whatever tiers there are. Lifetimes and the cache's own ttl do
 * not count, nor do Cache-Control and Expires, as the Service Workers specification has it. Each storage of one cache sees the same.
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
  readonly #turns = new Turns();
  /** Objects that are in use, by the id of what they are views of. */
  readonly #views = new Map<string, number>();
  /** What was deleted while somebody had it open. */
  readonly #doomed = new Set<string>();
  readonly #gone: FinalizationRegistry<string>;

  constructor(cache: AnyCache, fetch: Fetch) {
    this.#root = cache.namespace("caches") as unknown as AnyCache;
    this.#fetch = fetch;
    this.#gone = new FinalizationRegistry((id) => this.#left(id));
  }

  async match(input: RequestInfo | URL, options?: MultiCacheQueryOptions): Promise<Response | undefined> {
    const request = toRequest(input);
    const cacheName = options?.cacheName;
    for (const { name, id } of await this.#names()) {
      if (cacheName !== undefined && name !== String(cacheName)) continue;
      const response = await new NamedCache(this.#shelf(id), this.#fetch).match(request, options);
      if (response) return response;
    }
    return undefined;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#names()).some((one) => one.name === String(name));
  }

  open(name: string): Promise<WebCache> {
    return this.#turns.run(NAMES, async () => {
      const names = await this.#names();
      let named = names.find((one) => one.name === String(name));
      if (!named) {
        named = { name: String(name), id: newId() };
        await this.#keep([...names, named]);
      }
      const cache = new NamedCache(this.#shelf(named.id), this.#fetch);
      this.#views.set(named.id, (this.#views.get(named.id) ?? 0) + 1);
      this.#gone.register(cache, named.id);
      return cache;
    });
  }

  delete(name: string): Promise<boolean> {
    return this.#turns.run(NAMES, async () => {
      const names = await this.#names();
      const named = names.find((one) => one.name === String(name));
      if (!named) return false;
      await this.#keep(names.filter((one) => one !== named));
      // Who has it open goes on with it: it has no name any more, and goes when nobody has it.
      if (this.#views.has(named.id)) this.#doomed.add(named.id);
      else await this.#shelf(named.id).clear();
      return true;
    });
  }

  async keys(): Promise<string[]> {
    return (await this.#names()).map(({ name }) => name);
  }

  #shelf(id: string): Shelf {
    return new Shelf(this.#root.namespace(id) as unknown as AnyCache, this.#turns, () => systemClock.now());
  }

  /** As JSON, in which lone surrogates come through any codec. */
  async #names(): Promise<readonly Named[]> {
    const text = await this.#root.get<string>(NAMES);
    return text === undefined ? [] : JSON.parse(text);
  }

  #keep(names: readonly Named[]): Promise<void> {
    return this.#root.set(NAMES, JSON.stringify(names), { ttl: Number.POSITIVE_INFINITY, grace: 0, swr: 0, jitter: 0 });
  }

  #left(id: string): void {
    const count = (this.#views.get(id) ?? 1) - 1;
    if (count > 0) {
      this.#views.set(id, count);
      return;
    }
    this.#views.delete(id);
    // A fault leaves what no name leads to.
    if (this.#doomed.delete(id))
      this.#shelf(id)
        .clear()
        .catch(() => {});
  }

  get [Symbol.toStringTag](): string {
    return "CacheStorage";
  }
}
