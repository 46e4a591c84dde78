/**
 * Responses made of what is stored (RFC 9111 section 4).
 *
 * @module
 */
import { cacheStatus, type Handling, withStatus } from "./cache-status.ts";
import { fieldsOfNotModified, isNotModified, passesIfRange } from "./conditions.ts";
import { contentRange, type Part, parseRange, resolveRange, withinPart } from "./range.ts";
import { sliced } from "./spilling.ts";
import { isBodiless } from "./status.ts";
import { ageAt, fieldOf, type StoredHead } from "./stored.ts";

/** A body: all of it, or how to get it. */
export type Body =
  | Uint8Array
  | null
  | { readonly size: number | undefined; open(): MaybeStream | Promise<MaybeStream> };

type MaybeStream = ReadableStream<Uint8Array> | undefined;

/** What an answer is made for. */
export interface Answering {
  readonly request: Request;
  readonly now: number;
  /** Name in Cache-Status. */
  readonly name: string | false;
  readonly handling: Handling;
}

/** The answer to a request; `undefined` where the body is lost, or a part does not have what is asked for. */
export async function respond(head: StoredHead, body: Body, answering: Answering): Promise<Response | undefined> {
  const { request } = answering;
  if (isNotModified(request.headers, head)) {
    return new Response(null, { status: 304, headers: fields(fieldsOfNotModified(head), head, answering) });
  }
  const range = request.headers.get("range");
  if (head.part) return partial(head, head.part, body, answering);
  if (range !== null && head.status === 200 && request.method === "GET" && passesIfRange(request.headers, head)) {
    const part = await ranged(head, range, body, answering);
    if (part) return part;
  }
  const content = request.method === "HEAD" || isBodiless(head.status) ? null : await opened(body);
  if (content === undefined) return undefined;
  const { status, statusText } = head;
  return new Response(content as BodyInit | null, {
    status,
    statusText,
    headers: fields(head.headers, head, answering),
  });
}

/** Fields of an answer, and what they depend on. */
interface Hit {
  readonly age: number;
  readonly ttl: number;
  readonly name: string | false;
  readonly headers: HeadersInit;
}

/** Fields of the last hit of a response: they stay the same for a second. */
const lastFields = /* @__PURE__ */ new WeakMap<StoredHead, Hit>();

/** What responses are made with fastest: other fields to copy. But a server's own kind of response may keep the object, and then it is a record. */
function shareable(fields: [string, string][]): HeadersInit {
  const headers = new Headers(fields);
  if (new Response(null, { headers }).headers !== headers) return headers;
  const record = Object.fromEntries(fields);
  // Where a name comes twice, they stay a list.
  return Object.keys(record).length === fields.length ? record : fields;
}

/** A hit for a GET without conditions, of which most are: the whole response, whose body is at hand. */
export function plainHit(
  head: StoredHead,
  body: Uint8Array | null,
  request: Request,
  now: number,
  name: string | false,
): Response {
  const ms = ageAt(head, now);
  const age = Math.floor(ms / 1000);
  const ttl = Math.floor((head.lifetime - ms) / 1000);
  let last = lastFields.get(head);
  if (!last || last.age !== age || last.ttl !== ttl || last.name !== name) {
    const handling: Handling = { ttl: head.lifetime - ms };
    last = { age, ttl, name, headers: shareable(fields(head.headers, head, { request, now, name, handling })) };
    lastFields.set(head, last);
  }
  const { status, statusText } = head;
  return new Response(body as BodyInit | null, { status, statusText, headers: last.headers });
}

/** A range of a whole response; `undefined` where all of it is the answer (RFC 9110 section 14.2). */
async function ranged(
  head: StoredHead,
  range: string,
  body: Body,
  answering: Answering,
): Promise<Response | undefined> {
  const wanted = parseRange(range);
  const size = body instanceof Uint8Array ? body.byteLength : body?.size;
  if (!wanted || size === undefined) return undefined;
  const part = resolveRange(wanted, size);
  if (!part) {
    const headers = fields(fieldsOfNotModified(head), head, answering);
    return new Response(null, { status: 416, headers: [...headers, ["content-range", `bytes */${size}`]] });
  }
  return ofPart(head, part, part.first, body, answering);
}

/** A range of a part (RFC 9111 section 3.4). */
function partial(head: StoredHead, part: Part, body: Body, answering: Answering): Promise<Response | undefined> {
  const { headers } = answering.request;
  const wanted = parseRange(headers.get("range"));
  const within =
    wanted && body instanceof Uint8Array && passesIfRange(headers, head)
      ? withinPart(wanted, part, body.byteLength)
      : undefined;
  return within ? ofPart(head, within, within.offset, body, answering) : Promise.resolve(undefined);
}

async function ofPart(
  head: StoredHead,
  part: Part,
  offset: number,
  body: Body,
  answering: Answering,
): Promise<Response | undefined> {
  const length = part.last - part.first + 1;
  const all = await opened(body);
  if (!all) return undefined;
  const content = all instanceof Uint8Array ? all.subarray(offset, offset + length) : sliced(all, offset, length);
  const own = head.headers.filter(([name]) => name !== "content-length" && name !== "content-range");
  const headers = fields(own, head, answering);
  headers.push(["content-range", contentRange(part)]);
  headers.push(["content-length", String(content instanceof Uint8Array ? content.byteLength : length)]);
  return new Response(content as BodyInit, { status: 206, headers });
}

async function opened(body: Body): Promise<Uint8Array | ReadableStream<Uint8Array> | null | undefined> {
  return body === null || body instanceof Uint8Array ? body : body.open();
}

/** Fields of an answer: with Age (section 5.1) and Cache-Status. */
function fields(
  stored: readonly (readonly [string, string])[],
  head: StoredHead,
  { now, name, handling }: Answering,
): [string, string][] {
  const headers = (name === false ? stored : stored.filter(([field]) => field !== "cache-status")).map(
    ([field, value]): [string, string] => [field, value],
  );
  headers.push(["age", String(Math.floor(ageAt(head, now) / 1000))]);
  if (name !== false)
    headers.push(["cache-status", withStatus(fieldOf(head, "cache-status"), cacheStatus(name, handling))]);
  return headers;
}
