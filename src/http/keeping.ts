/**
 * What is made of an answer of the origin: whether it is kept, for how long, and as what.
 *
 * @module
 */
import type { Task } from "./exchange.ts";
import type { Filled } from "./fill.ts";
import type { HttpRules } from "./options.ts";
import type { Findings } from "./place.ts";
import { fieldOf, hasValidator, type StoredHead, type StoredResponse } from "./stored.ts";
import { tagsOf } from "./tags.ts";
import { selectionOf, varyOf } from "./vary.ts";

/** For how long it is of use, in milliseconds: fresh, in the place of an error, or to be validated. */
export function retention(head: StoredHead, rules: HttpRules): number {
  // It would have to be validated, and cannot be.
  if (head.noCache && !hasValidator(head)) return 0;
  const left = head.lifetime - head.initialAge;
  const stale = Math.max(
    head.noStale ? 0 : Math.max(head.whileRevalidate, head.ifError),
    hasValidator(head) ? rules.keep : 0,
  );
  // Strict: it may stand in when the origin cannot be reached.
  const standIn = rules.isStrict && !head.noStale && !head.noCache ? rules.keep : 0;
  return Math.max(0, left) + Math.max(stale, standIn);
}

/** Whether requests that came meanwhile may have it: as much as one that comes now. */
export function isShareable(head: StoredHead): boolean {
  return !head.noCache && head.lifetime - head.initialAge + head.whileRevalidate > 0;
}

/** Why a response that may be stored is not; `undefined` for one that is. */
export function obstacle(
  { request, place, isFetch }: Task,
  { index }: Findings,
  response: Response,
  head: StoredHead,
  ttl: number,
  { maxHeaderBytes, isStrict }: HttpRules,
): string | undefined {
  const { status, headers } = response;
  // An answer to a request for a range says what it is by 200 or 206 alone.
  if (status !== 206 && status !== 200 && request.headers.has("range")) return "range";
  if (!(ttl > 0)) return "stale";
  if (Number(headers.get("content-length") ?? 0) > place.maxBytes) return "too-large";
  if (response.redirected || (isFetch && headers.has("location") && status > 300 && status < 400)) return "redirected";
  const names = varyOf(headers);
  if (names === "*" || selectionOf(request.headers, names, isStrict).length > maxHeaderBytes) return "vary";
  if (isAstray(names, { index })) return "vary-changed";
  return head.part && (index || names.length > 0) ? "part" : undefined;
}

/** Whether it depends on more fields than it would be found by. The next request makes an index of all that count now. */
export function isAstray(names: readonly string[] | "*", { index }: Pick<Findings, "index">): boolean {
  return index !== undefined && (names === "*" || names.some((name) => !index.names.includes(name)));
}

/** Fields of requests that it depends on. */
export function namesOf(head: StoredHead): readonly string[] | "*" {
  const vary = fieldOf(head, "vary");
  return vary === undefined ? [] : varyOf(new Headers({ vary }));
}

/** Its own tags, and those of the user. */
export function allTags(request: Request, response: Response, headers: Headers, rules: HttpRules): readonly string[] {
  return [...new Set([...tagsOf(headers), ...(rules.tags?.(request, response) ?? [])])];
}

/** The head of a body that has come; `undefined` where some of it is missing (RFC 9111 section 3.3). */
export function headOfWhole(head: StoredHead, filled: Filled, isStrict: boolean): StoredHead | undefined {
  if (!filled) return undefined;
  const size = "bytes" in filled ? filled.bytes.byteLength : filled.size;
  const length = fieldOf(head, "content-length");
  if (length === undefined || Number(length) === size) return head;
  // Platforms decode bodies and leave their fields as they came.
  if (!isStrict && fieldOf(head, "content-encoding") === undefined) return undefined;
  return { ...head, headers: head.headers.filter(([name]) => name !== "content-length") };
}

/** What is stored of it. */
export function recordOf(
  head: StoredHead,
  body: Uint8Array | { id: string; size: number; until: number } | null,
  { url }: Response,
): StoredResponse {
  const isInline = body === null || body instanceof Uint8Array;
  return {
    ...head,
    kind: "response",
    body: isInline ? body : null,
    stream: isInline ? null : body,
    url: url || null,
  };
}
