// What Keyv asks of a store, without Keyv: the calls that it makes, with the keys and texts that it sends.
import { keyvStore } from "../../../adapters/bridges.ts";
import { type CacheOptions, createCache, defineScopes, memory } from "../../../mod.ts";
import {
  equal,
  fakeClock,
  faultyTier,
  mapTier,
  ok,
  rejects,
  same,
  suite,
  type TestCase,
  throws,
} from "../../contract/mod.ts";

const text = (value: unknown): string => JSON.stringify({ value });

function open(options: CacheOptions = {}) {
  const clock = fakeClock();
  const cache = createCache({ name: "app", clock, sweepInterval: 0, ...options });
  return { cache, clock };
}

/** A store as a Keyv has it that was made with a namespace. */
function storeOf(cache: ReturnType<typeof open>["cache"], namespace: string | undefined = "keyv", options = {}) {
  const store = keyvStore(cache, options);
  store.namespace = namespace;
  return store;
}

async function all(pages: AsyncIterable<[string, unknown]>): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for await (const item of pages) found.push(item);
  return found.sort();
}

export const tests: TestCase[] = suite("bridges: keyv", {
  "gives back what was set, and undefined for what is not there": async () => {
    const store = storeOf(open().cache);
    same(await store.set("keyv:a", text(1)), true);
    same(await store.get("keyv:a"), text(1));
    same(await store.get("keyv:b"), undefined);
    equal([await store.has("keyv:a"), await store.has("keyv:b")], [true, false]);
  },
  "takes a ttl in milliseconds; without one, and with 0, there is no end": async () => {
    const { cache, clock } = open();
    const store = storeOf(cache);
    await store.set("keyv:short", text(1), 1_000);
    await store.set("keyv:long", text(1));
    await store.set("keyv:zero", text(1), 0);
    await clock.advance(999);
    same(await store.get("keyv:short"), text(1));
    await clock.advance(1);
    same(await store.get("keyv:short"), undefined);
    await clock.advance(1e10);
    equal(await store.hasMany(["keyv:short", "keyv:long", "keyv:zero"]), [false, true, true]);
  },
  "what is over when it is set deletes what there was": async () => {
    const store = storeOf(open().cache);
    await store.set("keyv:a", text(1));
    await store.set("keyv:a", text(2), -1);
    same(await store.get("keyv:a"), undefined);
  },
  "without a ttl it is that of the options, or that of the cache": async () => {
    const { cache } = open({ ttl: 5_000 });
    await storeOf(cache, "plain").set("a", text(1));
    await storeOf(cache, "own", { ttl: "1m" }).set("a", text(1));
    await storeOf(cache, "never", { ttl: "forever" }).set("a", text(1), 0);
    const ttls = ["plain", "own", "never"].map(async (name) => (await cache.namespace(name).meta("a"))?.ttl);
    equal(await Promise.all(ttls), [5_000, 60_000, Infinity]);
  },
  "many at a time, in the order of the keys": async () => {
    const { cache, clock } = open();
    const store = storeOf(cache);
    const stored = await store.setMany([
      { key: "keyv:a", value: text(1) },
      { key: "keyv:b", value: text(2), ttl: 10 },
    ]);
    equal(stored, [true, true]);
    equal(await store.getMany(["keyv:b", "keyv:x", "keyv:a", "keyv:b"]), [text(2), undefined, text(1), text(2)]);
    await clock.advance(10);
    equal(await store.getMany(["keyv:b", "keyv:a"]), [undefined, text(1)]);
    equal([await store.getMany([]), await store.hasMany([])], [[], []]);
  },
  "a deletion tells whether all were there": async () => {
    const store = storeOf(open().cache);
    for (const key of ["a", "b", "c"]) await store.set(key, text(key));
    equal([await store.delete("a"), await store.delete("a")], [true, false]);
    same(await store.deleteMany(["b", "a"]), false);
    same(await store.deleteMany(["c", "c"]), true);
    same(await store.deleteMany([]), true);
  },
  "clear concerns the namespace alone, whether keys carry its name or not": async () => {
    const { cache } = open();
    const stores = ["a", "ab"].map((name) => storeOf(cache, name));
    for (const store of stores)
      await store.setMany([
        { key: `${store.namespace}:k`, value: text(1) },
        { key: "k", value: text(1) },
      ]);
    await cache.set("k", "mine");
    await stores[0]!.clear();
    equal(await stores[0]!.getMany(["a:k", "k"]), [undefined, undefined]);
    equal(await stores[1]!.getMany(["ab:k", "k"]), [text(1), text(1)]);
    same(await cache.get("k"), "mine");
  },
  "without a namespace it is the cache that it was made of": async () => {
    const { cache } = open();
    const view = cache.namespace("http");
    const store = storeOf(view, undefined);
    store.namespace = undefined;
    await store.set("a", text(1));
    await cache.set("a", "mine");
    same(await view.get("a"), text(1));
    await store.clear();
    equal([await view.get("a"), await cache.get("a")], [undefined, "mine"]);
  },
  "a namespace that is changed later has entries of its own": async () => {
    const store = storeOf(open().cache, "one");
    await store.set("k", text(1));
    store.namespace = "two";
    same(await store.get("k"), undefined);
    store.namespace = "one";
    same(await store.get("k"), text(1));
  },
  "iterates over keys and what was set, of its own namespace or another": async () => {
    const { cache, clock } = open({ grace: "1h" });
    const [store, other] = [storeOf(cache), storeOf(cache, "other")];
    await store.set("keyv:a", text(1));
    await store.set("keyv:b", text(2));
    await store.set("keyv:gone", text(3), 5);
    await other.set("other:c", text(4));
    await cache.namespace("keyv").set(["an", "array"], 1);
    await clock.advance(5);
    equal(await all(store.iterator()), [
      ["keyv:a", text(1)],
      ["keyv:b", text(2)],
    ]);
    equal(await all(store.iterator("other")), [["other:c", text(4)]]);
  },
  "says a dialect that Keyv iterates over": () => {
    const { opts } = keyvStore(open().cache);
    // Its list, of Keyv 5. Where the dialect is none of it, it looks into the URL, which must be a text then.
    ok(["sqlite", "postgres", "mysql", "mongo", "redis", "valkey", "etcd"].includes(opts.dialect));
    same(typeof opts.url, "string");
  },
  "what it stores has the tags of the options": async () => {
    const { cache } = open();
    const store = storeOf(cache, "keyv", { tags: ["responses"] });
    await store.set("a", text(1));
    await store.setMany([{ key: "b", value: text(2) }]);
    await cache.namespace("keyv").invalidateTags("responses");
    equal(await store.getMany(["a", "b"]), [undefined, undefined]);
  },
  "a fault of a tier is a miss and an error event, until it disconnects, which closes nothing": async () => {
    const tier = faultyTier(mapTier());
    const { cache } = open({ tiers: [memory(), tier] });
    const store = storeOf(cache);
    const errors: unknown[] = [];
    same(
      store.on("error", (error) => errors.push(error)),
      store,
    );
    store.on("error", (error) => errors.push(error)).on("connect", () => errors.push("connect"));
    tier.faults.fail({ getMany: "throw" });
    same(await store.get("keyv:a"), undefined);
    equal([errors.length, errors[0] instanceof Error, errors[1] === errors[0]], [2, true, true]);
    await store.disconnect();
    await store.get("keyv:b");
    same(errors.length, 2);
    same(cache.closed, false);
    await cache.close();
  },
  "of a get that rejects it tells, as Keyv does not; the rest rejects and is told by Keyv": async () => {
    const { cache } = open();
    const store = storeOf(cache);
    const errors: unknown[] = [];
    store.on("error", (error) => errors.push(error));
    await cache.close();
    const error = await rejects(store.get("keyv:a"), "CLOSED");
    equal(errors, [error]);
    for (const call of [
      store.set("a", text(1)),
      store.delete("a"),
      store.clear(),
      store.has("a"),
      store.getMany(["a"]),
    ])
      await rejects(call, "CLOSED");
    same(errors.length, 1);
  },
  "is made of a scope as well": async () => {
    const cache = createCache({ scopes: defineScopes({ org: { param: "id" } }), sweepInterval: 0 });
    const store = keyvStore(cache.scope("org", { id: "acme" }));
    store.namespace = "keyv";
    await store.set("keyv:a", text(1));
    await cache.invalidateScope("org", { id: "acme" });
    same(await store.get("keyv:a"), undefined);
  },
  "refuses what is no cache, and wrong options by their name": () => {
    const { cache } = open();
    for (const wrong of [undefined, null, {}, new Map()]) throws(() => keyvStore(wrong as never), "CONFIG");
    for (const wrong of [null, 5, { ttl: 0 }, { ttl: "x" }, { tags: "t" }, { tags: [""] }])
      throws(() => keyvStore(cache, wrong as never), "CONFIG");
  },
});
