/**
 * What the tier and the bus are made for: an open client, or where a database is.
 *
 * @module
 */
import { ConfigError, describe } from "../../src/errors.ts";
import { fault } from "../options.ts";
import type { UpstashPlace } from "./rest.ts";

/**
 * Reads where a database is. Messages name the scheme of a URL alone, and nothing of a token.
 *
 * @throws {ConfigError} when it is none that can be reached, or has no token
 */
export function readPlace(target: unknown, token: string | undefined): UpstashPlace {
  if (typeof target === "string" || target instanceof URL)
    return { url: readUrl(String(target)), token: readToken(token) };
  const { url, token: own } = (target ?? {}) as { url?: unknown; token?: unknown };
  if (typeof url !== "string" && !(url instanceof URL)) {
    // What an environment lacks is the usual fault.
    const hasUrl = Object(target) === target && "url" in (target as object);
    const received = hasUrl ? `one whose url is ${describe(url)}` : describe(target);
    throw new ConfigError(
      "target",
      `Cannot use target as it must be a URL, { url, token }, or a client of @upstash/redis: received ${received}`,
    );
  }
  if (token !== undefined) throw surplus("where the target has one");
  return { url: readUrl(String(url)), token: readToken(own) };
}

/** @throws {ConfigError} for a token that comes with a client */
export function withoutToken(token: string | undefined): void {
  if (token !== undefined) throw surplus("together with a client");
}

function readUrl(whole: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(whole)?.[0].toLowerCase();
  if (scheme !== "https:" && scheme !== "http:") throw fault("target", "a URL of https: or http:", scheme ?? "no URL");
  let url: URL;
  try {
    url = new URL(whole);
  } catch {
    throw wrong(scheme, "must be whole");
  }
  if (url.username !== "" || url.password !== "") throw wrong(scheme, "must be without user and password: use token");
  if (url.search !== "" || url.hash !== "") throw wrong(scheme, "must be without ? and #");
  return url.origin + url.pathname;
}

function readToken(token: unknown): string {
  const what = "Cannot use token as it must be";
  if (typeof token !== "string" || token === "")
    throw new ConfigError("token", `${what} the token of the database: received none`);
  // It is part of a header, and `fetch` would quote it. One that was copied may have a line feed behind it.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ConfigError("token", `${what} of visible ASCII characters: received others in it`);
  return token;
}

function surplus(where: string): ConfigError {
  return new ConfigError("token", `Cannot use token as it must be left out ${where}: received one`);
}

function wrong(scheme: string, what: string): ConfigError {
  return new ConfigError("target", `Cannot use target as its URL of ${scheme} ${what}`);
}
