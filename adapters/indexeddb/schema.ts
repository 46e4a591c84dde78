/**
 * The stores of a database, and how it is brought to them.
 *
 * `entries`: an entry by its key. Index `end`: by when it is over. Index `tags`: by `[tag, sequence]`, so that what an
 * invalidation hit is one range of keys.
 *
 * `state`, by `[kind, name]`: the head (invalidation sequence), marks of tags, rules, leases. Index `until`: leases by their
 * end. Index `pending`: marks whose entries have still to be removed. Index `last`: marks by their last invalidation.
 *
 * `journal`: what was changed by whom, numbered without gaps. The first number is the time of creation, so that
 * positions in a database that was deleted mean nothing in the one that follows it.
 *
 * @module
 */
import { StoreOpenError } from "../../src/errors.ts";
import { firstHead } from "../marks.ts";
import type { IdbDatabase, IdbTransaction } from "./idb.ts";
import { HEAD } from "./state.ts";

/** The version that this program reads and writes. */
export const SCHEMA_VERSION = 1;

/** Every store. */
export const STORES = ["entries", "state", "journal"] as const;

/** Name of a store. */
export type StoreName = (typeof STORES)[number];

/** Brings a database from `oldVersion` (0: new) to {@linkcode SCHEMA_VERSION}. Never change a step that was released: add another. */
export function upgrade(database: IdbDatabase, transaction: IdbTransaction, oldVersion: number, now: number): void {
  if (oldVersion >= 1) return;
  const entries = database.createObjectStore("entries");
  entries.createIndex("end", "s");
  entries.createIndex("tags", "g", { multiEntry: true });
  const state = database.createObjectStore("state");
  state.createIndex("until", "until");
  state.createIndex("pending", "pending");
  state.createIndex("last", "last");
  database.createObjectStore("journal", { autoIncrement: true });
  // What was invalidated before is not known: a load that began earlier cannot store a tagged entry.
  const head = firstHead(now);
  transaction.objectStore("state").put(head, HEAD);
  // In microseconds, as there may be several changes in a millisecond, but not a thousand.
  transaction.objectStore("journal").put({ origin: 0, change: null }, Math.min(head.sequence * 1000, 2 ** 52) || 1);
}

/** @throws {StoreOpenError} when the database is another program's */
export function checkStores(database: IdbDatabase): void {
  for (const name of STORES) {
    if (!database.objectStoreNames.contains(name)) {
      throw new StoreOpenError(
        `Cannot open IndexedDB store as the name of its database must be free: received that of another program's, without a store ${name}`,
      );
    }
  }
}
