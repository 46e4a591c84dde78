/** The Cache API of Workers: the tier contract, and whole caches over it. */

import type { WebCache } from "../../adapters/cache-api/slice.ts";
import { cacheApi } from "../../adapters/cache-api.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, same } from "../contract/assert.ts";
import { suite, type TestCase, tierContract } from "../contract/mod.ts";

declare const caches: { readonly default: WebCache; open(name: string): Promise<WebCache> };

let names = 0;

/** Tests of `cacheApi()`. */
export function suites(): TestCase[] {
  return [
    ...tierContract({
      name: "cache API",
      capabilities: { shared: true },
      create() {
        // Names are kept for as long as the worker runs.
        const name = `contract ${++names}`;
        return { tier: cacheApi(name), reopen: () => cacheApi(name) };
      },
    }),
    ...suite("caches over the cache API", {
      "share values, deletions and clears in one data centre": async () => {
        const name = `whole ${++names}`;
        const open = () => createCache({ name: "app", tiers: [memory(), cacheApi(name)], ttl: "1h" });
        const [one, two] = [open(), open()];
        await one.set("k", { answer: 42 });
        await one.set("😀/../%2e?#", "odd");
        equal([await two.get("k"), await two.get("😀/../%2e?#")], [{ answer: 42 }, "odd"]);
        await one.delete("k");
        await two.evict("k");
        same(await two.get("k"), undefined);
        await one.namespace("space").set("k", 1);
        await one.namespace("space").clear();
        same(await two.namespace("space").get("k"), undefined);
        await two.evictAll();
        same(await two.get("😀/../%2e?#"), "odd");
        await one.clear();
        await two.evictAll();
        same(await two.get("😀/../%2e?#"), undefined);
      },
      "use the default one without a name, below a base of your own, beside what others have put there": async () => {
        const base = `https://example.com/${++names}`;
        await caches.default.put(
          `${base}/other`,
          new Response("other", { headers: { "cache-control": "max-age=60" } }),
        );
        const cache = createCache({ name: "app", tiers: [cacheApi(undefined, { base })] });
        await cache.set("k", 1);
        const response = await caches.default.match(`${base}/kapp__k`);
        same(response?.headers.get("cache-control"), "max-age=2147483647");
        await response?.arrayBuffer();
        await cache.clear();
        same(await cache.get("k"), undefined);
        same(await (await caches.default.match(`${base}/other`))?.text(), "other");
      },
      "take garbage in it for a miss": async () => {
        const name = `whole ${++names}`;
        const headers = { "cache-control": "max-age=60" };
        const theirs = await caches.open(name);
        await theirs.put("https://tiercel.invalid/kapp__k", new Response("garbage", { headers }));
        const cache = createCache({ name: "app", tiers: [memory(), cacheApi(name)] });
        const corrupt: unknown[] = [];
        cache.on("corrupt", ({ key }) => corrupt.push(key));
        same(await cache.getOrSet("k", () => "loaded"), "loaded");
        equal(corrupt, ["k"]);
      },
    }),
  ];
}
