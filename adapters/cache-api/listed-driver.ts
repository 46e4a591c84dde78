/**
 * A `Cache` that can list its requests (browsers, Deno) as a plain store. It removes nothing by itself.
 *
 * @module
 */
import type { Found, PlainDriver, PlainListing, PlainRecord } from "../plain/driver.ts";
import { eachOf } from "../plain/parallel.ts";
import { bytesOf, endingOf, endOf, keyOfUrl, responseOf, urlOf, type WebCache, type WebCacheSource } from "./slice.ts";

/** Makes the store. */
export function listedDriver(source: WebCacheSource, base: string): PlainDriver {
  return new ListedDriver(source, base);
}

class ListedDriver implements PlainDriver {
  readonly atomic = true;
  readonly #source: WebCacheSource;
  readonly #base: string;

  constructor(source: WebCacheSource, base: string) {
    this.#source = source;
    this.#base = base;
  }

  async readMany(keys: readonly string[]): Promise<Found[]> {
    const cache = await this.#source();
    return eachOf(keys, async (key): Promise<Found> => {
      const response = await cache.match(urlOf(this.#base, key));
      return response && bytesOf(response);
    });
  }

  async writeMany(records: readonly PlainRecord[], now: number): Promise<void> {
    const cache = await this.#source();
    await eachOf(records, ({ key, bytes, staleUntil }) =>
      cache.put(urlOf(this.#base, key), responseOf(bytes, staleUntil, now)),
    );
  }

  async takeMany(keys: readonly string[]): Promise<Found[]> {
    const cache = await this.#source();
    return eachOf(keys, async (key): Promise<Found> => {
      const url = urlOf(this.#base, key);
      const response = await cache.match(url);
      // Another process may have deleted it in between.
      return (await cache.delete(url)) && response ? endingOf(response) : undefined;
    });
  }

  /** In the order of URLs; the cursor is the last one of the page before. */
  async list(prefix: string, cursor: string | undefined, limit: number): Promise<PlainListing> {
    const cache = await this.#source();
    const urls = (await this.#urls(cache, prefix)).filter((url) => cursor === undefined || url > cursor).sort();
    const page = urls.slice(0, limit);
    const ends = await eachOf(page, async (url) => {
      const response = await cache.match(url);
      response?.body?.cancel().catch(() => {});
      return response && endOf(response);
    });
    const records = page.flatMap((url, index) => {
      const staleUntil = ends[index];
      return staleUntil === undefined ? [] : [{ key: keyOfUrl(this.#base, url)!, staleUntil }];
    });
    return page.length < urls.length ? { records, cursor: page.at(-1) } : { records };
  }

  async clear(prefix: string): Promise<void> {
    const cache = await this.#source();
    await eachOf(await this.#urls(cache, prefix), (url) => cache.delete(url));
  }

  async #urls(cache: WebCache, prefix: string): Promise<string[]> {
    const urls = (await cache.keys!()).map(({ url }) => url);
    return urls.filter((url) => keyOfUrl(this.#base, url)?.startsWith(prefix));
  }
}
