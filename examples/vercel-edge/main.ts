/**
 * Runs the function beside this file in Vercel's edge-runtime, in two isolates as in two regions. In place of Upstash there
 * is a Redis with a bridge before it that speaks Upstash's protocol.
 */
// Runs on: node24
import { EdgeRuntime } from "edge-runtime";
import { build } from "esbuild";

interface Server {
  readonly port: number;
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** The servers of Tiercel's own tests, which are not part of the package. */
const servers = (name: string) => import(new URL(`../../test/servers/${name}.ts`, import.meta.url).href);

const { reasonFor } = (await servers("available")) as { reasonFor(name: "redis"): string | false };
const reason = reasonFor("redis");
if (reason) console.log(`Skipped: ${reason}`);
else await run();

async function run(): Promise<void> {
  const { startRedis } = (await servers("redis")) as { startRedis(): Promise<Server> };
  const { startUpstashBridge } = (await servers("upstash")) as { startUpstashBridge(redis: Server): Promise<Server> };
  const redis = await startRedis();
  const bridge = await startUpstashBridge(redis);
  try {
    const code = await bundled();
    const regions = [region(code, bridge), region(code, bridge)] as const;
    const [fra, iad] = regions;
    const first = await answer(fra, "?currency=EUR");
    const second = await answer(fra, "?currency=EUR");
    const elsewhere = await answer(iad, "?currency=EUR");
    console.log("loaded, from memory, and in another region:", first, second, elsewhere);
    if ([first, second, elsewhere].some((text) => text !== '{"currency":"EUR","loads":1}'))
      throw new Error("The rate was not shared");
    await fra.dispatchFetch("https://example.com/api/rates", { method: "DELETE" });
    const anew = await answer(fra, "?currency=EUR");
    console.log("after the invalidation:", anew);
    if (anew !== '{"currency":"EUR","loads":2}') throw new Error("The rate was not loaded anew");
  } finally {
    await bridge.stop();
    await redis.stop();
  }
}

/** The function as Vercel bundles it. */
async function bundled(): Promise<string> {
  const contents = `
    import handler from "./api/rates.ts";
    addEventListener("fetch", (event) => event.respondWith(handler(event.request, event)));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    conditions: ["edge-light"],
    write: false,
  });
  return outputFiles[0]!.text;
}

/** An isolate with the variables that the integration sets. */
function region(code: string, { url, token }: Server): EdgeRuntime {
  const env = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token };
  return new EdgeRuntime({
    extend: (context) => Object.assign(context, { process: { env } }),
    initialCode: code,
  });
}

async function answer(region: EdgeRuntime, query: string): Promise<string> {
  const response = await region.dispatchFetch(`https://example.com/api/rates${query}`);
  await response.waitUntil();
  return response.text();
}
