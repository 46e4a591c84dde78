import { after, before, test } from "node:test";
import { redis } from "../../adapters/redis.ts";
import { type CacheEvents, type CacheOptions, createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import {
  clients,
  closeClients,
  type Kind,
  type OpenClient,
  openClient,
  openTier,
  openWire,
  PATIENCE,
  prefixes,
  reason,
  type Wire,
} from "./redis-fixture.ts";

let server: RedisServer;
let wire: Wire;
const open = new Map<Kind, OpenClient>();

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
  for (const kind of clients) open.set(kind, await openClient(kind, server.url));
});

after(async () => {
  await closeClients();
  wire?.close();
  await server?.stop();
});

function cacheOn(kind: Kind, prefix: string, options: CacheOptions = {}) {
  const tier = redis(open.get(kind)!.client, { prefix, timeout: PATIENCE });
  const cache = createCache({ name: "app", tiers: [memory(), tier], ttl: "1h", coherence: 0, ...options });
  const events: [string, unknown][] = [];
  cache.on("error", (event: CacheEvents["error"]) => events.push(["error", event.error]));
  cache.on("corrupt", ({ key }: CacheEvents["corrupt"]) => events.push(["corrupt", key]));
  return { cache, events };
}

/** Every other kind of client beside each. */
const pairs = clients.map((kind, index) => [kind, clients[(index + 1) % clients.length]!] as const);

for (const [kind, peer] of pairs) {
  test(`${kind} and ${peer}: what one cache changes, another sees`, { skip: reason }, async () => {
    const prefix = prefixes();
    const [one, other] = [cacheOn(kind, prefix), cacheOn(peer, prefix)];
    await one.cache.set("k", { v: 1 }, { tags: ["t"] });
    equal(await other.cache.get("k"), { v: 1 });
    await one.cache.invalidateTags(["t"]);
    same(await other.cache.get("k"), undefined);
    await other.cache.setMany(["a", "b", "c/1", "c/2"].map((key, index) => ({ key, value: index + 1 })));
    same(await one.cache.get("a"), 1);
    await one.cache.delete("a");
    await one.cache.invalidatePattern("c/*");
    equal(await Promise.all(["a", "b", "c/1", "c/2"].map((key) => other.cache.get(key))), [
      undefined,
      2,
      undefined,
      undefined,
    ]);
    equal([...one.events, ...other.events], []);
    await one.cache.close();
    await other.cache.close();
  });

  test(`${kind} and ${peer}: bytes and odd keys come back as they were`, { skip: reason }, async () => {
    const prefix = prefixes();
    const [one, other] = [cacheOn(kind, prefix), cacheOn(peer, prefix)];
    const every = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7 + (index >> 8)) & 255);
    const values: [string, unknown][] = [
      ["every byte", every],
      ["none", new Uint8Array(0)],
      ["text", "\ufeff é 漢字 😀 \u0000 \r\n $5\r\n"],
      ["é 漢字 😀", { date: new Date(0), map: new Map([["k", 1n]]), list: [null, true, -0, Number.NaN] }],
      ["{braces}", "of a hash tag"],
      ["a\r\nb", "line ends"],
      ["*[?]\\", "marks of patterns"],
    ];
    for (const [key, value] of values) await one.cache.set(key, value, { tags: [key] });
    for (const [key, value] of values) {
      equal(await other.cache.get(key), value, key);
      equal((await other.cache.meta(key))?.tags, [key]);
    }
    equal([...one.events, ...other.events], []);
    await one.cache.close();
    await other.cache.close();
  });

  test(`${kind} and ${peer}: one load for both, and a load that was overtaken is stored nowhere`, {
    skip: reason,
  }, async () => {
    const prefix = prefixes();
    const caches = [cacheOn(kind, prefix).cache, cacheOn(peer, prefix).cache] as const;
    let loads = 0;
    const load = async () => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, 30));
      return loads;
    };
    equal(await Promise.all([0, 1, 0, 1].map((at) => caches[at]!.getOrSet("k", load))), [1, 1, 1, 1]);
    let slow: Promise<string> | undefined;
    const finish = await new Promise<(value: string) => void>((loading) => {
      slow = caches[0].getOrSet("l", () => new Promise<string>(loading));
    });
    await caches[1].set("l", "new");
    finish("old");
    same(await slow, "old", "its own caller gets it");
    equal([await caches[0].get("l"), await caches[1].get("l")], ["new", "new"]);
    for (const cache of caches) await cache.close();
  });
}

test("garbage in the store is a miss and an event, and loaded anew", { skip: reason }, async () => {
  const prefix = prefixes();
  const { cache, events } = cacheOn("ioredis", prefix, { coherence: "1h" });
  for (const [command, ...rest] of [
    ["SET", "garbage"],
    ["RPUSH", "a", "b"],
    ["HSET", "a", "b"],
  ] as const) {
    // Each under a key of its own: what is found broken is removed at any time after.
    const key = `k ${command}`;
    await wire.send(command, `{${prefix}:app}:app:${key}`, ...rest);
    events.length = 0;
    same(await cache.get(key), undefined);
    equal(events, [["corrupt", key]]);
    same(await cache.getOrSet(key, () => command), command);
    await cache.evict(key);
    same(await cache.get(key), command);
    await cache.delete(key);
  }
  await cache.close();
});

test("clear, keys and size are of one cache and its namespaces alone", { skip: reason }, async () => {
  const prefix = prefixes();
  const { cache } = cacheOn("node-redis", prefix);
  const sibling = cacheOn("node-redis", prefix, { prefix: "sibling" }).cache;
  const space = cache.namespace("space");
  const items = [
    { key: "a", value: 1 },
    { key: "b", value: 2 },
  ];
  for (const one of [cache, space, sibling]) await one.setMany(items);
  await wire.send("SET", `${prefix}foreign`, "theirs");
  equal([await cache.size(), await space.size(), await sibling.size()], [2, 2, 2]);
  await space.clear();
  equal([await cache.size(), await space.size(), await sibling.size()], [2, 0, 2]);
  equal((await cache.keys()).sort(), ["a", "b"]);
  await cache.clear();
  equal([await cache.get("a"), await sibling.get("a")], [undefined, 1]);
  same(await wire.send("EXISTS", `${prefix}foreign`), 1);
  await cache.close();
  await sibling.close();
});

test("clients that read text alone and those that read bytes share one store", { skip: reason }, async () => {
  // Bun's client reads text alone; elsewhere such a one is made of another.
  const prefix = prefixes();
  const { client } = open.get("ioredis")!;
  const bytes = await openTier(client, { prefix });
  const text = await openTier(textOnly(client), { prefix }, { clock: bytes.clock });
  const value = { bytes: Uint8Array.from({ length: 256 }, (_, index) => index), text: "é😀" };
  await bytes.put("by bytes", value, { tags: ["é"] });
  await text.put("by text", value, { tags: ["é"] });
  for (const one of [bytes, text]) {
    equal(await one.values("by bytes", "by text"), [value, value]);
    const { entries } = await one.tier.getMany(["by bytes", "by text"], { now: one.clock.now(), metaOnly: true });
    equal(
      entries.map((entry) => entry?.tags),
      [["é"], ["é"]],
    );
    ok(entries[0]!.size! < entries[1]!.size!, "base64 takes more room");
  }
  await text.tier.invalidate!({ tags: ["é"], match: "any", mode: "expire", now: bytes.clock.now(), after: 0 });
  for (const one of [bytes, text]) {
    const { entries } = await one.tier.getMany(["by bytes", "by text"], { now: one.clock.now() });
    equal(
      entries.map((entry) => [entry?.freshUntil, entry?.value]),
      [
        [0, value],
        [0, value],
      ],
    );
  }
  equal([...bytes.reports, ...text.reports], []);
});

/** A client like Bun's, over one of ioredis: replies are decoded as UTF-8, whether they are that or not. */
function textOnly(client: unknown) {
  const { callBuffer } = client as { callBuffer(command: string, args: unknown[]): Promise<unknown> };
  const decoded = (reply: unknown): unknown =>
    Array.isArray(reply) ? reply.map(decoded) : reply instanceof Uint8Array ? new TextDecoder().decode(reply) : reply;
  return {
    connected: true,
    send: async (command: string, args: unknown[]) => decoded(await callBuffer.call(client, command, args)),
    getBuffer: async () => null,
    connect: async () => {},
    duplicate: async () => undefined,
  };
}
