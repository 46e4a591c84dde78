/**
 * HTTP: a shared cache around a handler, a cached fetch, and the Web's Cache API, all over one cache.
 */
// Runs on: node20, node22, node24, node26, bun, deno
import { createCache } from "tiercel";
import { cachedFetch, cacheStorage, withHttpCache } from "tiercel/http";

const cache = createCache();

let runs = 0;
const handler = withHttpCache((request: Request) => {
  runs++;
  return new Response(`${new URL(request.url).pathname} by run ${runs}`, {
    headers: { "cache-control": "max-age=60, stale-while-revalidate=600", "cache-tag": "pages", etag: `"${runs}"` },
  });
}, cache);
const get = (path: string, headers: Record<string, string> = {}) =>
  handler(new Request(`https://example.com${path}`, { headers }));

const pages = await Promise.all(["/a", "/a", "/a"].map(async (path) => (await get(path)).text()));
console.log(`${pages.length} requests, ${runs} run`);
const hit = await get("/a");
console.log(await hit.text(), "|", hit.headers.get("cache-status"));
console.log((await get("/a", { "if-none-match": hit.headers.get("etag")! })).status, "for who has it already");
console.log(await (await get("/a", { range: "bytes=0-1" })).text(), "for who wants a part");

await cache.invalidateTags(["pages"]);
console.log(await (await get("/a")).text(), "after the invalidation");

const fetch = cachedFetch(cache, { fetch: async (request) => new Response(`answer of ${request.url}`) });
console.log(await (await fetch("https://api.example.com/")).text());

const caches = cacheStorage(cache);
const kept = await caches.open("kept");
await kept.put("https://example.com/b", new Response("put by hand"));
console.log(await (await caches.match("https://example.com/b"))!.text());

await cache.close();
if (runs !== 2) throw new Error("this is not how it should go");
