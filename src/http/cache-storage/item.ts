/**
 * Requests with their responses, as the Cache API keeps them, and which of them a request matches.
 *
 * @module
 */
import { isFieldName, splitList } from "../fields.ts";

/** A list of fields; names in lower case. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** One request with its response. */
export interface Item {
  /** Grows with each that is put, so that they have an order. */
  readonly sequence: number;
  /** Name of the body; `null` where there is none. */
  readonly body: string | null;
  /** With its fragment. */
  readonly url: string;
  readonly requestHeaders: Fields;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Fields;
  readonly type: ResponseType;
  readonly responseUrl: string;
  readonly redirected: boolean;
}

/** A URL without its fragment, or without its query as well. */
export function plainUrl(url: string, ignoreSearch: boolean = false): string {
  const own = new URL(url);
  own.hash = "";
  if (ignoreSearch) own.search = "";
  return own.href;
}

/** Whether a request matches what is kept: "request matches cached item" of the Service Workers specification. */
export function matches(request: Request, item: Item, options?: CacheQueryOptions | null): boolean {
  const { ignoreSearch, ignoreVary } = options ?? {};
  if (plainUrl(request.url, ignoreSearch) !== plainUrl(item.url, ignoreSearch)) return false;
  if (ignoreVary) return true;
  const vary = joinedValue(item.headers, "vary");
  return (
    vary === null ||
    splitList(vary).every(
      (name) =>
        name !== "*" &&
        // No request has a field of a name that is none.
        (!isFieldName(name) || request.headers.get(name) === joinedValue(item.requestHeaders, name.toLowerCase())),
    )
  );
}

/** All values of a field, as `Headers` joins them. */
function joinedValue(fields: Fields, name: string): string | null {
  const values = fields.filter(([own]) => own === name).map(([, value]) => value);
  return values.length > 0 ? values.join(", ") : null;
}

/** All fields; several `set-cookie` stay several. */
export function fieldsOf(headers: Headers): [string, string][] {
  const fields: [string, string][] = [];
  headers.forEach((value, name) => {
    if (name !== "set-cookie") fields.push([name, value]);
  });
  for (const cookie of headers.getSetCookie()) fields.push(["set-cookie", cookie]);
  return fields;
}

/** The request of an item, as `keys` gives it. */
export function requestOf({ url, requestHeaders }: Item): Request {
  return new Request(url, { headers: requestHeaders as [string, string][] });
}

/** The response of an item. What no constructor takes is put over it: where it came from, and its type. */
export function responseOf(item: Item, body: ReadableStream<Uint8Array> | null): Response {
  const { status, statusText, headers, type, responseUrl, redirected } = item;
  if (type === "error") return Response.error();
  const response = new Response(body as BodyInit | null, {
    status,
    statusText,
    headers: headers as [string, string][],
  });
  return restored(response, { type, url: responseUrl, redirected });
}

function restored(response: Response, own: { type: ResponseType; url: string; redirected: boolean }): Response {
  if (own.type === "default" && own.url === "" && !own.redirected) return response;
  for (const [name, value] of Object.entries(own)) Object.defineProperty(response, name, { value, configurable: true });
  const clone = (): Response => restored(Response.prototype.clone.call(response), own);
  return Object.defineProperty(response, "clone", { value: clone, configurable: true });
}

/** @throws {TypeError} for a request that no cache can have: of another method or scheme */
export function checkRequest({ method, url }: Request): void {
  if (method !== "GET") throw new TypeError(`Cannot put request as its method must be GET: received ${method}`);
  if (!/^https?:/.test(url)) throw new TypeError("Cannot put request as its URL must be of http or https");
}

/** @throws {TypeError} for a response that no cache can have */
export function checkResponse(response: Response): void {
  if (typeof response !== "object" || response === null || !("bodyUsed" in response))
    throw new TypeError("Cannot put response as it must be a Response");
  if (response.status === 206) throw new TypeError("Cannot put response as it must be whole: received status 206");
  if (splitList(response.headers.get("vary") ?? "").includes("*"))
    throw new TypeError("Cannot put response as its Vary must not have *");
  if (response.bodyUsed || response.body?.locked) throw new TypeError("Cannot put response as its body was read");
}

/** A request of what the methods of the API take. @throws {TypeError} for what is none */
export function toRequest(input: RequestInfo | URL): Request {
  if (input === undefined || input === null) throw new TypeError("Cannot match as there must be a request");
  return typeof input === "object" && "headers" in input ? input : new Request(input as string);
}
