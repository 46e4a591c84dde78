/** The Redis tier with encryption: what the server has, and rotation. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { redis } from "../../adapters/redis.ts";
import { type Cache, createCache, memory } from "../../mod.ts";
import { compression } from "../../src/bytes/compression/mod.ts";
import { type EncryptionOptions, encryption, type KeyRing, keyRing } from "../../src/bytes/encryption/mod.ts";
import { tierContract } from "../contract/mod.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { closeClients, type OpenClient, openClient, PATIENCE, prefixes, reason } from "./redis-fixture.ts";

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

let server: RedisServer;
let client: OpenClient;

before(async () => {
  if (reason) return;
  server = await startRedis();
  client = await openClient("ioredis", server.url);
});

after(async () => {
  await closeClients();
  await server?.stop();
});

for (const { name, run, skip } of tierContract({
  name: "redis, encrypted with hidden names",
  capabilities: { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true },
  create() {
    const ring = keyRing({ current: key(1) });
    const prefix = prefixes();
    const tier = () =>
      redis(client.client, { prefix, timeout: PATIENCE, encryption: encryption(ring, { hashKeys: true }) });
    return { tier: tier(), reopen: tier };
  },
  copies: true,
  skip: [
    "tells of each change of another opener: write, touch, delete, clear",
    "tells of odd keys and prefixes as they are",
  ].map((test) => ({ test, reason: "it clears within a namespace, which no cache does" })),
})) {
  test(name, { skip: reason || (skip ?? false) }, async () => {
    await run();
  });
}

/** Everything that the server has: names, fields and values of all types. */
async function dump(): Promise<string> {
  const link = client.client as unknown as {
    call(...args: unknown[]): Promise<unknown>;
    callBuffer(...args: unknown[]): Promise<Buffer>;
  };
  const texts: string[] = [];
  for (const name of (await link.call("KEYS", "*")) as string[]) {
    texts.push(name);
    const type = (await link.call("TYPE", name)) as string;
    const read: Record<string, unknown[]> = {
      string: ["GET", name],
      hash: ["HGETALL", name],
      list: ["LRANGE", name, 0, -1],
      set: ["SMEMBERS", name],
      zset: ["ZRANGE", name, 0, -1],
      stream: ["XRANGE", name, "-", "+"],
    };
    ok(read[type], type);
    const answer = await link.callBuffer(...(read[type] as [unknown]));
    texts.push(
      [answer]
        .flat(9)
        .map((part) => (part === null ? "" : Buffer.from(part as Buffer).toString("latin1")))
        .join("\n"),
    );
  }
  return texts.join("\n");
}

function open(prefix: string, ring: KeyRing, options: EncryptionOptions = {}): Cache {
  const tier = redis(client.client, {
    prefix,
    timeout: PATIENCE,
    encryption: encryption(ring, options),
    compression: compression(),
  });
  const cache = createCache({ name: "app", tiers: [memory(), tier], ttl: "1h", coherence: 0 }) as Cache;
  cache.on("corrupt", ({ error }) => Promise.reject(error));
  cache.on("error", ({ error }) => Promise.reject(error));
  return cache;
}

test("the server has no value that can be read, and with hashKeys no name of a key, tag or namespace", {
  skip: reason,
}, async () => {
  for (const hashKeys of [false, true]) {
    await (client.client as unknown as { flushall(): Promise<unknown> }).flushall();
    const cache = open(prefixes(), keyRing({ current: key(1) }), { hashKeys });
    for (let at = 0; at < 100; at++) {
      const value = { secret: `plaintext${at}`, text: "plaintext ".repeat(at) };
      await cache.set(`customer:${at}`, value, { tags: [`premium${at % 3}`] });
      await cache.namespace("billing").set(["invoice", at], value);
    }
    let load: Promise<string> | undefined;
    const finish = await new Promise<(value: string) => void>((loading) => {
      load = cache.getOrSet("customer:loading", () => new Promise<string>(loading));
    });
    await cache.invalidateTags(["premium1"]);
    await cache.invalidateTags(["premium0", "premium2"], { match: "all" });
    await cache.delete("customer:7");
    await cache.invalidatePattern("customer:1*");
    const during = await dump();
    finish("plaintext");
    await load;
    for (const text of [during, await dump()]) {
      ok(text.length > 20_000);
      ok(!text.includes("plaintext") && !text.includes("secret"), "values");
      for (const name of ["customer", "premium", "billing", "invoice"])
        equal(text.includes(name), !hashKeys, `${name}, ${hashKeys ? "hidden" : "readable"}`);
    }
    await cache.close();
  }
});

test("a ring that is rotated costs no miss, and one pass of reads leaves nothing under the old key", {
  skip: reason,
}, async () => {
  const prefix = prefixes();
  const ring = keyRing({ current: key(1) });
  const cache = open(prefix, ring, { hashKeys: true });
  const keys = Array.from({ length: 2_000 }, (_, at) => `key${at}`);
  await cache.setMany(keys.map((name) => ({ key: name, value: name })));
  await ring.rotate(key(2));
  await cache.evictAll();
  equal((await cache.getMany(keys)).size, keys.length);
  await cache.close();
  await ring.drop();
  const again = open(prefix, ring, { hashKeys: true });
  deepEqual([...(await again.getMany(keys)).values()], keys);
  await again.close();
});
