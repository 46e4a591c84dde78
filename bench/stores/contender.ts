/**
 * What is measured over a store on a network, and what a contender has to do for it.
 */
import { recordOf } from "../contender.ts";

/** The operations, in the order of the tables. */
export const OPERATIONS = {
  get: "get",
  getMany: "getMany(100)",
  set: "set",
  invalidate: "invalidateTags",
} as const;

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** The clients that all others are built on, each measured alone as a floor, and the server that it speaks to. */
export const FLOORS = {
  ioredis: "redis",
  "node-redis": "redis",
  "libsql-http": "sqld",
  "libsql-ws": "sqld",
} as const;

/** Name of a floor. */
export type Floor = keyof typeof FLOORS;

/** A contender that is connected. Every call goes to the store. */
export interface Session {
  get(key: string): Promise<unknown>;
  /** The values; a miss may be left out or be undefined. */
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  /** With a ttl of an hour. */
  set(key: string, value: object): Promise<unknown>;
  /** The same with a tag. Where it is missing `invalidate` is given tags that nothing carries. */
  setTagged?(key: string, value: object, tag: string): Promise<unknown>;
  /** Missing where there is no such call. */
  invalidate?(tag: string): Promise<unknown>;
}

/** Whatever is compared. Each lives in a process of its own. */
export interface Entrant {
  readonly label: string;
  /** The raw client that it is compared with. */
  readonly floor: Floor;
  readonly kind: "floor" | "tiercel" | "peer";
  /** Packages whose versions are told. */
  readonly packages: readonly string[];
  /** Has no call for many keys: it is called for each of them, all at once. */
  readonly oneByOne?: boolean;
  connect(url: string): Promise<Session>;
}

/** Number of keys in the store for each contender. */
export const KEYS = 1_000;

/** Keys of one `getMany`. */
export const MANY = 100;

/** Entries that carry a tag when it is invalidated. */
export const TAGGED = 10;

/** The keys and their values, about 300 bytes each as CBOR. */
export const keys: readonly string[] = Array.from({ length: KEYS }, (_, index) => `user:${index}`);

/** The value of a key by its place in {@linkcode keys}. */
export const values: readonly object[] = keys.map((_, index) => recordOf(index));
