/**
 * A Vercel Edge function: memory of the isolate, and below it Upstash, which all regions share. `GET /api/rates?currency=EUR`
 * answers a rate, `DELETE /api/rates` makes all of them be loaded anew, wherever they are asked for.
 *
 * Vercel's integration of Upstash sets the two variables.
 */
import { createCache, memory } from "tiercel";
import { upstash } from "tiercel/upstash";

export const config = { runtime: "edge" };

const { UPSTASH_REDIS_REST_URL: url = "", UPSTASH_REDIS_REST_TOKEN: token = "" } = process.env;

const cache = createCache({
  name: "rates",
  tiers: [memory({ maxEntries: 1_000 }), upstash({ url, token }, { timeout: "1s" })],
  ttl: "1m",
  swr: "10m",
});

let loads = 0;

/** Stands for a slow service. */
async function load(currency: string): Promise<{ currency: string; loads: number }> {
  return { currency, loads: ++loads };
}

export default async function handler(
  request: Request,
  context: { waitUntil(work: Promise<unknown>): void },
): Promise<Response> {
  if (request.method === "DELETE") {
    await cache.invalidateTags(["rates"]);
    return new Response(null, { status: 204 });
  }
  const currency = new URL(request.url).searchParams.get("currency") ?? "EUR";
  const rate = await cache.getOrSet(["rate", currency], () => load(currency), {
    tags: ["rates"],
    waitUntil: (work) => context.waitUntil(work),
  });
  return Response.json(rate);
}
