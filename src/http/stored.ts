/**
 * Responses as they are stored: what was decided when they came is kept beside them, so that a hit parses nothing.
 *
 * @module
 */
import { type Control, forbidsStale, needsValidation, windowOf, withheldFields } from "./control.ts";
import { parseDate, splitList } from "./fields.ts";
import { type FreshnessRules, initialAge, lifetimeOf, type Times } from "./freshness.ts";
import type { Part } from "./range.ts";

/** All of a response but its body. Times are milliseconds, points in time since the epoch. */
export interface StoredHead {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case; several `set-cookie` are several. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly responseTime: number;
  /** Age when it came (RFC 9111 section 4.2.3). */
  readonly initialAge: number;
  /** Freshness lifetime (section 4.2.1). */
  readonly lifetime: number;
  /** Stale for as long, it may be served while it is validated (RFC 5861 section 3). */
  readonly whileRevalidate: number;
  /** Stale for as long, it may stand in for an error (RFC 5861 section 4). */
  readonly ifError: number;
  /** Each use needs validation. */
  readonly noCache: boolean;
  /** Never served stale. */
  readonly noStale: boolean;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Which bytes of the whole it has; `null` for a whole response. */
  readonly part: Part | null;
}

/** A response under its key. */
export interface StoredResponse extends StoredHead {
  readonly kind: "response";
  /** The body where it is short, or `null` where there is none. */
  readonly body: Uint8Array | null;
  /** Where a longer body is, and until when. */
  readonly stream: { readonly id: string; readonly size: number; readonly until: number } | null;
  /** How it came to its URL, for `cachedFetch`. */
  readonly url: string | null;
}

/** What is under the key of a URL whose responses depend on the request: each variant has a key of its own. */
export interface StoredIndex {
  readonly kind: "vary";
  /** Fields of the request, in lower case, sorted. */
  readonly names: readonly string[];
  /** Part of the keys of all variants: without the index nobody finds them. */
  readonly generation: string;
  /** When it ends. */
  readonly until: number;
}

/** What is under the key of a URL. */
export type Stored = StoredResponse | StoredIndex;

/** Whether a value was stored by this engine: a user may have others in the same cache. */
export function isStored(value: unknown): value is StoredResponse | StoredIndex {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  return kind === "response" || kind === "vary";
}

/** Fields of one connection (RFC 9111 section 3.1, RFC 9110 section 7.6.1). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** What is stored of a response, as it was received (RFC 9111 section 3.1). */
export function headOf(
  response: Pick<Response, "status" | "statusText" | "headers">,
  control: Control,
  times: Times,
  rules: FreshnessRules & { readonly staleIfError: number; readonly staleWhileRevalidate: number },
  part: Part | undefined,
): StoredHead {
  const { headers, status, statusText } = response;
  const listed = splitList(headers.get("connection") ?? "").map((name) => name.toLowerCase());
  // Age is told anew in each answer.
  const dropped = new Set(["age", ...HOP_BY_HOP, ...listed, ...withheldFields(control, rules.isShared)]);
  const kept: [string, string][] = [];
  headers.forEach((value, name) => {
    if (!dropped.has(name) && name !== "set-cookie") kept.push([name, value]);
  });
  if (!dropped.has("set-cookie")) for (const cookie of headers.getSetCookie()) kept.push(["set-cookie", cookie]);
  // A response without Date gets the time at which it came (RFC 9110 section 6.6.1).
  if (!headers.has("date")) kept.push(["date", new Date(times.responseTime).toUTCString()]);
  const noStale = forbidsStale(control, rules.isShared);
  return {
    status,
    statusText,
    headers: kept,
    responseTime: times.responseTime,
    initialAge: initialAge(headers, times),
    lifetime: lifetimeOf(status, headers, control, times, rules),
    whileRevalidate: noStale ? 0 : windowOf(control, "stale-while-revalidate") || rules.staleWhileRevalidate,
    ifError: noStale ? 0 : windowOf(control, "stale-if-error") || rules.staleIfError,
    noCache: needsValidation(control),
    noStale,
    etag: headers.get("etag"),
    lastModified: headers.get("last-modified"),
    part: part ?? null,
  };
}

/** How old a stored response is now, in milliseconds (RFC 9111 section 4.2.3). */
export function ageAt(head: StoredHead, now: number): number {
  return head.initialAge + Math.max(0, now - head.responseTime);
}

/** Value of a field; of `set-cookie` the first. */
export function fieldOf(head: StoredHead, name: string): string | undefined {
  return head.headers.find(([own]) => own === name)?.[1];
}

/** Whether there is something to ask the origin by whether it is still good. */
export function hasValidator(head: StoredHead): boolean {
  return head.etag !== null || head.lastModified !== null;
}

/** When it was last changed: what a date of a client is compared with (RFC 9111 section 4.3.2). */
export function modifiedAt(head: StoredHead): number | undefined {
  const { lastModified, responseTime } = head;
  return parseDate(lastModified, responseTime) ?? parseDate(fieldOf(head, "date"), responseTime);
}

/** Fields that describe the stored body, which a 304 does not bring (RFC 9111 section 3.2). */
const OF_THE_BODY = ["content-encoding", "content-length", "content-md5", "content-range", "etag"];

/** The fields of a stored response after a 304: those that it brings take the place of stored ones (RFC 9111 section 3.2). */
export function merged(head: StoredHead, update: Headers, { responseTime }: Times): Headers {
  const headers = new Headers(head.headers as [string, string][]);
  const cookies = update.getSetCookie();
  if (cookies.length > 0) headers.delete("set-cookie");
  // Its own age, and what said something of this cache's last answer, is gone.
  headers.delete("age");
  if (!update.has("date")) headers.set("date", new Date(responseTime).toUTCString());
  update.forEach((value, name) => {
    if (name !== "set-cookie" && !OF_THE_BODY.includes(name)) headers.set(name, value);
  });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return headers;
}
