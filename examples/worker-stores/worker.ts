/**
 * A Cloudflare Worker with three tiers: memory of the isolate, KV near the user, and D1, which all places share and which
 * knows what was invalidated.
 */
import { type Cache, createCache, memory } from "tiercel";
import { type D1Binding, d1 } from "tiercel/d1";
import { type KvNamespace, kv } from "tiercel/kv";

interface Env {
  readonly CACHE_KV: KvNamespace;
  readonly CACHE_DB: D1Binding;
}

interface Context {
  waitUntil(work: Promise<unknown>): void;
}

// One for all requests of the isolate; bindings stay the same in it.
let cache: Cache | undefined;

let loads = 0;

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    cache ??= createCache({
      name: "products",
      tiers: [memory({ maxEntries: 1_000 }), kv(env.CACHE_KV, { ttl: "1d" }), d1(env.CACHE_DB)],
      ttl: "10m",
      grace: "1h",
    });
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "POST") {
      await cache.invalidateTags(searchParams.get("tag") ?? "products");
      return new Response(null, { status: 204 });
    }
    const id = pathname.slice(1) || "1";
    const product = await cache.getOrSet(["product", id], () => ({ id, load: ++loads }), {
      tags: ["products"],
      waitUntil: (work) => context.waitUntil(work),
    });
    return Response.json(product);
  },
};
