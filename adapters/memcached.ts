/**
 * The memcached tier: `tiercel/memcached`. For Node, Bun and Deno.
 *
 * @module
 */
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { ConfigError, checkOptions, StoreOpenError } from "../src/errors.ts";
import type { Capabilities, Tier, TierContext, TierOptions } from "../src/tier.ts";
import { readAddresses } from "./memcached/address.ts";
import { STAMP_SIZE } from "./memcached/clears.ts";
import { Connection } from "./memcached/connection.ts";
import { memcachedDriver } from "./memcached/driver.ts";
import type { Net } from "./memcached/net.ts";
import { isMemcacheClient, type MemcacheClient, packageServers } from "./memcached/package-client.ts";
import { type MemcachedServers, serverOf } from "./memcached/server.ts";
import { fault, text, tierOptions } from "./options.ts";
import { plainStore } from "./plain/store.ts";
import { builtin } from "./sql/builtin.ts";

/** Options of {@linkcode memcached}. */
export interface MemcachedOptions extends TierOptions, BytesOptions {
  /** Before the keys of all items: 1 to 100 printable characters of ASCII; a `:` at its end is added. Default `"tiercel:"`. */
  prefix?: string | undefined;
  /** Largest item that the servers take, as their option `-I`, in bytes. Default 1,048,576, which is memcached's. */
  maxItemBytes?: number | undefined;
}

const MAX_ITEM_BYTES = 1_048_576;
/** What memcached needs of an item for itself, and the longest key. */
const ITEM_OVERHEAD = 512;
/** Fields of an envelope beside the payload, without tags, version and profile. */
const ENVELOPE = 128;

/**
 * A tier in memcached, one server or several.
 *
 * `target` is `memcached://host:port` (port 11211 if left out; `memcached://user:password@host` where servers run with `-Y`),
 * several such with commas between or as a list, or an open client of the package `memcache`, which stays yours and keeps
 * values as base64, as it knows only text. A URL needs no package. Connections are made when they are first needed; a server that
 * cannot be reached is a miss of its keys, and they are not moved to another one, which would have old values when it is back.
 *
 * memcached forgets what it likes, and everything when it restarts. It can neither list keys nor keep tags, leases or a journal.
 * What this means: `keys` and `size` do not see it; `invalidatePattern` throws, as it cannot find all keys; an invalidation by
 * tag, and the refusal of what was loaded before a change, hold in the process that makes them; entries with tags that
 * another process wrote before this one began are misses; and the memory of other processes learns of no change before its own `ttl`.
 * `clear` holds in all processes: it writes down the prefix in every server, and entries from before are misses
 * from then on. Other users of the servers are left alone, as `flush_all` is never sent.
 *
 * All processes must name the same servers, and use either URLs or the client.
 *
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { memcached } from "tiercel/memcached";
 *
 * const cache = createCache({ tiers: [memory({ ttl: "10s" }), memcached("memcached://10.0.0.1,10.0.0.2")] });
 * ```
 */
export function memcached(target: string | readonly string[] | MemcacheClient, options: MemcachedOptions = {}): Tier {
  checkOptions(options);
  const name = text("name", options.name ?? "memcached");
  const { prefix = "tiercel:", maxItemBytes = MAX_ITEM_BYTES } = options;
  if (typeof prefix !== "string" || !/^[!-~]{1,100}$/.test(prefix))
    throw fault("prefix", "1 to 100 printable characters of ASCII without blanks", prefix);
  if (!Number.isSafeInteger(maxItemBytes) || maxItemBytes < 2_048 || maxItemBytes > 2 ** 30)
    throw fault("maxItemBytes", "an integer from 2,048 to 2^30", maxItemBytes);
  const servers = serversOf(name, target);
  const maxRecordBytes = servers.bytesWithin(maxItemBytes - ITEM_OVERHEAD) - STAMP_SIZE;
  const capabilities: Capabilities = Object.freeze({ shared: true, maxValueBytes: maxRecordBytes - ENVELOPE });
  const store = plainStore({
    name,
    capabilities,
    options: tierOptions(options),
    driver: memcachedDriver({ tier: name, prefix: prefix.replace(/:?$/, ":"), open: servers.open }),
    maxRecordBytes,
    ...(servers.client !== undefined && { client: () => servers.client }),
  });
  return bytes(store, options);
}

export type { MemcacheClient, MemcacheNode } from "./memcached/package-client.ts";

interface Target extends Pick<MemcachedServers, "client" | "bytesWithin"> {
  open(context: TierContext): MemcachedServers;
}

function serversOf(tier: string, target: unknown): Target {
  if (typeof target === "string" || (Array.isArray(target) && target.every((one) => typeof one === "string"))) {
    const addresses = readAddresses(target as string | string[]);
    const bytesWithin = (limit: number): number => limit;
    return {
      bytesWithin,
      open({ clock }) {
        const net = builtin<Net>("node:net");
        if (net === undefined) {
          throw new StoreOpenError(
            "Cannot connect to memcached as the runtime must be Node 20.16, Bun or Deno at least: received one without node:net",
          );
        }
        const servers = addresses.map((address) => new Connection(tier, address, net, () => clock.now()));
        return {
          bytesWithin,
          all: () => servers,
          of: (key) => serverOf(servers, key),
          close() {
            for (const server of servers) server.close();
          },
        };
      },
    };
  }
  if (isMemcacheClient(target)) {
    if (target.nodes.some((node) => node.hasSaslCredentials)) {
      throw new ConfigError(
        "target",
        "Cannot use target as a client must speak the text protocol: received one with SASL, which is for the binary one",
      );
    }
    const servers = packageServers(tier, target);
    return { client: target, bytesWithin: servers.bytesWithin, open: () => servers };
  }
  throw fault("target", "memcached://host:port, a list of such, or an open client of the package memcache", target);
}
