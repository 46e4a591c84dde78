/**
 * The KV tier: `tiercel/kv`. A Workers KV namespace of Cloudflare, through its binding.
 *
 * @module
 */

import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import type { Duration } from "../src/duration.ts";
import { checkOptions } from "../src/errors.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { kvDriver } from "./kv/driver.ts";
import type { KvNamespace } from "./kv/namespace.ts";
import { fault, text, tierOptions, time } from "./options.ts";
import { plainStore } from "./plain/store.ts";

/** Options of {@linkcode kv}. */
export interface KvOptions extends TierOptions, BytesOptions {
  /**
   * How long each data centre may answer from its own cache before it asks the central store, in whole seconds from 30 s on. Longer makes keys
   * that are read seldom faster, and lets other data centres see changes later by as much. Default: KV's own, 60 s.
   */
  cacheTtl?: Duration | undefined;
}

/** Limits of KV: https://developers.cloudflare.com/kv/platform/limits/ */
const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 26_214_400;
/** Half a second below KV's own, as an entry of a minute has not a whole one left when it gets here; its end is rounded up for KV. */
const MIN_TTL = 59_500;
const MIN_CACHE_TTL = 30_000;
/** How long a change may take until every data centre sees it. */
const LAG = 60_000;
/** Most keys in one call of the tier, each of which is one operation of the store. */
const MAX_BATCH = 100;
/** Fields of an envelope beside the payload, without tags, version and profile. */
const ENVELOPE = 128;

/**
 * A tier in a Workers KV namespace, which may be made outside of a request.
 *
 * Each entry is one value, with its end as KV's own `expirationTtl`. KV keeps nothing for less than 60 s: entries that end sooner are not
 * written to it, and deleted there. Each key that is read, written or listed is one operation of KV, of which a Worker has 1,000 in one
 * request (50 on the free plan), and a deletion is two. A key takes one write in a second: a second one is tried again after that, once, and
 * then it is a fault of the tier, which serves the key again when that has been made good.
 *
 * KV is eventually consistent, and has no tags, leases or journal. What this means: what this process has changed it never
 * sees again, but other processes may see what was before for 60 s (or `cacheTtl`, if longer), be it deleted, written anew or cleared; an
 * invalidation by tag, and the refusal of what was loaded before a change, hold in the process that makes them; entries with tags that another
 * process wrote before this one began are misses; and the memory of other processes learns of no change before its own `ttl`.
 * Lists are as late: `keys`, `size`, `clear` and patterns may miss what another process wrote within the last 60 s.
 * Where that matters take `tiercel/d1`.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { kv } from "tiercel/kv";
 *
 * const cache = createCache({ tiers: [memory({ ttl: "10s" }), kv(env.KV)], ttl: "1h" });
 * ```
 */
export function kv(namespace: KvNamespace, options: KvOptions = {}): Tier {
  checkOptions(options);
  for (const method of ["getWithMetadata", "put", "delete", "list"] as const)
    if (typeof namespace?.[method] !== "function") throw fault("namespace", "a KV binding", namespace);
  const name = text("name", options.name ?? "kv");
  const cacheTtl = options.cacheTtl === undefined ? undefined : time("cacheTtl", options.cacheTtl, MIN_CACHE_TTL);
  if (cacheTtl !== undefined && !Number.isSafeInteger(cacheTtl / 1_000))
    throw fault("cacheTtl", "a number of whole seconds", options.cacheTtl);
  const capabilities: Capabilities = Object.freeze({
    keys: true,
    durable: true,
    shared: true,
    minTtl: MIN_TTL,
    maxKeyBytes: MAX_KEY_BYTES,
    maxBatch: MAX_BATCH,
    maxValueBytes: MAX_VALUE_BYTES - ENVELOPE,
  });
  const store = plainStore({
    name,
    capabilities,
    options: tierOptions(options),
    driver: kvDriver({
      tier: name,
      namespace,
      cacheTtl: cacheTtl === undefined ? undefined : cacheTtl / 1_000,
      lag: Math.max(LAG, cacheTtl ?? 0),
    }),
    maxRecordBytes: MAX_VALUE_BYTES,
    client: () => namespace,
  });
  return bytes(store, options);
}

export type { KvNamespace } from "./kv/namespace.ts";
