/**
 * URLs of stores by HTTP: which store is meant, and the token that stands beside it.
 *
 * @module
 */
import { ConfigError } from "../src/errors.ts";
import type { CacheUrl, Surroundings } from "./url.ts";

/** Upstash names its hosts, and its parameter is another than that of libSQL. @throws {ConfigError} for what is no whole URL */
export function isUpstash(url: CacheUrl): boolean {
  if (!/^https?$/.test(url.scheme)) return false;
  const { hostname, searchParams } = parsed(url);
  return hostname.endsWith(".upstash.io") || searchParams.has("token");
}

/** A token that was given, or else that of the environment. */
export function tokenOf({ token, environment }: Surroundings, names: readonly string[]): string | undefined {
  return token ?? names.map(environment).find((value) => value !== undefined && value !== "");
}

/** @throws {ConfigError} for what is no whole URL, of which it shows no more than the scheme */
export function parsed({ whole, option, scheme }: CacheUrl): URL {
  try {
    return new URL(whole);
  } catch {
    throw new ConfigError(option, `Cannot use ${option} as ${scheme}: must be a whole URL`);
  }
}
