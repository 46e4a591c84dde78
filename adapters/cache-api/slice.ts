/**
 * The slice of a `Cache` of the Web that is used, and what is kept in one.
 *
 * @module
 */
import { CorruptError } from "../../src/errors.ts";
import type { Found } from "../plain/driver.ts";
import { envelopeUntil } from "../plain/ending.ts";
import { escaped, keyOf, WHOLE } from "../plain/names.ts";

/** A `Cache` of the Web: a request answered by a response. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
  /** Not on Workers. */
  keys?(): Promise<readonly { readonly url: string }[]>;
}

/** Finds the cache anew for each operation: on Workers no request may wait for what another one has begun. */
export type WebCacheSource = () => WebCache | Promise<WebCache>;

/** Header with `staleUntil` of an entry, by the cache's clock. */
const UNTIL = "tiercel-until";
/** Most seconds that a response is kept for. */
const LONGEST = 0x7fff_ffff;

/** The URL of a key, below `base`. No two keys share one. */
export function urlOf(base: string, key: string): string {
  return base + WHOLE + escaped(key);
}

/** The key of a URL of {@linkcode urlOf}; `undefined` for any other URL. */
export function keyOfUrl(base: string, url: string): string | undefined {
  return url.startsWith(base) ? keyOf(url.slice(base.length)) : undefined;
}

/** A response that the store may remove at `staleUntil`, in whole seconds rounded up. */
export function responseOf(
  bytes: Uint8Array,
  staleUntil: number,
  now: number,
  headers: Record<string, string> = {},
): Response {
  const seconds = Math.max(1, Math.min(LONGEST, Math.ceil((staleUntil - now) / 1_000)));
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      "cache-control": `max-age=${seconds}`,
      "content-type": "application/octet-stream",
      [UNTIL]: String(staleUntil),
      ...headers,
    },
  });
}

/** What is in a response. */
export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

/** When the entry in a response ends; `undefined` of a response that was not Tiercel's. */
export function endOf(response: Response): number | undefined {
  const end = Number(response.headers.get(UNTIL) ?? Number.NaN);
  return Number.isNaN(end) ? undefined : end;
}

/** Whether an entry was there, without reading it. */
export function endingOf(response: Response): Found {
  response.body?.cancel().catch(() => {});
  const end = endOf(response);
  return end === undefined ? new CorruptError("Cannot tell of a response that was not Tiercel's") : envelopeUntil(end);
}
