/**
 * The MongoDB tier: `tiercel/mongodb`. A collection of the caller's, through the caller's driver.
 *
 * @module
 */
import { bytes } from "../src/bytes/bytes.ts";
import type { Tier } from "../src/tier.ts";
import { type MongoOptions, type MongoTarget, resolveMongoOptions } from "./mongodb/options.ts";
import { mongoStore } from "./mongodb/store.ts";

/**
 * A tier in a MongoDB collection, which is ours alone and has no collation of its own.
 *
 * Every key is one document: the bytes of its value, its metadata, who loads it, and a date by which the server removes it
 * (a TTL index, made with the first write). What is done to a key is one step, a batch is one call; nothing needs
 * transactions, so a server by itself will do. Tags are invalidated in two calls, of which the second makes it visible, and only
 * then is it acknowledged; reads look at tags after the entry, in a second call where there are any. All reads go to the
 * primary; what an acknowledged write survives is the write concern of the collection.
 *
 * There is no journal: what one process changes, another still serves from its memory until the entry's time there is over.
 * Give `memory({ ttl })` a short one, or the cache a bus.
 *
 * @param target an open `Collection`, or `{ db, collection }`; the client stays open
 * @throws {ConfigError} naming the option that is wrong
 *
 * @example
 * ```ts
 * import { MongoClient } from "mongodb";
 * import { createCache, memory } from "tiercel";
 * import { mongodb } from "tiercel/mongodb";
 *
 * const client = new MongoClient("mongodb://127.0.0.1:27017");
 * const collection = client.db("app").collection("cache");
 * const cache = createCache({ tiers: [memory({ ttl: "10s" }), mongodb(collection, { ttl: "1d" })] });
 * ```
 */
export function mongodb(target: MongoTarget, options: MongoOptions = {}): Tier {
  return bytes(mongoStore(resolveMongoOptions(target, options)), options);
}

export type { MongoCollection, MongoDb } from "./mongodb/driver.ts";
export type { MongoOptions, MongoTarget } from "./mongodb/options.ts";
