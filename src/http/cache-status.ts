/**
 * Cache-Status: how a cache has dealt with a request (RFC 9211).
 *
 * @module
 */
import { located } from "./located.ts";

/** Why a request went on to the origin (RFC 9211 section 2.2). */
export type ForwardReason = "bypass" | "method" | "uri-miss" | "vary-miss" | "miss" | "request" | "stale" | "partial";

/** What is told of one answer. */
export interface Handling {
  /** Absent for a hit. */
  readonly forward?: ForwardReason | undefined;
  /** Status that the origin answered with, where it is not that of the answer. */
  readonly status?: number | undefined;
  /** Milliseconds for which it stays fresh, below 0 for as long as it has been stale. */
  readonly ttl?: number | undefined;
  readonly stored?: boolean | undefined;
  /** Answered with another request's answer of the origin. */
  readonly collapsed?: boolean | undefined;
  /** Why it is as it is. */
  readonly detail?: string | undefined;
}

/** One member of the field. `name` is a token; `detail` too. */
export function cacheStatus(name: string, handling: Handling): string {
  const { forward, status, ttl, stored, collapsed, detail } = handling;
  let value = forward ? `${name}; fwd=${forward}` : `${name}; hit`;
  if (status !== undefined) value += `; fwd-status=${status}`;
  if (ttl !== undefined) value += `; ttl=${Math.floor(ttl / 1000)}`;
  if (stored) value += "; stored";
  if (collapsed) value += "; collapsed";
  if (detail) value += `; detail=${detail}`;
  return value;
}

/** What a chain of caches has said, with one more at its end: the one closest to the client is the last. */
export function withStatus(before: string | null | undefined, own: string): string {
  return before ? `${before}, ${own}` : own;
}

/** What responses said before we told of ourselves, by the rules of who told. */
const before = /* @__PURE__ */ new WeakMap<object, WeakMap<Response, string | null>>();

/** A response of the origin with what is told of it. */
export function told(
  response: Response,
  rules: { readonly cacheStatus: string | false },
  handling: Handling,
): Response {
  const name = rules.cacheStatus;
  if (name === false) return response;
  // One without a body may be the answer to many requests.
  let known = before.get(rules);
  if (!known) before.set(rules, (known = new WeakMap()));
  const others = known.has(response) ? known.get(response)! : response.headers.get("cache-status");
  const value = withStatus(others, cacheStatus(name, handling));
  try {
    response.headers.set("cache-status", value);
    known.set(response, others);
    return response;
  } catch {
    return rebuilt(response, value);
  }
}

function rebuilt(response: Response, value: string): Response {
  const headers = new Headers(response.headers);
  headers.set("cache-status", value);
  try {
    const { status, statusText, body, url } = response;
    const own = new Response(body, { status, statusText, headers });
    return url ? located(own, response) : own;
  } catch {
    // A status that no response can be made with.
    return response;
  }
}
