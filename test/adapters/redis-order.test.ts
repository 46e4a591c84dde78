// Changes take effect in the order of their calls, by links whose commands may overtake each other as well.
import { after, before, test } from "node:test";
import { Redis as Upstash } from "@upstash/redis";
import { createClient, createClientPool } from "redis";
import { type RedisTarget, redis } from "../../adapters/redis.ts";
import { type UpstashClient, upstash } from "../../adapters/upstash.ts";
import { type Cache, createCache, memory, type Tier } from "../../mod.ts";
import { equal } from "../contract/assert.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { startUpstashBridge, type UpstashBridge } from "../servers/upstash.ts";
import { prefixes, reason } from "./redis-fixture.ts";

let server: RedisServer;
let bridge: UpstashBridge;
before(async () => {
  if (reason) return;
  server = await startRedis();
  bridge = await startUpstashBridge(server, { maxRequestBytes: 3_000_000 });
});
after(async () => {
  await bridge?.stop();
  await server?.stop();
});

/** Changes that are not waited for, and what another process sees of them: how often each was wrong. */
async function disorder(make: () => Tier, rounds: number, size: number): Promise<Record<string, number>> {
  const cache = createCache({ tiers: [memory(), make()], ttl: "5m", coherence: 0 });
  const peer = createCache({ tiers: [make()], ttl: "5m", coherence: 0 });
  const wrong: Record<string, number> = { deleted: 0, replaced: 0, invalidated: 0, kept: 0, cleared: 0 };
  const old = "o".repeat(size);
  try {
    await cache.set("first", 1);
    for (let round = 0; round < rounds; round++) await oneRound(cache, peer, `k${round}`, old, wrong);
  } finally {
    await cache.close();
    await peer.close();
  }
  return wrong;
}

async function oneRound(cache: Cache, peer: Cache, key: string, old: string, wrong: Record<string, number>) {
  const expect = async (what: string, value: unknown): Promise<void> => {
    if ((await peer.get(key)) !== value) wrong[what]!++;
  };
  await Promise.all([cache.set(key, old), cache.delete(key)]);
  await expect("deleted", undefined);
  await Promise.all([cache.set(key, old), cache.set(key, "new")]);
  await expect("replaced", "new");
  await Promise.all([cache.set(key, old, { tags: ["t"] }), cache.invalidateTags(["t"])]);
  await expect("invalidated", undefined);
  await Promise.all([cache.invalidateTags(["u"]), cache.set(key, "kept", { tags: ["u"] })]);
  await expect("kept", "kept");
  await Promise.all([cache.set(key, old), cache.clear()]);
  await expect("cleared", undefined);
}

const NONE = { deleted: 0, replaced: 0, invalidated: 0, kept: 0, cleared: 0 };

/** Of calls that are under way together, each begins later than the next. */
function overtaking(): <T>(call: () => Promise<T>) => Promise<T> {
  let ahead = 0;
  return async (call) => {
    const wait = Math.max(0, 20 - 10 * ahead++);
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await call();
    } finally {
      ahead--;
    }
  };
}

test("changes keep their order over a pool of node-redis", { skip: reason }, async () => {
  const client = createClient({ url: server.url });
  client.on("error", () => {});
  await client.connect();
  const slowly = overtaking();
  // What a pool does whose first client is slow.
  const pool = {
    isOpen: true,
    connect: async () => {},
    on() {},
    withTypeMapping() {},
    execute() {},
    sendCommand: (...command: Parameters<typeof client.sendCommand>) => slowly(() => client.sendCommand(...command)),
  } as unknown as RedisTarget;
  const real = createClientPool({ url: server.url }, { minimum: 4, maximum: 4 });
  real.on("error", () => {});
  await real.connect();
  try {
    const [prefix, another] = [prefixes(), prefixes()];
    equal(await disorder(() => redis(pool, { prefix, timeout: "1m" }), 3, 10), NONE);
    equal(await disorder(() => redis(real as unknown as RedisTarget, { prefix: another }), 10, 700_000), NONE);
  } finally {
    client.destroy();
    await real.close();
  }
});

test("changes keep their order over several connections of our own", { skip: reason }, async () => {
  const prefix = prefixes();
  equal(await disorder(() => redis(server.url, { prefix, pool: 4, timeout: "1m" }), 6, 6_000_000), NONE);
});

test("changes keep their order over requests to Upstash", { skip: reason }, async () => {
  const { url, token } = bridge;
  const client = new Upstash({ url, token, enableTelemetry: false });
  const slowly = overtaking();
  const slow: UpstashClient = {
    pipeline() {
      const pipeline = client.pipeline() as unknown as ReturnType<UpstashClient["pipeline"]>;
      return {
        eval: (...args) => pipeline.eval(...args),
        evalsha: (...args) => pipeline.evalsha(...args),
        exec: (options) => slowly(() => pipeline.exec(options)),
      };
    },
  };
  const prefix = prefixes();
  equal(await disorder(() => upstash(slow, { prefix, timeout: "1m" }), 3, 10), NONE);
  const another = prefixes();
  const options = { prefix: another, maxRequestBytes: 2_000_000 };
  equal(await disorder(() => upstash({ url, token }, options), 5, 500_000), NONE);
});
