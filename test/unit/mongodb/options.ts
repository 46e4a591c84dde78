import { type MongoCollection, type MongoOptions, type MongoTarget, mongodb } from "../../../adapters/mongodb.ts";
import { ConfigError, createCache, memory } from "../../../mod.ts";
import { equal, fakeClock, same, suite, type TestCase, throws } from "../../contract/mod.ts";

/** A collection that must not be asked. */
function untouched(): MongoCollection {
  const never = (): never => {
    throw new Error("Nothing may be asked of the server");
  };
  return {
    find: never,
    bulkWrite: never,
    deleteMany: never,
    findOneAndDelete: never,
    findOneAndUpdate: never,
    createIndex: never,
  };
}

export const tests: TestCase[] = suite("mongodb options", {
  "a wrong option is a ConfigError that names it": () => {
    const wrong: Record<string, unknown> = {
      createIndex: "no",
      name: "",
      ttl: "soon",
      write: "never",
      timeout: 0,
      breaker: true,
    };
    for (const [option, value] of Object.entries(wrong)) {
      const error = throws(() => mongodb(untouched(), { [option]: value } as MongoOptions), ConfigError) as ConfigError;
      same(error.option, option);
    }
  },
  "the target is a collection, or a name and a database": () => {
    const asked: string[] = [];
    const collection = untouched();
    const db = {
      collection(name: string) {
        asked.push(name);
        return collection;
      },
    };
    same(mongodb({ db, collection: "cache" }).client, collection);
    // One of the driver has a database of its own.
    same(mongodb(Object.assign(untouched(), { db })).client === collection, false);
    equal(asked, ["cache"]);
    for (const target of [
      undefined,
      null,
      "mongodb://h",
      {},
      { db },
      { db, collection: "" },
      { db: {}, collection: "c" },
    ]) {
      throws(() => mongodb(target as unknown as MongoTarget), ConfigError);
    }
  },
  "nothing is asked of the server until the first operation": async () => {
    const cache = createCache({ tiers: [memory(), mongodb(untouched())], clock: fakeClock() });
    await cache.close();
  },
});
