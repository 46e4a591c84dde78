import { markedDriver } from "../../adapters/cache-api/marked-driver.ts";
import type { WebCache } from "../../adapters/cache-api/slice.ts";
import { cacheApi } from "../../adapters/cache-api.ts";
import { ConfigError, createCache, memory, TierError } from "../../mod.ts";
import type { TierContext } from "../../src/tier.ts";
import { equal, ok, rejects, same, throws } from "../contract/assert.ts";
import { fakeClock, suite, type TestCase, tierContract } from "../contract/mod.ts";

interface Caches {
  open(name: string): Promise<WebCache>;
  delete(name: string): Promise<boolean>;
}

/** Browsers and Deno. Workers are tested with their own in test/workers. */
const { caches, navigator } = globalThis as { caches?: Caches; navigator?: { userAgent?: string } };
const listable = navigator?.userAgent === "Cloudflare-Workers" ? undefined : caches;

let names = 0;
const newName = () => `tiercel-test-${++names}-${Math.random()}`;

/** They are on disk, and in browsers in another process. */
const PATIENT = { timeout: "forever" } as const;

const real: TestCase[] =
  listable === undefined
    ? []
    : [
        ...tierContract({
          name: "cache API",
          capabilities: { keys: true, durable: true, shared: true },
          create() {
            const name = newName();
            return {
              tier: cacheApi(name),
              reopen: () => cacheApi(name),
              dispose: async () => void (await listable.delete(name)),
            };
          },
        }),
        ...suite("cache API, real", {
          "leaves alone what others have put into the same cache": async () => {
            const name = newName();
            const theirs = await listable.open(name);
            await theirs.put("https://tiercel.invalid/other", new Response("other"));
            await theirs.put("https://example.com/kapp__k", new Response("other"));
            const cache = createCache({ name: "app", tiers: [cacheApi(theirs, PATIENT)] });
            await cache.set("k", 1);
            equal(await cache.keys(), ["k"]);
            await cache.clear();
            same(await cache.size(), 0);
            same((await theirs.keys!()).length, 2);
            await listable.delete(name);
          },
          "takes garbage under one of its URLs for a miss, and removes it": async () => {
            const name = newName();
            const theirs = await listable.open(name);
            await theirs.put("https://tiercel.invalid/kapp__k", new Response("garbage"));
            const cache = createCache({ name: "app", tiers: [memory(), cacheApi(name, PATIENT)] });
            const corrupt: unknown[] = [];
            cache.on("corrupt", ({ key, tier }) => corrupt.push([key, tier]));
            same(await cache.get("k"), undefined);
            equal(corrupt, [["k", "cache-api"]]);
            same(await theirs.match("https://tiercel.invalid/kapp__k"), undefined);
            await listable.delete(name);
          },
        }),
      ];

/** A cache as on Workers, which cannot list what it has. */
function plainCache(): { cache: WebCache; held: Map<string, Response>; puts: (url: string) => void } {
  const held = new Map<string, Response>();
  const hooks = { cache: undefined as unknown as WebCache, held, puts: (_: string): void => {} };
  hooks.cache = {
    match: async (url) => held.get(url)?.clone(),
    async put(url, response) {
      held.set(url, response);
      hooks.puts(url);
    },
    delete: async (url) => held.delete(url),
  };
  return hooks;
}

const BASE = "https://tiercel.invalid/";
const RECORD = `${BASE}clears`;

function marked(cache: WebCache) {
  const driver = markedDriver({ tier: "cache-api", source: () => cache, base: BASE });
  driver.open!({ clock: fakeClock() } as unknown as TierContext);
  const bytes = new Uint8Array([1, 2]);
  return {
    ...{ clear: (prefix: string) => driver.clear!(prefix) },
    write: (...keys: string[]) =>
      driver.writeMany(
        keys.map((key) => ({ key, bytes, staleUntil: Infinity })),
        0,
      ),
    hits: async (...keys: string[]) => {
      const found = await driver.readMany(keys, false);
      return keys.filter((_, index) => found[index] !== undefined);
    },
  };
}

/** Tests of `cacheApi()` where caches can be listed, and of what it does where not. */
export const tests: TestCase[] = [
  ...real,
  ...suite("cache API", {
    "refuses what is no cache, no base and no name": () => {
      for (const cache of [null, 1, "", {}, { match() {} }]) throws(() => cacheApi(cache as never), ConfigError);
      const { cache } = plainCache();
      for (const base of ["", "tiercel", "file:///a", "https://a/?b", "https://user:secret@a/", 1]) {
        const error = throws(() => cacheApi(cache, { base: base as string }), ConfigError);
        ok(!error.message.includes("secret"));
      }
      throws(() => cacheApi(cache, { maxKeyLength: 0 }), ConfigError);
      same(cacheApi(cache, { base: "https://example.com/cached" }).client, cache);
    },
    "needs caches where it is given a name or nothing": () => {
      if (caches === undefined) for (const name of [undefined, "name"]) throws(() => cacheApi(name), ConfigError);
      else same(cacheApi("name").name, "cache-api");
    },
  }),
  ...suite("cache API without lists", {
    "clears what was written before, and nothing that comes later": async () => {
      const { cache } = plainCache();
      const store = marked(cache);
      await store.write("a1", "a2", "b");
      await store.clear("a");
      equal(await store.hits("a1", "a2", "b"), ["b"]);
      await store.write("a1");
      equal(await store.hits("a1", "a2", "b"), ["a1", "b"]);
      await store.clear("");
      equal(await store.hits("a1", "a2", "b"), []);
    },
    "takes all entries for over when the record of clears is lost": async () => {
      const { cache, held } = plainCache();
      const store = marked(cache);
      await store.write("a", "b");
      await store.clear("a");
      held.delete(RECORD);
      equal(await store.hits("a", "b"), []);
      await store.write("c");
      equal(await store.hits("a", "b", "c"), ["c"]);
    },
    "begins anew when the record of clears is garbage": async () => {
      const { cache, held } = plainCache();
      const store = marked(cache);
      await store.write("a");
      held.set(RECORD, new Response("garbage"));
      equal(await store.hits("a"), []);
      await store.write("b");
      equal(await store.hits("a", "b"), ["b"]);
    },
    "clears once more when another process has cleared meanwhile": async () => {
      const hooks = plainCache();
      const [store, other] = [marked(hooks.cache), marked(hooks.cache)];
      await store.write("a", "b");
      const before = hooks.held.get(RECORD)!.clone();
      hooks.puts = (url) => {
        if (url !== RECORD) return;
        // The other one had read the record before this one wrote it.
        hooks.puts = () => {};
        hooks.held.set(RECORD, before);
      };
      await store.clear("a");
      equal(await other.hits("a", "b"), ["b"]);
    },
    "says that a cache keeps nothing": async () => {
      const { cache, held } = plainCache();
      const store = marked({ ...cache, put: async () => {} });
      await rejects(store.write("a"), TierError);
      same(held.size, 0);
      equal(await store.hits("a"), []);
    },
    "keeps many prefixes in a record of bounded size": async () => {
      const { cache, held } = plainCache();
      const store = marked(cache);
      await store.write("k");
      for (let index = 0; index < 200; index++) await store.clear(`prefix ${index}:`);
      ok((await held.get(RECORD)!.clone().arrayBuffer()).byteLength < 5_000);
      await store.write("k", "prefix 1:x");
      equal(await store.hits("k", "prefix 1:x"), ["k", "prefix 1:x"]);
    },
  }),
];
