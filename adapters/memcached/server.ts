/**
 * One memcached server, as the store uses it, whichever client speaks to it.
 *
 * @module
 */
import { hashString } from "../../src/bytes/checksum.ts";

/** An item that may be changed if it is still the same. */
export interface Held {
  readonly bytes: Uint8Array;
  /** Its number, which every change of it changes ("cas unique"). */
  readonly unique: string;
}

/**
 * Commands to a server. Those that are called one after another, without waiting, travel together and take effect in that order.
 * They reject with what may be told of an error: the server's words or a system's code, but no value and no password.
 */
export interface MemcachedServer {
  /** Host and port; says which keys the server has. */
  readonly id: string;
  /** The items that are there. Their bytes are new. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
  /** The same with their numbers. */
  getHeld(keys: readonly string[]): Promise<ReadonlyMap<string, Held>>;
  set(key: string, bytes: Uint8Array, expires: number): Promise<void>;
  /** Stores an item if there is none; answers whether it did. */
  add(key: string, bytes: Uint8Array, expires: number): Promise<boolean>;
  /** Stores an item in the place of one that must still be the same; answers whether it did. */
  replace(key: string, bytes: Uint8Array, expires: number, unique: string): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** All servers of a store. */
export interface MemcachedServers {
  all(): readonly MemcachedServer[];
  of(key: string): MemcachedServer;
  /** The client underneath, if it is the caller's. */
  readonly client?: unknown;
  /** Bytes that an item may have so that its text or whatever is sent is no larger than `limit`. */
  bytesWithin(limit: number): number;
  close(): void;
}

/** `expires` of an item that is over at once. */
export const AT_ONCE = -1;
/** `expires` of an item that never ends. */
export const NEVER = 0;

/** Longest time in seconds that memcached takes for one from now; more is a date. */
const LONGEST = 60 * 60 * 24 * 30;
/** Servers keep dates in 32 bits. */
const LAST_DATE = 0x7fff_ffff;
/** A date goes by the server's clock, which may be ahead of ours by this many seconds: a day. */
const DATE_SLACK = 86_400;

/**
 * When an item with so many milliseconds left may be removed, as memcached is told: never before they are over. Its clock
 * has whole seconds, of which the first has begun already.
 *
 * @param date milliseconds since the epoch by the system's clock: what memcached has to do with, whatever the cache's says
 */
export function expiresIn(milliseconds: number, date: number): number {
  if (milliseconds === Infinity) return NEVER;
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000)) + 1;
  if (seconds <= LONGEST) return seconds;
  const end = Math.floor(date / 1_000) + seconds + DATE_SLACK;
  return end > LAST_DATE ? NEVER : end;
}

/**
 * The server of a key by rendezvous hashing (Thaler and Ravishankar 1998): with one server more or less, only the keys
 * that it gets or had move.
 */
export function serverOf<T extends { readonly id: string }>(servers: readonly T[], key: string): T {
  let best = servers[0]!;
  let highest = -1;
  for (const server of servers.length === 1 ? [] : servers) {
    const weight = hashString(key, hashString(server.id, 0));
    if (weight > highest) {
      highest = weight;
      best = server;
    }
  }
  return best;
}

/** Groups things by the server of their key. */
export function byServer<T>(
  servers: MemcachedServers,
  items: readonly T[],
  keyOf: (item: T) => string,
): Map<MemcachedServer, T[]> {
  const groups = new Map<MemcachedServer, T[]>();
  for (const item of items) {
    const server = servers.of(keyOf(item));
    const group = groups.get(server);
    if (group === undefined) groups.set(server, [item]);
    else group.push(item);
  }
  return groups;
}

/** Bytes of the keys of one line, which stays below the 2,048 that old servers take. */
const LINE_BYTES = 1_900;

/** Keys for the lines of one `get`, in order. */
export function linesOf(keys: readonly string[]): string[][] {
  const lines: string[][] = [];
  let room = 0;
  for (const key of keys) {
    if (key.length + 1 > room) {
      lines.push([]);
      room = LINE_BYTES;
    }
    lines.at(-1)!.push(key);
    room -= key.length + 1;
  }
  return lines;
}
