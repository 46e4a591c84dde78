/**
 * The keys of requests, by the rules.
 *
 * @module
 */
import { CONDITIONS } from "./conditions.ts";
import { keyOf, withoutFragment } from "./key.ts";
import type { HttpRules } from "./options.ts";

const NO_FIELDS: readonly string[] = [];

/** Tells which key a request is for. */
export class RequestKeys {
  readonly #rules: HttpRules;
  /** Fields that make a request other than a plain one. */
  readonly #special: ReadonlySet<string>;

  constructor(rules: HttpRules) {
    this.#rules = rules;
    this.#special = new Set([...rules.keyedFields, ...CONDITIONS, "range", "cache-control", "upgrade"]);
  }

  /** Whether a request is a GET whose URL is its key, and that asks nothing of a cache: as most. */
  isPlain({ method, headers }: Request): boolean {
    let isPlain = method === "GET" && !this.#rules.key;
    if (isPlain)
      headers.forEach((_, name) => {
        isPlain &&= !this.#special.has(name);
      });
    return isPlain;
  }

  /** The key of a plain request; `undefined` where it is too long. */
  plain({ url, headers }: Request): string | undefined {
    return this.#whole(keyOf(url, headers, NO_FIELDS));
  }

  /** The keys under which an unsafe request makes a URL outdated: with its own fields, and for requests that have none of them. */
  allOf(request: Request, url: string): string[] {
    return [this.of(request, url), this.of(request, url, NO_FIELDS)].flatMap((key) => key ?? []);
  }

  /** The key of any request, or of another URL that it is about; `undefined` where it is not to be cached. */
  of(
    request: Request,
    url: string = request.url,
    keyedFields: readonly string[] = this.#rules.keyedFields,
  ): string | undefined {
    const { key } = this.#rules;
    // A request for another URL only after an unsafe one.
    const own = key
      ? key(url === request.url ? request : new Request(url, { headers: request.headers }))
      : withoutFragment(url);
    return this.#whole(own === undefined ? undefined : keyOf(own, request.headers, keyedFields));
  }

  /** With what tells what is for one user from what is for all: both may be in one cache. */
  #whole(key: string | undefined): string | undefined {
    return key === undefined ? undefined : `${this.#rules.isShared ? "GET" : "PRIVATE GET"} ${key}`;
  }
}
