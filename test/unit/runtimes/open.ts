import { defineTier } from "../../../mod.ts";
import { openCache as openInBrowser } from "../../../runtimes/browser.ts";
import { openCache as openAtEdge } from "../../../runtimes/edge.ts";
import { openCache as openInNode } from "../../../runtimes/node.ts";
import { type OpenOptions, openWith, type Runtime } from "../../../runtimes/open.ts";
import { openCache as openInWorkerd } from "../../../runtimes/workerd.ts";
import type { Cache } from "../../../src/api.ts";
import { ConfigError } from "../../../src/errors.ts";
import { equal, fakeClock, mapTier, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";

const store = { file: () => [defineTier(mapTier())] };

/** A runtime with an environment of its own. */
function runtime(variables: Record<string, string> = {}, defaultUrl = "memory:"): Runtime {
  return {
    schemes: store,
    standard: () => ({ url: defaultUrl, option: "url" }),
    environment: (name) => variables[name],
  };
}

/** The cache's tiers, by name; closes it. */
async function tiersOf(cache: Cache): Promise<string[]> {
  const names = cache.stats().tiers.map(({ name }) => name);
  await cache.close();
  return names;
}

const memoryOnly = { browser: openInBrowser, edge: openAtEdge, workerd: openInWorkerd };

export const tests: TestCase[] = [
  ...suite("openCache", {
    "puts the tiers of the URL below memory": async () => {
      equal(await tiersOf(openWith(runtime(), "cache.db")), ["memory", "map"]);
      equal(await tiersOf(openWith(runtime(), "memory:")), ["memory"]);
    },
    "without a URL takes that of the environment, then the runtime's own": async () => {
      equal(await tiersOf(openWith(runtime({ TIERCEL_URL: "cache.db" }))), ["memory", "map"]);
      equal(await tiersOf(openWith(runtime({ TIERCEL_URL: "memory:" }, "cache.db"))), ["memory"]);
      equal(await tiersOf(openWith(runtime({ TIERCEL_URL: "" }, "cache.db"))), ["memory", "map"]);
      equal(await tiersOf(openWith(runtime({}, "cache.db"))), ["memory", "map"]);
    },
    "a URL that is given wins over the environment, an empty one too, as a mistake": async () => {
      equal(await tiersOf(openWith(runtime({ TIERCEL_URL: "cache.db" }), "memory:")), ["memory"]);
      throws(() => openWith(runtime({ TIERCEL_URL: "memory:" }), ""), ConfigError);
    },
    "an error about the environment's URL names the variable": () => {
      const error = throws(() => openWith(runtime({ TIERCEL_URL: "redis://h" })), ConfigError) as ConfigError;
      same(error.option, "TIERCEL_URL");
    },
    "asks the environment for no variable that it has no need of": async () => {
      const asked: string[] = [];
      const curious = { ...runtime(), environment: (name: string) => void asked.push(name) };
      equal(await tiersOf(openWith(curious, "memory:")), ["memory"]);
      equal(asked, []);
      equal(await tiersOf(openWith(curious)), ["memory"]);
      equal(asked, ["TIERCEL_URL"]);
    },
    "an error names what was given to openCache, not what an adapter calls it": () => {
      const wrong: [option: string, url: string, options?: object][] = [
        ["url", "redis://"],
        ["url", "libsql:"],
        ["url", "https://h?token=t#x"],
        ["url", "a\0b"],
        ["url", "file:a%00b"],
        ["token", "libsql://h.example.invalid", { token: 5 }],
        ["token", "https://x.upstash.io", { token: 5 }],
        ["timeout", "cache.db", { store: { timeout: 0 } }],
        ["timeout", "file:cache.db", { store: { timeout: 0 } }],
        ["timeout", "redis://h", { store: { timeout: 0 } }],
      ];
      for (const [option, url, options] of wrong) {
        const error = throws(() => openInNode(url, options as OpenOptions), ConfigError) as ConfigError;
        equal([error.option, error.message.startsWith(`Cannot use ${option} as `)], [option, true], error.message);
      }
    },
    "passes the options on, those of the memory tier too": async () => {
      const options: OpenOptions = {
        name: "app",
        ttl: 1000,
        clock: fakeClock(),
        memory: { maxEntries: 2, name: "top" },
      };
      const cache = openWith(runtime(), "memory:", options);
      same(cache.name, "app");
      for (const key of ["a", "b", "c"]) await cache.set(key, 1);
      same(await cache.size(), 2);
      same((await cache.meta("c"))?.ttl, 1000);
      equal(await tiersOf(cache), ["top"]);
    },
    "refuses tiers, which the URL picks": () => {
      throws(() => openWith(runtime(), "memory:", { tiers: [] } as OpenOptions), ConfigError);
    },
    "refuses options that are none, of its own and of the store, whether the URL has one or not": () => {
      for (const openCache of [openInNode, openInWorkerd, openAtEdge, openInBrowser]) {
        for (const options of [null, 5]) {
          const error = throws(() => openCache("memory:", options as never), ConfigError) as ConfigError;
          same(error.option, "options");
        }
        for (const store of [null, 5]) {
          const error = throws(() => openCache("memory:", { store } as never), ConfigError) as ConfigError;
          same(error.option, "store");
        }
      }
    },
    "in Node knows memory:, file:, sqlite: and paths, and shows nothing of a URL that it refuses": () => {
      for (const url of [
        "ftp://u:secret@h",
        "redis://u:secret@",
        "libsql://u:secret@h",
        "https://u:secret@h",
        "https://?token=secret",
        "file:a.db?token=secret",
        "sqlite://u:secret@h/a.db",
        "file://secret/a",
      ]) {
        const { message } = throws(() => openInNode(url), ConfigError);
        same(message.includes("secret"), false, message);
      }
    },
    "in Node and at the edge tells the stores by HTTP apart, and connects to none": async () => {
      const places: [url: string, tier: string, token?: string][] = [
        ["libsql://db.example.invalid?authToken=t", "libsql"],
        ["libsql://db.example.invalid", "libsql", "t"],
        ["https://db.example.invalid", "libsql"],
        ["wss://db.example.invalid", "libsql"],
        ["https://x.upstash.io", "upstash", "t"],
        ["https://x.upstash.io?token=t", "upstash"],
        ["http://127.0.0.1:1?token=t", "upstash"],
      ];
      for (const [url, tier, token] of places)
        for (const openCache of [openInNode, openAtEdge, openInWorkerd])
          equal(await tiersOf(openCache(url, token === undefined ? {} : { token })), ["memory", tier], url);
      const error = throws(() => openAtEdge("https://x.upstash.io"), ConfigError) as ConfigError;
      ok(error.message.includes("token"), error.message);
    },
    "in Node knows Redis": async () => {
      equal(await tiersOf(openInNode("redis://127.0.0.1:1")), ["memory", "redis"]);
      equal(await tiersOf(openInNode("rediss://127.0.0.1:1/2")), ["memory", "redis"]);
    },
    "on Workers takes a binding by its name, or the first there is, D1 before KV": async () => {
      const nothing = () => Promise.resolve(null);
      const DB = { prepare: nothing, batch: nothing };
      const KV = { get: nothing, getWithMetadata: nothing, put: nothing, delete: nothing, list: nothing };
      const env = { A_KV: KV, SECRET: "s", Z_DB: DB };
      equal(await tiersOf(openInWorkerd("kv:A_KV", { env })), ["memory", "kv"]);
      equal(await tiersOf(openInWorkerd("d1:Z_DB", { env })), ["memory", "d1"]);
      equal(await tiersOf(openInWorkerd(undefined, { env })), ["memory", "d1"]);
      equal(await tiersOf(openInWorkerd(undefined, { env: { A_KV: KV } })), ["memory", "kv"]);
      equal(await tiersOf(openInWorkerd(undefined, { env: {} })), ["memory"]);
      for (const url of ["kv:Z_DB", "d1:A_KV", "d1:", "d1:constructor", "kv:SECRET"]) {
        const { message } = throws(() => openInWorkerd(url, { env }), ConfigError);
        ok(message.includes(url.startsWith("d1") ? "Z_DB" : "A_KV"), message);
      }
      same((throws(() => openInWorkerd("d1:Z_DB"), ConfigError) as ConfigError).option, "env");
      for (const wrong of [null, 5, "env"]) {
        for (const url of [undefined, "memory:", "kv:A_KV"]) {
          const error = throws(() => openInWorkerd(url, { env: wrong as never }), ConfigError) as ConfigError;
          same(error.option, "env");
        }
      }
    },
    "on Workers takes nothing for a database that answers to every name": async () => {
      const API = new Proxy({}, { get: () => () => Promise.resolve(null) });
      equal(await tiersOf(openInWorkerd(undefined, { env: { API } })), ["memory"]);
      for (const url of ["d1:API", "kv:API"]) throws(() => openInWorkerd(url, { env: { API } }), ConfigError);
    },
    "in browsers gives options to the store as well": () => {
      const open = () => openInBrowser("indexeddb:app", { store: { timeout: 0 } });
      same((throws(open, ConfigError) as ConfigError).option, "timeout");
    },
    "on Workers finds a variable among the bindings": async () => {
      const env = { TIERCEL_URL: "https://x.upstash.io", UPSTASH_REDIS_REST_TOKEN: "t", TURSO_AUTH_TOKEN: 5 };
      equal(await tiersOf(openInWorkerd(undefined, { env })), ["memory", "upstash"]);
      equal(await tiersOf(openInWorkerd("https://x.upstash.io", { env })), ["memory", "upstash"]);
      equal(await tiersOf(openInWorkerd("libsql://x.example.invalid", { env })), ["memory", "libsql"]);
      throws(() => openInWorkerd("https://x.upstash.io", { env: { UPSTASH_REDIS_REST_TOKEN: "" } }), ConfigError);
    },
    "where work in the background goes is the runtime's to say, and the caller's before it": async () => {
      const clock = fakeClock();
      const heard: string[] = [];
      const worker: Runtime = { ...runtime(), waitUntil: () => heard.push("runtime") };
      for (const options of [{}, { waitUntil: () => heard.push("caller") }]) {
        const cache = openWith(worker, "memory:", { ttl: 10, swr: 100, clock, ...options });
        await cache.set("key", "old");
        heard.length = 0;
        await clock.advance(20);
        await cache.getOrSet("key", () => "new");
        ok(heard.length > 0 && heard.every((who) => who === ("waitUntil" in options ? "caller" : "runtime")));
        await cache.close();
      }
    },
    "in Node does nothing until the cache is opened, and memory: touches no file": async () => {
      const cache = openInNode("memory:");
      await cache.set("key", [1]);
      equal(await cache.get("key"), [1]);
      equal(await tiersOf(cache), ["memory"]);
    },
  }),
  ...Object.entries(memoryOnly).flatMap(([name, openCache]) =>
    suite(`openCache of ${name}`, {
      "is memory alone": async () => {
        const cache = openCache("memory:", { ttl: "1m" });
        await cache.set("key", { answer: 42 });
        equal(await cache.get("key"), { answer: 42 });
        equal(await tiersOf(cache), ["memory"]);
      },
      "has no files": () => {
        for (const url of ["cache.db", "file:cache.db", "sqlite:cache.db"]) throws(() => openCache(url), ConfigError);
      },
      "gives work in the background to waitUntil": async () => {
        const clock = fakeClock();
        const works: Promise<unknown>[] = [];
        const cache = openCache("memory:", { ttl: 10, swr: 100, clock, waitUntil: (work) => works.push(work) });
        await cache.getOrSet("key", () => "old");
        const before = works.length;
        await clock.advance(20);
        same(await cache.getOrSet("key", () => "new"), "old");
        same(works.length, before + 1);
        await works.at(-1);
        same(await cache.get("key"), "new");
        await cache.close();
      },
    }),
  ),
];
