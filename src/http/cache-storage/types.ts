/**
 * The Web's Cache API as types, for projects that have none. They fit the `CacheStorage` of those that have.
 *
 * @module
 */

/** What is left out where requests are compared. */
export interface WebCacheQuery {
  readonly ignoreSearch?: boolean;
  readonly ignoreMethod?: boolean;
  readonly ignoreVary?: boolean;
}

/** One cache of a {@linkcode WebCacheStorage}: responses by their requests. */
export interface WebCache {
  match(request: Request | string | URL, options?: WebCacheQuery): Promise<Response | undefined>;
  matchAll(request?: Request | string | URL, options?: WebCacheQuery): Promise<readonly Response[]>;
  /** Asks, and puts what is answered. */
  add(request: Request | string | URL): Promise<void>;
  addAll(requests: Iterable<Request | string>): Promise<void>;
  put(request: Request | string | URL, response: Response): Promise<void>;
  delete(request: Request | string | URL, options?: WebCacheQuery): Promise<boolean>;
  keys(request?: Request | string | URL, options?: WebCacheQuery): Promise<readonly Request[]>;
}

/** Caches by their names. */
export interface WebCacheStorage {
  /** Of the cache with `cacheName`, or else of the first that has one. */
  match(
    request: Request | string | URL,
    options?: WebCacheQuery & { readonly cacheName?: string },
  ): Promise<Response | undefined>;
  has(name: string): Promise<boolean>;
  /** Makes it where there is none. */
  open(name: string): Promise<WebCache>;
  delete(name: string): Promise<boolean>;
  keys(): Promise<string[]>;
}
