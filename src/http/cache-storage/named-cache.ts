/**
 * One cache of the Cache API.
 *
 * @module
 */
import { newId } from "../key.ts";
import { checkRequest, checkResponse, fieldsOf, type Item, matches, requestOf, responseOf, toRequest } from "./item.ts";
import type { Shelf } from "./shelf.ts";
import type { WebCache } from "./types.ts";

/** What `fetch` is asked for by `add` and `addAll`. */
export type Fetch = (request: Request) => Promise<Response>;

/** A request with the response that is to be kept for it. */
interface Pair {
  readonly request: Request;
  readonly response: Response;
}

/** Methods in the order of the specification. Each object is new, whatever it is a view of. */
export class NamedCache implements WebCache {
  readonly #shelf: Shelf;
  readonly #fetch: Fetch;

  constructor(shelf: Shelf, fetch: Fetch) {
    this.#shelf = shelf;
    this.#fetch = fetch;
  }

  async match(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<Response | undefined> {
    for (const item of await this.#query(toRequest(request), options)) {
      const response = await this.#open(item);
      if (response) return response;
    }
    return undefined;
  }

  async matchAll(request?: RequestInfo | URL, options?: CacheQueryOptions): Promise<readonly Response[]> {
    const items = await this.#query(request, options);
    const responses = await Promise.all(items.map((item) => this.#open(item)));
    return Object.freeze(responses.filter((response) => response !== undefined));
  }

  async add(request: RequestInfo | URL): Promise<void> {
    await this.addAll([request as RequestInfo]);
  }

  async addAll(requests: Iterable<RequestInfo>): Promise<void> {
    const all = [...requests].map(toRequest);
    for (const request of all) checkRequest(request);
    const controller = new AbortController();
    const load = async (request: Request): Promise<Pair> => {
      const response = await this.#fetch(new Request(request, { signal: controller.signal }));
      if (response.type === "error" || !response.ok)
        throw new TypeError(`Cannot add response as its status must be from 200 to 299: received ${response.status}`);
      checkResponse(response);
      return { request, response };
    };
    try {
      await this.#put(await Promise.all(all.map(load)), true);
    } catch (error) {
      controller.abort();
      throw error;
    }
  }

  async put(input: RequestInfo | URL, response: Response): Promise<void> {
    const request = toRequest(input);
    checkRequest(request);
    checkResponse(response);
    await this.#put([{ request, response }], false);
  }

  async delete(input: RequestInfo | URL, options?: CacheQueryOptions): Promise<boolean> {
    const request = toRequest(input);
    if (request.method !== "GET" && !options?.ignoreMethod) return false;
    return this.#shelf.change(request.url, (items) => items.filter((item) => !matches(request, item, options)));
  }

  async keys(request?: RequestInfo | URL, options?: CacheQueryOptions): Promise<readonly Request[]> {
    return Object.freeze((await this.#query(request, options)).map(requestOf));
  }

  /** Items that a request matches, in the order in which they were put. */
  async #query(input: RequestInfo | URL | undefined, options?: CacheQueryOptions | null): Promise<readonly Item[]> {
    if (input === undefined) return this.#shelf.all();
    const request = toRequest(input);
    if (request.method !== "GET" && !options?.ignoreMethod) return [];
    return (await this.#shelf.near(request.url)).filter((item) => matches(request, item, options));
  }

  async #open(item: Item): Promise<Response | undefined> {
    if (item.body === null) return responseOf(item, null);
    const body = await this.#shelf.body(item.body);
    return body && responseOf(item, body);
  }

  /** All of them or none: "batch cache operations" of the specification. */
  async #put(pairs: readonly Pair[], isBatch: boolean): Promise<void> {
    // Taken now, whatever the caller does with them while bodies are stored.
    const items = pairs.map(({ request, response }) => this.#item(request, response));
    if (isBatch) {
      for (const [at, { request }] of pairs.entries()) {
        if (items.slice(0, at).some((item) => matches(request, item)))
          throw new DOMException("Cannot add requests as no two may match each other", "InvalidStateError");
      }
    }
    const stores = pairs.map(async ({ response }, at) => {
      const { body } = items[at]!;
      if (body !== null) await this.#shelf.setBody(body, response.body!);
    });
    let placed = 0;
    try {
      await Promise.all(stores);
      for (const { request } of pairs) {
        await this.#shelf.change(request.url, (kept) => [
          ...kept.filter((item) => !matches(request, item)),
          { ...items[placed]!, sequence: this.#shelf.next() },
        ]);
        placed++;
      }
    } catch (error) {
      // Nothing leads to the bodies of the others. A fault leaves them.
      for (const { body } of items.slice(placed))
        if (body !== null)
          Promise.allSettled(stores)
            .then(() => this.#shelf.dropBody(body))
            .catch(() => {});
      throw error;
    }
  }

  #item(request: Request, response: Response): Item {
    const { status, statusText, type, redirected } = response;
    return {
      sequence: 0,
      body: response.body ? newId() : null,
      url: request.url,
      requestHeaders: fieldsOf(request.headers),
      status,
      statusText,
      headers: fieldsOf(response.headers),
      type,
      responseUrl: response.url,
      redirected,
    };
  }

  get [Symbol.toStringTag](): string {
    return "Cache";
  }
}
