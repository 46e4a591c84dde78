/**
 * Options of the MongoDB tier, checked once and frozen. Nothing is asked of the server here.
 *
 * @module
 */

import type { BytesOptions } from "../../src/bytes/bytes.ts";
import { checkOptions } from "../../src/errors.ts";
import type { TierOptions } from "../../src/tier.ts";
import { fault, flag, text, tierOptions } from "../options.ts";
import type { MongoCollection, MongoDb } from "./driver.ts";

/** Where the tier is: a collection, or the name of one in a database. */
export type MongoTarget = MongoCollection | { readonly db: MongoDb; readonly collection: string };

/** Options of {@linkcode mongodb}. */
export interface MongoOptions extends TierOptions, BytesOptions {
  /**
   * Make the index by which the server removes what is over, with the first write. `false` where the client may not, or has
   * made it: `{ expiresAt: 1 }` with `expireAfterSeconds: 60`. Default `true`.
   */
  createIndex?: boolean | undefined;
}

/** {@linkcode MongoOptions}, complete, checked and frozen. */
export interface MongoSettings {
  readonly name: string;
  readonly collection: MongoCollection;
  readonly createIndex: boolean;
  /** What the cache enforces. */
  readonly tier: TierOptions;
}

const METHODS = ["find", "bulkWrite", "deleteMany", "findOneAndDelete", "findOneAndUpdate", "createIndex"] as const;

/**
 * Checks options.
 *
 * @throws {ConfigError} naming the option that is wrong
 */
export function resolveMongoOptions(target: MongoTarget, options: MongoOptions): MongoSettings {
  checkOptions(options);
  return Object.freeze({
    name: text("name", options.name ?? "mongodb"),
    collection: collectionOf(target),
    createIndex: flag("createIndex", options.createIndex ?? true),
    tier: tierOptions(options),
  });
}

function collectionOf(target: MongoTarget): MongoCollection {
  // Asked first: a Collection has a `db` too.
  if (isCollection(target)) return target;
  const { db, collection: name } = Object(target) as { db?: Partial<MongoDb>; collection?: unknown };
  const found = typeof db?.collection === "function" ? db.collection(text("collection", name)) : undefined;
  if (isCollection(found)) return found;
  throw fault("collection", "a Collection of the MongoDB driver, or { db, collection } with a Db and a name", target);
}

function isCollection(value: unknown): value is MongoCollection {
  return METHODS.every((method) => typeof (Object(value) as Partial<MongoCollection>)[method] === "function");
}
