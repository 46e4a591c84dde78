/**
 * Tiercel on workerd, Cloudflare's runtime: `tiercel/workerd`.
 *
 * @module
 */
import { type D1Binding, d1 } from "../adapters/d1.ts";
import { type KvNamespace, kv } from "../adapters/kv.ts";
import type { Cache } from "../src/api.ts";
import { ConfigError, checkOptions } from "../src/errors.ts";
import type { AnyScopes, NoScopes } from "../src/scope/types.ts";
import { httpStores } from "./http.ts";
import { type OpenOptions, openWith, processVariable, type Runtime } from "./open.ts";
import type { CacheUrl, Surroundings } from "./url.ts";
import { cloudflareWaitUntil } from "./wait-until.ts";

/** Options of `openCache` on Workers. */
export interface WorkerOptions<S extends AnyScopes = NoScopes> extends OpenOptions<S> {
  /**
   * The bindings of the Worker: the second parameter of its handlers, or `env` of `cloudflare:workers`. Variables and secrets are looked for
   * among them first, then in `process.env`.
   */
  env?: object | undefined;
}

const worker: Runtime = {
  schemes: {
    d1: (url, from) => [d1(binding(url, from, isD1, "a D1 database") as D1Binding, { ...from.store })],
    kv: (url, from) => [kv(binding(url, from, isKv, "a KV namespace") as KvNamespace, { ...from.store })],
    ...httpStores,
  },
  // Of several bindings of a kind the first counts, in the order of their names.
  standard({ env = {} }) {
    const names = Object.keys(env).sort();
    const find = (fits: (value: unknown) => boolean) =>
      names.find((name) => fits((env as Record<string, unknown>)[name]));
    const [database, namespace] = [find(isD1), find(isKv)];
    const url = database !== undefined ? `d1:${database}` : namespace !== undefined ? `kv:${namespace}` : "memory:";
    return { url, option: "env" };
  },
  environment: processVariable,
};

/** A variable or secret among the bindings, or else in `process.env`, which has them too where Node's modules are switched on. */
function variable(env: object, name: string): string | undefined {
  const value = (env as Record<string, unknown>)[name];
  return typeof value === "string" ? value : processVariable(name);
}

/** @throws {ConfigError} when there is no such binding, or it is of another kind */
function binding(
  { rest, option, scheme }: CacheUrl,
  { env }: Surroundings,
  fits: (value: unknown) => boolean,
  kind: string,
): unknown {
  if (env === undefined) {
    throw new ConfigError("env", `Cannot use ${option} as ${scheme}: must have the bindings in env: received none`);
  }
  const value = (env as Record<string, unknown>)[rest];
  if (fits(value)) return value;
  const known = Object.keys(env).filter((name) => fits((env as Record<string, unknown>)[name]));
  throw new ConfigError(
    option,
    `Cannot use ${option} as ${scheme}: must name ${kind} in env (${known.join(", ") || "there is none"}): received ${JSON.stringify(rest)}`,
  );
}

function isD1(value: unknown): boolean {
  return hasMethods(value, "prepare", "batch");
}

function isKv(value: unknown): boolean {
  return hasMethods(value, "getWithMetadata", "put", "list");
}

/** Not for what has `fetch`: a service binding, or a stub of an object, whose every name is a method, of others. */
function hasMethods(value: unknown, ...names: string[]): boolean {
  const has = (name: string) => typeof (value as Record<string, unknown> | null | undefined)?.[name] === "function";
  return !has("fetch") && names.every(has);
}

/**
 * Opens a cache whose tiers the URL picks. Memory is always the first; below it is
 *
 * - for `d1:BINDING` or `kv:BINDING` that binding, of those in option `env`;
 * - for `libsql://…`, `https://…` or `wss://…` a libSQL database, and for `https://NAME.upstash.io`, or a URL with `?token=`, an Upstash
 *   database, as in `tiercel/edge`;
 * - for `memory:` nothing.
 *
 * Without a URL the variable `TIERCEL_URL` is read; without that it is the D1 database in `env`, or else the KV namespace, or else memory alone; of several the first by name. Make the
 * cache inside of a handler or a request, as bindings need.
 *
 * Loads, changes and refreshes in the background go to the `waitUntil` of the request that began them, by itself: they
 * are done though the client goes away or has its answer already, for as long as Cloudflare lets them (30 s).
 *
 * @throws {ConfigError} for a URL or option that cannot be used; it names the scheme, never the whole URL
 *
 * @example
 * ```ts
 * import { openCache } from "tiercel/workerd";
 *
 * const cache = openCache("memory:", { ttl: "5m" });
 * const user = await cache.getOrSet("user:42", async () => ({ name: "Ada" }));
 * ```
 */
export function openCache<S extends AnyScopes = NoScopes>(url?: string, options?: WorkerOptions<S>): Cache<S> {
  if (options !== undefined) checkOptions(options);
  const { env, waitUntil = cloudflareWaitUntil() } = options ?? {};
  if (env !== undefined) checkOptions(env, "env");
  const runtime = env === undefined ? worker : { ...worker, environment: (name: string) => variable(env, name) };
  return openWith(runtime, url, waitUntil ? { ...options, waitUntil } : options);
}

export type { OpenOptions } from "./open.ts";
