/**
 * Cache keys (RFC 9111 section 2): the URL without its fragment, and what else an answer may depend on without saying so.
 *
 * @module
 */
import { sha256 } from "../sha256.ts";

/**
 * Fields that frameworks take a part of the URL or the method from. They are rarely there, no Vary names them, and who may set them could have
 * a poisoned response stored for all: where there is one, it is part of the key.
 */
export const KEYED_FIELDS: readonly string[] = [
  "forwarded",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-forwarded-scheme",
  "x-forwarded-server",
  "x-host",
  "x-http-method-override",
  "x-method-override",
  "x-original-host",
  "x-original-url",
  "x-rewrite-url",
];

/** Fields that are secrets. */
const CREDENTIALS = /* @__PURE__ */ new Set(["authorization", "cookie", "proxy-authorization"]);

const utf8 = /* @__PURE__ */ new TextEncoder();

/** Longest key, in characters. What has a longer one is not cached. */
const LONGEST = 8_192;

/** A URL without its fragment, which is no part of what is asked for. */
export function withoutFragment(url: string): string {
  const hash = url.indexOf("#");
  return hash < 0 ? url : url.slice(0, hash);
}

/** The key of a URL, or of what stands in its place, and the fields of a request; `undefined` for one that is too long. */
export function keyOf(whole: string, headers: Headers, fields: readonly string[]): string | undefined {
  let key = whole;
  for (const name of fields) {
    const value = headers.get(name);
    // No URL has a space, and JSON ends where it says.
    if (value !== null) key += ` ${name}=${JSON.stringify(unreadable(name, value))}`;
  }
  return key.length > LONGEST ? undefined : key;
}

/** What stands for a field in a key: of credentials their hash, since keys are seen in stores, logs and on pages. */
export function unreadable(name: string, value: string): string {
  return CREDENTIALS.has(name) ? sha256(utf8.encode(value)) : value;
}

/** Key of a variant: no URL begins so. */
export function variantKey(generation: string, selection: string): string {
  return `VARY ${generation} ${selection}`;
}

/** A name that no other response has. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
