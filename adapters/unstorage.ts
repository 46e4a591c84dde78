/**
 * The unstorage tier: `tiercel/unstorage`. Any driver of unstorage, through a `Storage` that you have made.
 *
 * @module
 */

import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { checkOptions } from "../src/errors.ts";
import type { Capabilities, Tier, TierOptions } from "../src/tier.ts";
import { fault, flag, text, tierOptions } from "./options.ts";
import { headSize } from "./plain/record.ts";
import { plainStore } from "./plain/store.ts";
import { textLength } from "./plain/text.ts";
import { unstorageDriver } from "./unstorage/driver.ts";
import { METHODS, type UnstorageStorage } from "./unstorage/storage.ts";

/** Options of {@linkcode unstorage}. */
export interface UnstorageOptions extends TierOptions, BytesOptions {
  /** Before the keys of all items, as unstorage's `base`: letters, digits, `-`, `_`, `.`, in parts with `:` between them. Default `"tiercel"`. */
  base?: string | undefined;
  /**
   * Write bytes by `setItemRaw` and read them by `getItemRaw`, one by one, instead of base64 text, which every driver keeps
   * and some read in batches. Saves a quarter of the space in drivers that keep bytes as they are (memory, lru-cache, files, R2,
   * S3, Netlify, Azure in Node). Not for http, whose `getItemRaw` throws for what is not there (1.17). Default `false`.
   */
  raw?: boolean | undefined;
  /** Tell the driver when an entry ends, as `ttl` in seconds among the options of `setItem`. Default `true`. */
  expire?: boolean | undefined;
  /** Whether the driver keeps entries when this process ends. Default `false`. */
  durable?: boolean | undefined;
  /** Whether other processes, or other caches of this one, use the same storage. Default `true`. */
  shared?: boolean | undefined;
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512. */
  maxKeyLength?: number | undefined;
  /** Most bytes that the driver takes for one item, with the base64. Default: no limit. */
  maxItemBytes?: number | undefined;
}

const MAX_KEY_LENGTH = 512;
/** Fields of an envelope beside the payload, without tags, version and profile. */
const ENVELOPE = 128;

/**
 * A tier over a `Storage` of unstorage, which stays yours: it is neither disposed nor unmounted.
 *
 * Each entry is one item below `base`. Within this process the operations on a key take effect in order; between processes only
 * what the driver does in one step does. The drivers `fs` and `fs-lite` do not: who reads while another process writes
 * may find a part, which is a miss (`tiercel/files` does not have that). Listing keys, counting and sweeping read whole entries.
 * A driver that cannot list what it has (`null`, `vercel-runtime-cache`) is no tier; one that lists late or in part (Workers KV
 * for a minute, R2 and S3 above 1,000 items) makes `clear`, `keys` and patterns fail rather than leave out what was just written here.
 *
 * There are no tags, leases or journal. What this means: an invalidation by tag, and the refusal of what was loaded before
 * a change, hold in the process that makes them; entries with tags that another process wrote before this one began are
 * misses; and the memory of other processes learns of no change before its own `ttl`. For Redis, Upstash, MongoDB, D1 and KV
 * take their own adapters where that matters.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { unstorage } from "tiercel/unstorage";
 * import { createStorage } from "unstorage";
 * import fsDriver from "unstorage/drivers/fs";
 *
 * const storage = createStorage({ driver: fsDriver({ base: "data" }) });
 * const cache = createCache({ tiers: [memory({ ttl: "10s" }), unstorage(storage, { durable: true })] });
 * ```
 */
export function unstorage(storage: UnstorageStorage, options: UnstorageOptions = {}): Tier {
  checkOptions(options);
  for (const method of METHODS)
    if (typeof storage?.[method] !== "function") throw fault("storage", "a Storage of unstorage", storage);
  const base = baseOf(options.base ?? "tiercel");
  const raw = flag("raw", options.raw ?? false);
  const maxKeyLength = size("maxKeyLength", options.maxKeyLength ?? MAX_KEY_LENGTH, 1);
  const head = headSize(maxKeyLength);
  const { maxItemBytes = Infinity } = options;
  if (maxItemBytes !== Infinity) size("maxItemBytes", maxItemBytes, 2 * textLength(head + ENVELOPE));
  // Base64 makes four characters of three bytes.
  const maxRecordBytes = (raw ? maxItemBytes : Math.floor((maxItemBytes - textLength(0)) / 4) * 3) - head;
  const name = text("name", options.name ?? "unstorage");
  const capabilities: Capabilities = Object.freeze({
    keys: true,
    durable: flag("durable", options.durable ?? false),
    shared: flag("shared", options.shared ?? true),
    maxKeyBytes: maxKeyLength,
    maxValueBytes: maxRecordBytes - ENVELOPE,
  });
  const expire = flag("expire", options.expire ?? true);
  const store = plainStore({
    name,
    capabilities,
    options: tierOptions(options),
    driver: unstorageDriver({ tier: name, storage, base, raw, expire }),
    client: () => storage,
    ...(maxRecordBytes !== Infinity && { maxRecordBytes }),
  });
  return bytes(store, options);
}

export type { UnstorageStorage } from "./unstorage/storage.ts";

function baseOf(base: unknown): string {
  const parts = typeof base === "string" ? base.replace(/:$/, "").split(":") : [];
  if (parts.length > 0 && parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part))) return parts.join(":");
  throw fault("base", "of letters, digits, -, _ and . in parts with : between them", base);
}

function size(option: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw fault(option, `an integer not below ${least}`, value);
}
