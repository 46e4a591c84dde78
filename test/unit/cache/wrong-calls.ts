import { ConfigError, createCache, type EvictionRule, KeyError, lru, memory, ValueError } from "../../../mod.ts";
import { cacheStorage } from "../../../src/http/mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, rejects, same, suite, throws } from "../../contract/mod.ts";
import { unwanted } from "./tools.ts";

/** Options of a call that are no such thing, as a program without types may give them. */
const WRONG: [string, object][] = [
  ...[{}, 5, "stop"].map((signal) => ["signal", { signal }] as [string, object]),
  ...[{}, 5, { "~standard": {} }].map((schema) => ["schema", { schema }] as [string, object]),
  ...[1, {}, "yes"].map((validate) => ["validate", { validate }] as [string, object]),
];
const WRONG_WRITE: [string, object][] = [
  ...[5, {}, new Set(["t"])].map((tags) => ["tags", { tags }] as [string, object]),
  ...[5, {}, "yes"].map((shouldCache) => ["shouldCache", { shouldCache }] as [string, object]),
  ...[5, {}, null].map((version) => ["version", { version }] as [string, object]),
];

const refuses = async (call: Promise<unknown>, option: string): Promise<void> => {
  const error = await rejects(call, ConfigError);
  same((error as ConfigError).option, option);
};
const refusesAtOnce = (call: () => unknown, option: string): void => {
  const error = throws(call, ConfigError);
  same((error as ConfigError).option, option);
};

export const tests: TestCase[] = suite("calls with wrong options", {
  "are refused before anything is loaded, whether there is a value or not": async () => {
    const cache = createCache();
    await cache.set("there", 1);
    for (const [option, options] of WRONG) {
      for (const key of ["there", "none"]) {
        await refuses(cache.getOrSet(key, unwanted, options), option);
        await refuses(cache.get(key, options), option);
        await refuses(cache.getMany([key], options), option);
        await refuses(cache.getOrSetMany([key], unwanted, options), option);
        refusesAtOnce(() => cache.sync.getOrSet(key, unwanted, options), option);
      }
    }
    for (const [option, options] of WRONG_WRITE) {
      await refuses(cache.getOrSet("none", unwanted, options), option);
      await refuses(cache.getOrSetMany(["none"], unwanted, options), option);
      await refuses(cache.set("there", 2, options), option);
      await refuses(cache.setMany([{ key: "there", value: 2, ...options }]), option);
      refusesAtOnce(() => cache.sync.getOrSet("none", unwanted, options), option);
    }
    for (const tag of [5, "", null])
      await rejects(cache.getOrSet("none", unwanted, { tags: ["t", tag] as never }), KeyError);
    same(await cache.get("there"), 1);
  },
  "null for options is refused by a rejection": async () => {
    const cache = createCache();
    await cache.set("k", 1);
    await refuses(cache.getOrSet("k", unwanted, null as never), "options");
    await refuses(cache.get("k", null as never), "options");
    await refuses(cache.set("k", 2, null as never), "options");
    await refuses(cache.close(null as never), "options");
    refusesAtOnce(() => cache.disable(null as never), "options");
    refusesAtOnce(() => cache.enable(null as never), "options");
    same(await cache.get("k"), 1);
  },
  "what is no list of keys or tags is refused": async () => {
    const cache = createCache();
    await cache.set("a", 1);
    for (const none of ["abc", 5, undefined, null, {}] as never[]) {
      await refuses(cache.getMany(none), "keys");
      await refuses(cache.getOrSetMany(none, unwanted), "keys");
      refusesAtOnce(() => cache.sync.getMany(none), "keys");
    }
    for (const none of [5, undefined, null, {}] as never[]) {
      await refuses(cache.deleteMany(none), "keys");
      await refuses(cache.invalidateTags(none), "tags");
      await refuses(cache.setMany(none), "items");
    }
    await refuses(cache.clear({ tags: 5 as never }), "tags");
    refusesAtOnce(() => cache.disable({ tags: 5 as never }), "tags");
    equal(await cache.keys(), ["a"]);
  },
  "a list with what is no key or item in it is refused, before anything is stored": async () => {
    const cache = createCache();
    for (const none of [undefined, null, 5] as never[]) {
      await rejects(cache.getMany(["a", none]), KeyError);
      await rejects(cache.getOrSetMany([none, "a"], unwanted), KeyError);
      await rejects(cache.deleteMany([none]), KeyError);
      await refuses(cache.setMany([{ key: "a", value: 1 }, none]), "item");
    }
    // A hole is no key either.
    await rejects(cache.getMany(new Array(2)), KeyError);
    await rejects(cache.getOrSetMany(new Array(2), unwanted), KeyError);
    equal(await cache.keys(), []);
  },
  "a loader of many that gives neither an array nor a Map is told so": async () => {
    const cache = createCache();
    for (const made of [{ a: 1 }, 5, undefined, null])
      await rejects(
        cache.getOrSetMany(["a"], () => made as never),
        ValueError,
      );
    throws(() => cache.sync.getOrSetMany(["a"], () => ({ a: 1 }) as never), ValueError);
  },
  "what was given for a loader or a value is said": async () => {
    const cache = createCache();
    const loader = await rejects(cache.getOrSet("k", 5 as never), ConfigError);
    equal(String(loader).includes("loader as it must be a function: received 5"), true);
    const value = await rejects(cache.set("k", Promise.resolve(1)), ValueError);
    equal(String(value).includes("received a promise"), true);
  },
  "a listener that is no function is refused, before any hit": async () => {
    const cache = createCache();
    for (const listener of [undefined, null, 5, {}])
      refusesAtOnce(() => cache.on("hit", listener as never), "listener");
  },
  "an event that there is not is refused, as it would never come": () => {
    const cache = createCache();
    for (const event of ["evicted", "__proto__", "constructor", "", undefined, null, 5] as never[]) {
      refusesAtOnce(() => cache.on(event, () => {}), "event");
      refusesAtOnce(() => cache.off(event, () => {}), "event");
    }
  },
  "cacheStorage of what is no cache": () => {
    for (const cache of [undefined, null, {}] as never[]) refusesAtOnce(() => cacheStorage(cache), "cache");
    refusesAtOnce(() => cacheStorage(createCache(), null as never), "options");
  },
  "rules and policies of memory that are none": () => {
    for (const rules of ["lru", 5, {}, [5], [undefined], [null], [lru]] as never[])
      refusesAtOnce(() => memory({ rules }), "rules");
    for (const policy of ["lru", 5, "", null, lru, {}] as never[])
      refusesAtOnce(() => memory({ policy: policy as EvictionRule }), "policy");
  },
});
