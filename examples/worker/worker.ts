/**
 * A Cloudflare Worker: memory of the isolate, stale answers at once, refresh through `waitUntil`.
 */
import { openCache } from "tiercel/workerd";

const cache = openCache("memory:", { name: "prices", ttl: "1m", swr: "10m" });

let loads = 0;

export default {
  async fetch(
    request: Request,
    _env: unknown,
    context: { waitUntil(work: Promise<unknown>): void },
  ): Promise<Response> {
    const symbol = new URL(request.url).pathname.slice(1) || "EUR";
    const price = await cache.getOrSet(["price", symbol], () => ({ symbol, number: ++loads }), {
      waitUntil: (work) => context.waitUntil(work),
    });
    return Response.json({ ...price, hits: cache.stats().hits });
  },
};
