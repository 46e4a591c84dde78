/**
 * Upstash Redis over HTTP: `tiercel/upstash`. A tier for wherever there is `fetch`, which understands what `tiercel/redis`
 * keeps in the same database; and a bus.
 *
 * @module
 */
import type { Bus } from "../src/bus/bus.ts";
import { type BytesOptions, bytes } from "../src/bytes/bytes.ts";
import { hasTimers } from "../src/clock.ts";
import type { Duration } from "../src/duration.ts";
import { ConfigError, checkOptions } from "../src/errors.ts";
import type { Tier, TierOptions } from "../src/tier.ts";
import { fault, text, tierOptions, time } from "./options.ts";
import { busOver } from "./redis/bus.ts";
import { budgetOf } from "./sql/remote-options.ts";
import { boundedStore } from "./upstash/bounded.ts";
import { isClient, sendBy, type UpstashClient } from "./upstash/client.ts";
import { fitting, listenBy } from "./upstash/events.ts";
import { Rest, type UpstashPlace } from "./upstash/rest.ts";
import type { Send } from "./upstash/script.ts";
import { readPlace, withoutToken } from "./upstash/target.ts";

/** Options of {@linkcode upstash}. */
export interface UpstashOptions extends TierOptions, BytesOptions {
  /** Token of the database, where the target is a URL. */
  token?: string | undefined;
  /** Before the names of all keys, as for `tiercel/redis`; without `{`, `}`, NUL and lone surrogates. Default `"tiercel"`. */
  prefix?: string | undefined;
  /**
   * Largest request and reply in bytes, by the plan of the database. Larger batches go in several requests; a value may have
   * about three quarters of it. Default 1,048,576, which every plan takes; of most it is 10,000,000 at least.
   */
  maxRequestBytes?: number | undefined;
}

/** Options of {@linkcode upstashBus}. */
export interface UpstashBusOptions {
  /** Token of the database, where the target is a URL. */
  token?: string | undefined;
  /** Before the names of all channels, as for `redisBus`. Default `"tiercel"`. */
  prefix?: string | undefined;
  /** How long a request may take until it is answered. Default 2 s. */
  timeout?: Duration | undefined;
}

const MAX_REQUEST_BYTES = 1_048_576;
const LEAST_REQUEST_BYTES = 131_072;
const MOST_REQUEST_BYTES = 500_000_000;

/**
 * A tier in a database of Upstash, or behind a server that speaks its REST protocol.
 *
 * Every operation is one HTTP request and one atomic step in the database: a read with its leases and the invalidation
 * sequence, a write with its tags, the check of its lease and its part of the journal. A batch that is larger than
 * `maxRequestBytes` goes in several requests, each of which is such a step.
 *
 * With a URL or `{ url, token }` it needs no package: a request is sent once, and aborted when the tier's `timeout` is over. A
 * client of `@upstash/redis` may have any options; its retries and its `signal` are its own, and it is never closed. While the
 * database cannot be reached, reads are misses and the faults are events. Errors have neither token, values nor commands in them.
 *
 * Values are kept as base64 in records that `tiercel/redis` reads too, and the other way round, with the same `prefix`.
 *
 * @param target `UPSTASH_REDIS_REST_URL` with option `token`, or `{ url, token }`, or a client of `@upstash/redis`
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { upstash } from "tiercel/upstash";
 *
 * const url = process.env.UPSTASH_REDIS_REST_URL!;
 * const token = process.env.UPSTASH_REDIS_REST_TOKEN!;
 * const cache = createCache({ tiers: [memory(), upstash({ url, token })], ttl: "10m" });
 * ```
 */
export function upstash(target: string | URL | UpstashPlace | UpstashClient, options: UpstashOptions = {}): Tier {
  const tier = tierOptions(options);
  const prefix = readPrefix(options.prefix);
  const maxRequestBytes = readLimit(options.maxRequestBytes);
  const send = sendTo(target, options.token, budgetOf(tier));
  const client = isClient(target) ? target : undefined;
  const store = boundedStore({ name: tier.name ?? "upstash", prefix, options: tier, client, send, maxRequestBytes });
  return bytes(store, options);
}

function sendTo(
  target: string | URL | UpstashPlace | UpstashClient,
  token: string | undefined,
  patience: number,
): Send {
  if (!isClient(target)) {
    const rest = new Rest(readPlace(target, token), patience);
    return (command) => rest.send(command);
  }
  withoutToken(token);
  return (command) => sendBy(target, command);
}

/**
 * A bus over pub/sub of Upstash: what one process changes, the others know when the message is there. It understands
 * `redisBus` on the same database.
 *
 * It listens by a request whose answer does not end, one for each channel, and made anew when it was lost or has told nothing for a
 * minute; what may have been missed is made good then. That keeps the process alive until the cache is closed. On
 * Cloudflare Workers and Vercel Edge nothing can listen outside of a request: leave the bus out there, and memory
 * follows the others by the `coherence` of the cache. A client of `@upstash/redis` does not tell when its subscription has ended, so
 * the bus takes none.
 *
 * @param target `UPSTASH_REDIS_REST_URL` with option `token`, or `{ url, token }`
 * @throws {ConfigError} naming the option that is wrong; `bus` where nothing can listen
 *
 * @example
 * ```ts
 * import { createCache, memory } from "tiercel";
 * import { upstash, upstashBus } from "tiercel/upstash";
 *
 * const url = process.env.UPSTASH_REDIS_REST_URL!;
 * const token = process.env.UPSTASH_REDIS_REST_TOKEN!;
 * const cache = createCache({ tiers: [memory(), upstash({ url, token })], bus: upstashBus({ url, token }) });
 * ```
 */
export function upstashBus(target: string | URL | UpstashPlace, options: UpstashBusOptions = {}): Bus {
  checkOptions(options);
  const patience = time("timeout", options.timeout ?? budgetOf({}), 1);
  const prefix = readPrefix(options.prefix);
  const rest = new Rest(readPlace(target, options.token), patience);
  if (!hasTimers())
    throw new ConfigError("bus", "Cannot use bus as upstashBus must listen outside of a request: this runtime cannot");
  const connection = {
    isText: true,
    isCluster: false,
    isOrdered: false,
    client: undefined,
    send: ([publish, channel, message]: Parameters<Send>[0]) => rest.send([publish!, channel!, fitting(message!)]),
    listen: async (ended: () => void) => listenBy(rest, patience, ended),
    close() {},
  };
  return busOver(connection, prefix);
}

function readLimit(bytes: number = MAX_REQUEST_BYTES): number {
  const [least, most] = [LEAST_REQUEST_BYTES, MOST_REQUEST_BYTES];
  if (Number.isSafeInteger(bytes) && bytes >= least && bytes <= most) return bytes;
  throw fault("maxRequestBytes", `an integer from ${least} to ${most}`, bytes);
}

function readPrefix(given: string = "tiercel"): string {
  const prefix = text("prefix", given);
  if (/[{}\0\p{Surrogate}]/u.test(prefix)) throw fault("prefix", "without { } NUL and lone surrogates", prefix);
  return prefix;
}

export type { UpstashClient, UpstashPipeline } from "./upstash/client.ts";
export type { UpstashPlace } from "./upstash/rest.ts";
