/**
 * Conditional requests: those of clients, answered from the cache, and those that the cache sends (RFC 9111 section 4.3).
 *
 * @module
 */
import { parseDate, splitList } from "./fields.ts";
import { fieldOf, modifiedAt, type StoredHead } from "./stored.ts";

/** Conditions that only the origin can tell about. */
const FOR_THE_ORIGIN = ["if-match", "if-unmodified-since"];
const OWN = ["if-none-match", "if-modified-since", "if-range"];

/** All fields of requests with conditions. */
export const CONDITIONS: readonly string[] = [...FOR_THE_ORIGIN, ...OWN];

/** Whether a request must go to the origin for its conditions (RFC 9111 section 4.3.2). */
export function isForTheOrigin(headers: Headers): boolean {
  return FOR_THE_ORIGIN.some((name) => headers.has(name));
}

/** Whether a client has already what is stored, so that 304 is the answer (RFC 9110 section 13.2.2). */
export function isNotModified(headers: Headers, head: StoredHead): boolean {
  if (head.status !== 200) return false;
  const tags = headers.get("if-none-match");
  // If-Modified-Since does not count beside it (RFC 9110 section 13.1.3).
  if (tags !== null)
    return tags.trim() === "*" || (head.etag !== null && splitList(tags).some((tag) => isSameTag(tag, head.etag!)));
  const since = headers.get("if-modified-since");
  if (since === null) return false;
  const date = parseDate(since, head.responseTime);
  const modified = modifiedAt(head);
  return date !== undefined && modified !== undefined && modified <= date;
}

/** Weak comparison (RFC 9110 section 8.8.3.2). */
function isSameTag(left: string, right: string): boolean {
  return left.replace(/^W\//, "") === right.replace(/^W\//, "");
}

/** Whether a range may be taken from what is stored (RFC 9110 section 13.1.5): by strong comparison. */
export function passesIfRange(headers: Headers, head: StoredHead): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  if (condition.includes('"')) return !condition.startsWith("W/") && condition.trim() === head.etag;
  return condition === head.lastModified;
}

/** Fields of the request that asks whether a stored response is still good, in the place of the client's own (RFC 9111 section 4.3.1). */
export function validators(headers: Headers, head: StoredHead | undefined): Headers {
  const own = new Headers(headers);
  for (const name of OWN) own.delete(name);
  // What is validated, or is to be stored, is the whole.
  own.delete("range");
  if (head?.etag) own.set("if-none-match", head.etag);
  if (head?.lastModified) own.set("if-modified-since", head.lastModified);
  return own;
}

/** The same request with other fields. It does not end when the client leaves: others wait for the same. */
export function requestWith(request: Request, headers: Headers): Request {
  const own = new Request(request, { method: "GET", headers, signal: null });
  // Bun keeps those of the first request where there are no others.
  for (const name of [...CONDITIONS, "range"]) if (!headers.has(name)) own.headers.delete(name);
  return own;
}

/** Fields of a 304 made of a stored response (RFC 9110 section 15.4.5). */
export function fieldsOfNotModified(head: StoredHead): [string, string][] {
  const names = [
    "cache-control",
    "cdn-cache-control",
    "content-location",
    "date",
    "etag",
    "expires",
    "last-modified",
    "vary",
  ];
  return head.headers
    .filter(([name]) => names.includes(name) || !/^(content-|set-cookie)/.test(name))
    .map(([name, value]) => [name, value]);
}

/** The tag of what is stored, when it is strong: parts with the same one are parts of the same (RFC 9111 section 3.4). */
export function strongTag(head: StoredHead): string | undefined {
  const tag = fieldOf(head, "etag");
  return tag?.startsWith('"') ? tag : undefined;
}
