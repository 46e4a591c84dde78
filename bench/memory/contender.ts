/**
 * What is compared: bounded caches in memory, and what they are made for.
 */

/** A key. Those of Tiercel are strings; most peers take numbers too. */
export type Key = string | number;

/** A bounded cache. Both calls answer at once, or both with promises. */
export interface Contender {
  /** The value; `undefined` or `null` on a miss. */
  get(key: Key): unknown;
  set(key: Key, value: unknown): unknown;
  /** Reading through, where that is one call; otherwise it is `get` and, on a miss, `set`. */
  getOrSet?(key: Key, load: () => unknown): Promise<unknown>;
}

/** How a contender is made and used. */
export interface Setting {
  /** Most entries. */
  readonly capacity: number;
  /** Keys of the contenders that take either. */
  readonly keys: "string" | "number";
  /** Whether every entry has a ttl of an hour. */
  readonly ttl: boolean;
  /** Another checkout of Tiercel, to compare this one with. */
  readonly against?: string;
}

/** One row of the tables. */
export interface Entrant {
  readonly label: string;
  /** Package whose version is told. */
  readonly package?: string;
  /** Answers with promises, which are awaited one after the other. */
  readonly isAwaited?: boolean;
  /** Takes strings alone, and is given those of the numbers. */
  readonly stringsOnly?: boolean;
  /** Has no ttl. */
  readonly foreverOnly?: boolean;
  make(setting: Setting): Contender | Promise<Contender>;
}

/** The operations, in the order of the tables. */
export const OPERATIONS = {
  hit: "get, hit",
  set: "set of a new key, with eviction",
  zipf: "zipf mixed",
  through: "read-through",
} as const;

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** The value of all keys: caches hold it by reference, so its size is nobody's business. */
export const VALUE: object = Object.freeze({ name: "value" });

/** An entry lives for an hour where it has a ttl, in milliseconds. */
export const TTL = 3_600_000;
