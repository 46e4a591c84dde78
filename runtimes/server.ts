/**
 * What Node, Bun and Deno have in common: files, and with them SQLite, and connections to servers.
 *
 * @module
 */
import { file } from "./files.ts";
import { httpStores } from "./http.ts";
import { processVariable, type Runtime } from "./open.ts";
import { overTcp } from "./tcp.ts";

/** The runtime of {@linkcode openWith} where there are files and connections. */
export const server: Runtime = {
  schemes: { file, sqlite: file, redis: overTcp, rediss: overTcp, ...httpStores },
  standard: () => ({ url: ".tiercel/cache.db", option: "url" }),
  environment: processVariable,
};
