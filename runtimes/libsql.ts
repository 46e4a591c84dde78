/**
 * libSQL by URL.
 *
 * @module
 */
import { libsql } from "../adapters/libsql.ts";
import { parsed, tokenOf } from "./remote.ts";
import type { Scheme } from "./url.ts";

/** Variables with a token, as the makers of the store name them. */
const TOKENS = ["TURSO_AUTH_TOKEN", "LIBSQL_AUTH_TOKEN"];

/** libSQL by a URL with the token as a parameter, given beside it, or in the environment. */
export const libsqlStore: Scheme = (url, from) => {
  const authToken = parsed(url).searchParams.has("authToken") ? undefined : tokenOf(from, TOKENS);
  return [libsql(url.whole, { ...from.store, ...(authToken !== undefined && { authToken }) })];
};
