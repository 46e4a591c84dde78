/**
 * Upstash by URL.
 *
 * @module
 */
import { upstash } from "../adapters/upstash.ts";
import { ConfigError } from "../src/errors.ts";
import { parsed, tokenOf } from "./remote.ts";
import type { Scheme } from "./url.ts";

/** Variables with a token, as the makers of the store name them. */
const TOKENS = ["UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_TOKEN"];

/** Upstash by a URL with the token as a parameter, given beside it, or in the environment. */
export const upstashStore: Scheme = (url, from) => {
  const place = parsed(url);
  const token = place.searchParams.get("token") ?? tokenOf(from, TOKENS);
  if (token === undefined || token === "") {
    throw new ConfigError(url.option, `Cannot use ${url.option} as Upstash must have a token: received none`);
  }
  place.searchParams.delete("token");
  return [upstash({ url: place.href, token }, { ...from.store })];
};
