/**
 * Options of the IndexedDB tier, checked once and frozen. Nothing is opened here.
 *
 * @module
 */
import type { BytesOptions } from "../../src/bytes/bytes.ts";
import type { Duration } from "../../src/duration.ts";
import type { TierOptions } from "../../src/tier.ts";
import { fault, oneOf, text, tierOptions, time } from "../options.ts";
import type { IdbFactory } from "./idb.ts";

/** Options of {@linkcode indexedDb}. */
export interface IndexedDbOptions extends TierOptions, BytesOptions {
  /** Name of the database, which is ours alone. Default `"tiercel"`. */
  database?: string | undefined;
  /**
   * When a write is acknowledged: when the system has it (`"relaxed"`), or when the disk has (`"strict"`), which takes
   * several times as long. Either way it survives the end of the browser's process; see {@linkcode indexedDb} for what
   * the browser itself may remove. Default `"relaxed"`.
   */
  durability?: "relaxed" | "strict" | undefined;
  /**
   * How long an operation waits for the database to open, as when another tab keeps an older version of it open. After
   * that it fails, and the next waits for the same. Default 2 s.
   */
  openTimeout?: Duration | undefined;
  /** The `indexedDB` to use, such as that of a storage bucket. Default the global one. */
  factory?: IdbFactory | undefined;
}

/** {@linkcode IndexedDbOptions}, complete, checked and frozen. */
export interface IndexedDbSettings {
  readonly name: string;
  readonly database: string;
  readonly durability: "relaxed" | "strict";
  readonly openTimeout: number;
  readonly factory: IdbFactory | undefined;
  /** What the cache enforces. */
  readonly tier: TierOptions;
}

const OPEN_TIMEOUT = 2_000;

/**
 * Checks options.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function resolveIndexedDbOptions(options: IndexedDbOptions): IndexedDbSettings {
  const { factory } = options;
  if (factory !== undefined && typeof (factory as Partial<IdbFactory> | null)?.open !== "function")
    throw fault("factory", "an IDBFactory such as indexedDB", factory);
  return Object.freeze({
    name: text("name", options.name ?? "indexeddb"),
    database: text("database", options.database ?? "tiercel"),
    durability: oneOf("durability", options.durability ?? "relaxed", ["relaxed", "strict"]),
    openTimeout: time("openTimeout", options.openTimeout ?? OPEN_TIMEOUT, 1),
    factory,
    tier: tierOptions(options),
  });
}
