/**
 * Stores by HTTP, which every runtime can reach: libSQL and Upstash.
 *
 * @module
 */
import { libsqlStore } from "./libsql.ts";
import { isUpstash } from "./remote.ts";
import { upstashStore } from "./upstash.ts";
import type { Scheme } from "./url.ts";

const remote: Scheme = (url, from) => (isUpstash(url) ? upstashStore(url, from) : libsqlStore(url, from));

/** The schemes of stores by HTTP. */
export const httpStores: Readonly<Record<string, Scheme>> = {
  libsql: remote,
  https: remote,
  http: remote,
  wss: remote,
  ws: remote,
};
