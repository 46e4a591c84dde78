import { after, before, test } from "node:test";
import { createClientPool } from "redis";
import { type RedisTarget, redis, redisBus } from "../../adapters/redis.ts";
import { type Bus, type Cache, type CacheEvents, createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { type Proxy as ServerProxy, startProxy } from "../servers/proxy.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import {
  clients,
  closeClients,
  type Kind,
  makeClient,
  type OpenClient,
  openClient,
  openWire,
  PATIENCE,
  prefixes,
  reason,
  until,
  type Wire,
} from "./redis-fixture.ts";

let server: RedisServer;
let wire: Wire;
let proxy: ServerProxy;
const open = new Map<Kind, OpenClient>();

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
  proxy = await startProxy(server.port);
  for (const kind of clients) open.set(kind, await openClient(kind, server.url));
});

after(async () => {
  await closeClients();
  wire?.close();
  await proxy?.stop();
  await server?.stop();
});

/** How many listen to the channel of caches named `bus`. */
async function listeners(prefix: string, channel = "bus:"): Promise<number> {
  const reply = (await wire.send("PUBSUB", "NUMSUB", `${prefix}:bus:${channel}`)) as [Uint8Array, number];
  return reply[1];
}

/** A bus that does not run out of time. */
function busOn(target: RedisTarget, prefix: string): Bus {
  return redisBus(target, { prefix, connectTimeout: PATIENCE, commandTimeout: PATIENCE });
}

/** A cache of memory alone on a bus, which is asked nothing but by messages. */
function memoryOn(bus: Bus, name = "bus") {
  const cache = createCache({ name, tiers: [memory()], bus });
  const errors: CacheEvents["error"][] = [];
  cache.on("error", (event) => errors.push(event));
  return { cache, errors };
}

async function started(caches: readonly Cache[]): Promise<void> {
  for (const cache of caches) await cache.get("start");
}

/**
 * Until they are all that listen, and each has done with the beginning: the server counts a listener before that one
 * knows of it, and whoever has just begun to listen may have missed something, and drops what it has.
 */
async function listening(prefix: string, caches: readonly Cache[]): Promise<void> {
  await until(async () => (await listeners(prefix)) === caches.length);
  for (const cache of caches) {
    await cache.set("probe", 1);
    await tell(prefix, "probe");
    await until(async () => (await cache.get("probe")) === undefined);
  }
}

/** Tells all who listen that a key has changed. */
async function tell(prefix: string, key: string): Promise<void> {
  const message = JSON.stringify({ origin: "x", news: [{ by: "keys", keys: [key] }] });
  await wire.send("PUBLISH", `${prefix}:bus:bus:`, message);
}

const kinds = [...clients, "by URL"] as const;

function targetOf(kind: (typeof kinds)[number]): RedisTarget {
  return kind === "by URL" ? server.url : open.get(kind)!.client;
}

for (const [index, kind] of kinds.entries()) {
  // Each with another kind of client at the other end.
  const peer = kinds[(index + 1) % kinds.length]!;

  test(`${kind}: what one cache changes is gone from the memory of one on ${peer}`, { skip: reason }, async () => {
    const prefix = prefixes();
    const one = memoryOn(busOn(targetOf(kind), prefix));
    const other = memoryOn(busOn(targetOf(peer), prefix));
    const elsewhere = prefixes();
    const stranger = memoryOn(busOn(targetOf(kind), elsewhere));
    const caches = [one.cache, other.cache, stranger.cache];
    await started(caches);
    await listening(prefix, [one.cache, other.cache]);
    await listening(elsewhere, [stranger.cache]);
    const changes: Record<string, () => unknown> = {
      "a deletion": () => one.cache.delete("k é😀"),
      "a tag": () => one.cache.invalidateTags(["t"]),
      "a pattern": () => one.cache.invalidatePattern("k*"),
      "a clear": () => one.cache.clear(),
      "a write": () => one.cache.set("k é😀", "mine"),
    };
    for (const [what, change] of Object.entries(changes)) {
      for (const cache of caches.slice(1)) await cache.set("k é😀", what, { tags: ["t"] });
      // Its own change came back from the other.
      await until(async () => (await one.cache.get("k é😀")) === undefined);
      await change();
      await until(async () => (await other.cache.get("k é😀")) === undefined);
      same(await stranger.cache.get("k é😀"), what, "one on another channel");
    }
    equal([...one.errors, ...other.errors, ...stranger.errors], []);
    for (const cache of caches) await cache.close();
    await until(async () => (await listeners(prefix)) === 0);
  });

  test(`${kind}: when the connection was lost it listens again, and nothing that was missed is served`, {
    skip: reason,
  }, async () => {
    const prefix = prefixes();
    const lost = await startProxy(server.port);
    const url = `redis://127.0.0.1:${lost.port}`;
    const made = kind === "by URL" ? undefined : await openClient(kind, url);
    const one = memoryOn(redisBus(made?.client ?? url, { prefix, connectTimeout: 5_000 }));
    const other = memoryOn(busOn(server.url, prefix));
    await started([one.cache, other.cache]);
    await listening(prefix, [one.cache, other.cache]);
    await one.cache.set("k", "old");
    // Cut off, and not let in again before the other has spoken.
    await lost.mode("refuse");
    await until(async () => (await listeners(prefix)) === 1);
    await other.cache.delete("k");
    same(await one.cache.get("k"), "old", "it cannot know");
    await lost.mode("pass");
    await until(async () => (await one.cache.get("k")) === undefined);
    await until(async () => (await listeners(prefix)) === 2);
    // And what it hears from then on it heeds.
    await one.cache.set("l", "old");
    await until(async () => (await other.cache.get("l")) === undefined);
    await other.cache.set("l", "new");
    await until(async () => (await one.cache.get("l")) === undefined);
    await one.cache.close();
    await other.cache.close();
    await made?.close();
    await lost.stop();
  });
}

for (const kind of clients) {
  test(`${kind}: only connections of its own are closed`, { skip: reason }, async () => {
    const prefix = prefixes();
    const made = makeClient(kind, server.url);
    const bus = busOn(made.client, prefix);
    // Several caches on one bus share a connection; a channel ends with its last cache.
    const caches = ["a", "a", "b"].map((name) => memoryOn(bus, name).cache);
    await started(caches);
    await until(async () => (await listeners(prefix, "a:")) === 1 && (await listeners(prefix, "b:")) === 1);
    await caches[0]!.close();
    same(await listeners(prefix, "a:"), 1);
    await caches[1]!.close();
    await until(async () => (await listeners(prefix, "a:")) === 0);
    same(await listeners(prefix, "b:"), 1);
    await caches[2]!.close();
    await until(async () => (await listeners(prefix, "b:")) === 0);
    same(made.isOpen, true);
    // It may be used again.
    const again = memoryOn(bus, "c").cache;
    await started([again]);
    await until(async () => (await listeners(prefix, "c:")) === 1);
    await again.close();
    await made.close();
  });
}

test("by URL: a bus that cannot be reached does not hold up its cache, and is found later", {
  skip: reason,
}, async () => {
  const prefix = prefixes();
  const away = await startProxy(server.port);
  await away.mode("refuse");
  const { cache, errors } = memoryOn(
    redisBus(`redis://user:secret@127.0.0.1:${away.port}`, { prefix, connectTimeout: 5_000 }),
  );
  const healthy = memoryOn(redisBus(`redis://127.0.0.1:${away.port}`, { prefix, connectTimeout: 5_000 }));
  await started([cache, healthy.cache]);
  await cache.set("k", "v");
  same(await cache.get("k"), "v");
  await until(() => errors.length > 0);
  ok(
    !JSON.stringify(errors.map(({ error }) => [(error as Error).message, { ...(error as Error) }])).includes("secret"),
    "secrets",
  );
  await away.mode("pass");
  await until(async () => (await listeners(prefix)) === 1);
  await cache.close();
  await healthy.cache.close();
  await away.stop();
});

test("over a tier in Redis: others see a change at once, and loads of another process are waited for", {
  skip: reason,
}, async () => {
  const prefix = prefixes();
  const caches = kinds.map((kind) =>
    createCache({
      name: "bus",
      tiers: [memory(), redis(targetOf(kind), { prefix, timeout: PATIENCE })],
      bus: busOn(targetOf(kind), prefix),
      coherence: "forever",
    }),
  );
  await started(caches);
  await until(async () => (await listeners(prefix)) === caches.length);
  // Each has an older one in memory when another sets it anew.
  for (const [round, cache] of caches.entries()) {
    await cache.set("probe", round);
    await until(async () =>
      (await Promise.all(caches.map((each) => each.get("probe")))).every((seen) => seen === round),
    );
  }
  let loads = 0;
  for (let round = 0; round < 3; round++) {
    const load = async () => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return round;
    };
    const values = await Promise.all(caches.map((cache) => cache.getOrSet("k", load, { tags: ["t"], ttl: "1h" })));
    equal(
      values,
      caches.map(() => round),
    );
    same(loads, round + 1, "one load for all");
    await caches[round % caches.length]!.invalidateTags(["t"]);
    await until(async () =>
      (await Promise.all(caches.map((cache) => cache.get("k")))).every((value) => value === undefined),
    );
  }
  for (const cache of caches) await cache.close();
});

test("over a pool of node-redis", { skip: reason }, async () => {
  const prefix = prefixes();
  const pool = createClientPool({ url: server.url });
  pool.on("error", () => {});
  const one = memoryOn(busOn(pool, prefix));
  const other = memoryOn(busOn(server.url, prefix));
  await started([one.cache, other.cache]);
  await listening(prefix, [one.cache, other.cache]);
  await one.cache.set("k", "v");
  await other.cache.set("k", "other");
  await until(async () => (await one.cache.get("k")) === undefined);
  await one.cache.set("k", "again");
  await until(async () => (await other.cache.get("k")) === undefined);
  await one.cache.close();
  await other.cache.close();
  same(pool.isOpen, true);
  pool.destroy();
});

test("garbage on the channel is ignored", { skip: reason }, async () => {
  const prefix = prefixes();
  const { cache, errors } = memoryOn(busOn(server.url, prefix));
  await started([cache]);
  await listening(prefix, [cache]);
  await cache.set("k", "v");
  await cache.set("l", "v");
  for (const garbage of ["", "{", "null", "[1]", '{"origin":1}', Uint8Array.from([255, 0, 1])])
    await wire.send("PUBLISH", `${prefix}:bus:bus:`, garbage);
  await tell(prefix, "l");
  await until(async () => (await cache.get("l")) === undefined);
  same(await cache.get("k"), "v");
  equal(errors, []);
  await cache.close();
});
