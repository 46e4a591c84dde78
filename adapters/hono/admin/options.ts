/**
 * Options of the admin router.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import type { Cache } from "../../../src/api.ts";
import { callable, invalid, methods } from "../../../src/errors.ts";
import type { AnyCache } from "../../../src/http/options.ts";
import type { Key } from "../../../src/key.ts";
import type { Access, Eviction } from "../../../src/observe/log.ts";
import type { Profile, ProfileOptions } from "../../../src/profiles/profile.ts";

/** Who may come in: whoever has a token, whom a middleware lets pass, or anybody. */
export type AdminAuth = "none" | MiddlewareHandler | { token: string | readonly string[] };

/** Options of `adminRouter`. What observers are given (`tiercel/observe`, `tiercel/profiles`, `tiercel/prometheus`) is shown. */
export interface AdminOptions {
  // biome-ignore lint/suspicious/noExplicitAny: of whatever scopes.
  cache: Cache<any, any, any>;
  /**
   * `{ token }`: programs send it as `Authorization: Bearer`, people type it into the page, which keeps a session of twelve hours in a cookie.
   * At least 16 characters; several while one takes the place of another. A middleware of Hono answers those it does not let pass itself.
   * `"none"`: anybody may do anything.
   */
  auth: AdminAuth;
  /** Refuse every change. Default `false`. */
  readOnly?: boolean | undefined;
  /** What is shown of a value. Default: the value. */
  redact?: ((key: Key, value: unknown) => unknown) | undefined;
  /** Most bytes of a value that are shown or taken. Default 1 MiB. */
  maxValueBytes?: number | undefined;
  /** Most keys or rows of one page. Default 200. */
  maxPageSize?: number | undefined;
  /** Most streams of events at a time. Default 20. */
  maxStreams?: number | undefined;
  /** Hosts besides that of the request's URL that the page may be seen under, such as `"admin.example.com"`, where a proxy changes it. */
  hosts?: readonly string[] | undefined;
  /** Path that the page is seen under, where that is not the one that the router is mounted at. */
  basePath?: string | undefined;
  /** `hotKeys(cache)`. */
  hotKeys?:
    | { top(limit?: number): readonly { readonly key: Key; readonly count: number }[]; readonly total: number }
    | undefined;
  /** `accessLog(cache)`. */
  accessLog?:
    | { list(options?: { limit?: number; order?: "last" | "count" }): Promise<readonly Access<Key>[]> }
    | undefined;
  /** `evictionLog(cache)`. */
  evictionLog?: { list(options?: { limit?: number }): Promise<readonly Eviction<Key>[]> } | undefined;
  /** `profiles(cache)`. */
  profiles?: {
    readonly current: Profile;
    list(): Promise<readonly Profile[]>;
    save(profile: ProfileOptions): Promise<Profile>;
    use(name: string): Promise<Profile>;
    delete(name: string): Promise<void>;
  };
  /** `prometheus(cache)`. */
  metrics?: { text(): string; readonly contentType: string } | undefined;
}

/** The same, complete and checked. */
export interface Admin extends Omit<AdminOptions, "cache"> {
  readonly cache: AnyCache;
  readonly tokens: readonly string[];
  readonly readOnly: boolean;
  readonly maxValueBytes: number;
  readonly maxPageSize: number;
  readonly maxStreams: number;
  readonly hosts: readonly string[];
}

/** Fewest characters of a token: 16 of 64 kinds are 96 bits. */
const LEAST = 16;

/** @throws {ConfigError} naming the option that is wrong */
export function resolveAdmin(options: AdminOptions): Admin {
  const { cache, auth, readOnly = false, maxValueBytes = 1 << 20, maxPageSize = 200, maxStreams = 20 } = options;
  methods("cache", cache ?? null, "explain", "namespace");
  if (auth === undefined)
    throw invalid("auth", 'a token, a middleware, or "none" for a page that is open to anybody', auth);
  const isOurs = typeof auth === "object" && auth !== null;
  if (!isOurs && auth !== "none" && typeof auth !== "function")
    throw invalid("auth", '{ token }, a middleware, or "none"', typeof auth);
  const tokens = isOurs ? [auth.token].flat() : [];
  if (isOurs && tokens.length === 0) throw invalid("auth.token", `at least ${LEAST} characters long`, undefined);
  for (const token of tokens)
    if (typeof token !== "string" || token.length < LEAST || !/^[\x21-\x7e]+$/.test(token))
      throw invalid(
        "auth.token",
        `at least ${LEAST} visible ASCII characters`,
        typeof token === "string" ? token.length : token,
      );
  for (const [name, value] of Object.entries({ maxValueBytes, maxPageSize, maxStreams }))
    if (!(Number.isSafeInteger(value) && value > 0)) throw invalid(name, "a positive integer", value);
  const { redact, hosts = [], basePath } = options;
  if (redact !== undefined) callable("redact", redact);
  if (basePath !== undefined && !/^(\/[^/?#]+)*$/.test(basePath))
    throw invalid("basePath", 'a path such as "/admin"', basePath);
  return { ...options, cache: cache as AnyCache, tokens, readOnly, maxValueBytes, maxPageSize, maxStreams, hosts };
}
