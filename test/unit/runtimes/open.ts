import { defineTier } from "../../../mod.ts";
import { openCache as openInBrowser } from "../../../runtimes/browser.ts";
import { openCache as openAtEdge } from "../../../runtimes/edge.ts";
import { openCache as openInNode } from "../../../runtimes/node.ts";
import { type OpenOptions, openWith, type Runtime } from "../../../runtimes/open.ts";
import { openCache as openInWorkerd } from "../../../runtimes/workerd.ts";
import type { Cache } from "../../../src/api.ts";
import { ConfigError } from "../../../src/errors.ts";
import { equal, fakeClock, mapTier, same, suite, type TestCase, throws } from "../../contract/mod.ts";

const store = { file: () => [defineTier(mapTier())] };

/** A runtime with an environment of its own. */
function runtime(variables: Record<string, string> = {}, defaultUrl = "memory:"): Runtime {
  return { schemes: store, defaultUrl, environment: (name) => variables[name] };
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
    "in Node knows memory:, file:, sqlite: and paths, and shows nothing of a URL that it refuses": () => {
      for (const url of [
        "redis://u:secret@h",
        "file:a.db?token=secret",
        "sqlite://u:secret@h/a.db",
        "file://secret/a",
      ]) {
        const { message } = throws(() => openInNode(url), ConfigError);
        same(message.includes("secret"), false, message);
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
        await clock.advance(20);
        same(await cache.getOrSet("key", () => "new"), "old");
        same(works.length, 1);
        await works[0];
        same(await cache.get("key"), "new");
        await cache.close();
      },
    }),
  ),
];
