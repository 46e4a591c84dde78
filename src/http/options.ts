/**
 * Options of the HTTP cache.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { number } from "../checks.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type Duration, toMilliseconds } from "../duration.ts";
import { callable, checkOptions, invalid, methods, oneOf } from "../errors.ts";
import type { AnyScopes } from "../scope/types.ts";
import { isFieldName } from "./fields.ts";
import type { FreshnessRules } from "./freshness.ts";
import { KEYED_FIELDS } from "./key.ts";
import type { StorageRules } from "./storable.ts";

/** What all faces of the HTTP cache take. */
export interface HttpCacheOptions {
  /**
   * `"safe"` stores no responses that set cookies, guesses no lifetimes, and serves stale responses only where a response or an option allows it;
   * `"strict"` follows RFC 9111 in what it allows as well: cookies are stored, lifetimes guessed from Last-Modified, a stale response served when
   * the origin cannot be reached, and an answer to POST with its Content-Location kept for GET. Default `"safe"`.
   */
  profile?: "safe" | "strict" | undefined;
  /** Whether it serves more than one user, and so keeps nothing `private`. What one user has is under keys of its own. Default `true`. */
  shared?: boolean | undefined;
  /** Lifetime of what says nothing itself, where its status may be cached by default (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501). Default 0. */
  ttl?: Duration | undefined;
  /** Fraction of the time since Last-Modified that such a response is fresh, for a day at most (RFC 9111 section 4.2.2). Default 0; strict 0.1. */
  heuristic?: number | undefined;
  /** `stale-while-revalidate` of responses that have none and may be served stale. Default 0. */
  staleWhileRevalidate?: Duration | undefined;
  /** `stale-if-error` of such responses. Default 0. */
  staleIfError?: Duration | undefined;
  /** How long what has an ETag or Last-Modified is kept when it is stale, to be validated. Default `"1d"`. */
  keep?: Duration | undefined;
  /** Longest body that is stored. Default: no limit, but 16 MiB where the cache has memory alone. */
  maxBytes?: number | undefined;
  /** Longest body that is stored as one value with its head. Default 64 KiB. */
  inlineBytes?: number | undefined;
  /** Most bytes of the header fields of a stored response. Default 32 KiB. */
  maxHeaderBytes?: number | undefined;
  /** The key of a request in the place of its URL; `undefined` does not cache. Everything that an answer depends on must be in it, or in Vary. */
  key?(request: Request): string | undefined;
  /** Fields of the request that are part of the key where they are there. Default: {@linkcode KEYED_FIELDS}. */
  keyedFields?: readonly string[] | undefined;
  /** The view of the cache for a request, for example the scope of its tenant: `(request) => cache.scope("org", { orgId })`. Default: all share the cache. */
  // biome-ignore lint/suspicious/noExplicitAny: the scopes are the user's.
  scope?(request: Request): Cache<any, any, any>;
  /** Whether a request goes past the cache. Default: none does. */
  bypass?(request: Request): boolean;
  /** Tags of a response besides those of its `Cache-Tag` and `Surrogate-Key`. */
  tags?(request: Request, response: Response): readonly string[];
  /** Whether Cache-Control of requests counts (RFC 9111 section 5.2.1). Default `true`. */
  requestDirectives?: boolean | undefined;
  /** Fields that count in the place of Cache-Control and Expires, the first that is there (RFC 9213). Default `["cdn-cache-control"]`. */
  targets?: readonly string[] | undefined;
  /** Whether responses that set cookies are stored, with their cookies, which all then get. Default `false`; strict `true`. */
  setCookie?: boolean | undefined;
  /** Whether answers to requests with Authorization are stored as if it was not there. Default `false`: only as RFC 9111 section 3.5 allows. */
  authorization?: boolean | undefined;
  /** The name of this cache in Cache-Status (RFC 9211), a token; `false` sends none. Default `"Tiercel"`. */
  cacheStatus?: string | false | undefined;
  /** Keeps a runtime alive until bodies are stored. Default: the cache's own, and on Workers that of the request's context. */
  waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Must be that of the cache. Default: the system's. */
  clock?: Clock | undefined;
}

/** {@linkcode HttpCacheOptions}, complete. Times in milliseconds. */
export interface HttpRules
  extends FreshnessRules,
    StorageRules,
    Pick<HttpCacheOptions, "key" | "scope" | "bypass" | "tags" | "waitUntil"> {
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  readonly keep: number;
  readonly maxBytes: number | undefined;
  readonly inlineBytes: number;
  readonly keyedFields: readonly string[];
  readonly requestDirectives: boolean;
  readonly targets: readonly string[];
  readonly cacheStatus: string | false;
  readonly clock: Clock;
}

/** @throws {ConfigError} naming the option that is wrong */
export function resolveHttpOptions(options: HttpCacheOptions): HttpRules {
  checkOptions(options);
  const { profile = "safe", shared = true, cacheStatus = "Tiercel", clock = systemClock } = options;
  const { keyedFields = KEYED_FIELDS, targets = ["cdn-cache-control"] } = options;
  oneOf("profile", ["safe", "strict"], profile);
  const isStrict = profile === "strict";
  for (const option of ["key", "scope", "bypass", "tags", "waitUntil"] as const)
    if (options[option] !== undefined) callable(option, options[option]);
  methods("clock", clock, "now");
  if (cacheStatus !== false && !/^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/.test(cacheStatus))
    throw invalid("cacheStatus", "a token, or false", cacheStatus);
  for (const [option, names] of Object.entries({ keyedFields, targets }))
    if (!Array.isArray(names) || !names.every(isFieldName)) throw invalid(option, "an array of field names", names);
  const time = (option: "ttl" | "keep" | "staleIfError" | "staleWhileRevalidate", otherwise: Duration): number =>
    number(option, toMilliseconds(options[option] ?? otherwise, option));
  return {
    ...options,
    isShared: flag("shared", shared),
    isStrict,
    defaultTtl: time("ttl", 0),
    heuristic: number("heuristic", options.heuristic ?? (isStrict ? 0.1 : 0), 1),
    staleWhileRevalidate: time("staleWhileRevalidate", 0),
    staleIfError: time("staleIfError", 0),
    keep: time("keep", "1d"),
    maxBytes: options.maxBytes === undefined ? undefined : number("maxBytes", options.maxBytes),
    inlineBytes: number("inlineBytes", options.inlineBytes ?? 65_536),
    maxHeaderBytes: number("maxHeaderBytes", options.maxHeaderBytes ?? 32_768),
    keyedFields: keyedFields.map((name) => name.toLowerCase()),
    requestDirectives: flag("requestDirectives", options.requestDirectives ?? true),
    targets,
    setCookie: flag("setCookie", options.setCookie ?? isStrict),
    authorization: flag("authorization", options.authorization ?? false),
    cacheStatus,
    clock,
  };
}

function flag(option: string, value: unknown): boolean {
  oneOf(option, [true, false], value);
  return value as boolean;
}

/** A cache of whatever scopes. */
export type AnyCache = Cache<AnyScopes>;
