/**
 * Stores by HTTP, which every runtime can reach: libSQL and Upstash.
 *
 * @module
 */
import { libsql } from "../adapters/libsql.ts";
import { upstash } from "../adapters/upstash.ts";
import { ConfigError } from "../src/errors.ts";
import type { CacheUrl, Scheme, Surroundings } from "./url.ts";

/** Variables with a token, as the makers of the stores name them. */
const LIBSQL_TOKENS = ["TURSO_AUTH_TOKEN", "LIBSQL_AUTH_TOKEN"];
const UPSTASH_TOKENS = ["UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_TOKEN"];

/** A store by a URL with the token as a parameter, given beside it, or in the environment. */
const remote: Scheme = (url, from) => [isUpstash(url) ? upstashOf(url, from) : libsqlOf(url, from)];

/** The schemes of stores by HTTP. */
export const httpStores: Readonly<Record<string, Scheme>> = {
  libsql: remote,
  https: remote,
  http: remote,
  wss: remote,
  ws: remote,
};

/** Upstash names its hosts, and its parameter is another than that of libSQL. */
function isUpstash(url: CacheUrl): boolean {
  if (!/^https?$/.test(url.scheme)) return false;
  const { hostname, searchParams } = parsed(url);
  return hostname.endsWith(".upstash.io") || searchParams.has("token");
}

function libsqlOf(url: CacheUrl, from: Surroundings): ReturnType<typeof libsql> {
  const authToken = parsed(url).searchParams.has("authToken") ? undefined : tokenOf(from, LIBSQL_TOKENS);
  return libsql(url.whole, authToken === undefined ? {} : { authToken });
}

function upstashOf(url: CacheUrl, from: Surroundings): ReturnType<typeof upstash> {
  const place = parsed(url);
  const token = place.searchParams.get("token") ?? tokenOf(from, UPSTASH_TOKENS);
  if (token === undefined || token === "") {
    throw new ConfigError(url.option, `Cannot use ${url.option} as Upstash must have a token: received none`);
  }
  place.searchParams.delete("token");
  return upstash({ url: place.href, token });
}

/** A token that was given, or else that of the environment. */
function tokenOf({ token, environment }: Surroundings, names: readonly string[]): string | undefined {
  return token ?? names.map(environment).find((value) => value !== undefined && value !== "");
}

function parsed({ whole, option, scheme }: CacheUrl): URL {
  try {
    return new URL(whole);
  } catch {
    throw new ConfigError(option, `Cannot use ${option} as ${scheme}: must be a whole URL`);
  }
}
