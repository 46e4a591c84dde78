// A clear that takes longer than the tier's time budget, as there is much to remove.
import { test } from "node:test";
import { redis } from "../../adapters/redis.ts";
import { upstash } from "../../adapters/upstash.ts";
import { createCache, type Tier } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { startProxy } from "../servers/proxy.ts";
import { startRedis } from "../servers/redis.ts";
import { startUpstashBridge } from "../servers/upstash.ts";
import { reason } from "./redis-fixture.ts";

/** Round trips take this long; a page is one. */
const LATENCY = 100;
const PAGES = 12;
const BUDGET = 600;

async function clears(make: () => Tier, makeSlow: () => Promise<Tier>): Promise<void> {
  const peer = createCache({ tiers: [make()], ttl: "1h" });
  for (let page = 0; page < PAGES; page++)
    await peer.setMany(Array.from({ length: 1_000 }, (_, at) => ({ key: `${page}:${at}`, value: at })));
  const cache = createCache({ tiers: [await makeSlow()], ttl: "1h" });
  const errors: unknown[] = [];
  cache.on("error", ({ error }) => errors.push(error));
  try {
    await cache.get("any");
    const start = performance.now();
    await cache.clear();
    ok(performance.now() - start > BUDGET, "otherwise this tests nothing");
    same(await peer.size(), 0);
    equal(errors, []);
  } finally {
    await cache.close();
    await peer.close();
  }
}

test("clear has removed all of it when it answers, however many pages that takes", { skip: reason }, async () => {
  const server = await startRedis();
  const bridge = await startUpstashBridge(server);
  const [proxy, bridgeProxy] = [await startProxy(server.port), await startProxy(Number(new URL(bridge.url).port))];
  const slow = { type: "latency", ms: LATENCY } as const;
  try {
    await clears(
      () => redis(server.url),
      async () => {
        await proxy.mode(slow);
        return redis(`redis://127.0.0.1:${proxy.port}`, { timeout: BUDGET });
      },
    );
    const { url, token } = bridge;
    await clears(
      () => upstash({ url, token }),
      async () => {
        await bridgeProxy.mode(slow);
        return upstash({ url: `http://127.0.0.1:${bridgeProxy.port}`, token }, { timeout: BUDGET });
      },
    );
  } finally {
    await proxy.stop();
    await bridgeProxy.stop();
    await bridge.stop();
    await server.stop();
  }
});
