import { type IndexedDbOptions, indexedDb } from "../../../adapters/indexeddb.ts";
import { ConfigError, createCache, memory, StoreOpenError } from "../../../mod.ts";
import { equal, fakeClock, same, suite, type TestCase, throws } from "../../contract/mod.ts";
import { factory } from "./raw.ts";

/** A factory that must not be asked. */
const untouched = {
  open(): never {
    throw new Error("Nothing may be opened");
  },
};

export const tests: TestCase[] = suite("indexedDb options", {
  "a wrong option is a ConfigError that names it": () => {
    const wrong: Record<string, unknown> = {
      database: "",
      durability: "none",
      openTimeout: 0,
      factory: {},
      name: "",
      ttl: "soon",
      write: "never",
      breaker: true,
      codec: { id: "NOT AN ID", encode() {}, decode() {} },
    };
    for (const [option, value] of Object.entries(wrong)) {
      const error = throws(() => indexedDb({ [option]: value } as IndexedDbOptions), ConfigError) as ConfigError;
      if (option !== "codec") same(error.option, option);
    }
    throws(() => indexedDb(7 as unknown as string), ConfigError);
  },
  "the database may be named before the options or among them": () => {
    same(indexedDb().name, "indexeddb");
    same(indexedDb("one", { name: "browser" }).name, "browser");
    same(indexedDb({ database: "one", name: "browser" }).name, "browser");
  },
  "what a tier is told is passed on to the cache": () => {
    equal(indexedDb("one", { ttl: "1h", write: "behind", timeout: 100, breaker: false }).options, {
      ttl: "1h",
      write: "behind",
      timeout: 100,
      breaker: false,
    });
  },
  "nothing is opened until the first operation, and a cache that was not used closes": async () => {
    const cache = createCache({ tiers: [memory(), indexedDb({ factory: untouched })], clock: fakeClock() });
    await cache.close();
  },
  "where there is no IndexedDB, the cache cannot be made": () => {
    if (factory !== undefined) return;
    const { message } = throws(() => createCache({ tiers: [indexedDb()] }), StoreOpenError);
    same(message.startsWith("Cannot open IndexedDB store as the runtime must be a browser"), true, message);
  },
});
