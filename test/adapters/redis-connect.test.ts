import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createClientPool } from "redis";
import { type RedisTarget, redis } from "../../adapters/redis.ts";
import { type CacheEvents, createCache, memory } from "../../mod.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { reasonFor } from "../servers/available.ts";
import { freePort } from "../servers/ports.ts";
import { type Proxy as ServerProxy, startProxy } from "../servers/proxy.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import {
  bun,
  clients,
  closeClients,
  keysOf,
  makeClient,
  openClient,
  openTier,
  openWire,
  PATIENCE,
  prefixes,
  reason,
  until,
  type Wire,
} from "./redis-fixture.ts";

/** Budget of tiers that are to run out of time. */
const BUDGET = 120;
/** What a busy machine may add to a budget, in milliseconds. */
const SLACK = 5_000;

const isDeno = "Deno" in globalThis;

let server: RedisServer;
let wire: Wire;
let proxy: ServerProxy;

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
  proxy = await startProxy(server.port);
});

after(async () => {
  await closeClients();
  wire?.close();
  await proxy?.stop();
  await server?.stop();
});

/** Runs a step and answers how long it took. */
async function timed(step: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await step();
  return performance.now() - start;
}

/** A cache over a target that cannot be reached, and its events. */
function cacheOver(target: RedisTarget, options: Parameters<typeof redis>[1] = {}) {
  const cache = createCache({
    name: "c",
    tiers: [memory(), redis(target, { timeout: BUDGET, ...options })],
    ttl: "1h",
  });
  const errors: CacheEvents["error"][] = [];
  cache.on("error", (event) => errors.push(event));
  return { cache, errors };
}

test("a password, TLS and a database, by URL and by clients", { skip: reasonFor("redis", "redis-tls") }, async () => {
  const safe = await startRedis({ tls: true, password: "p@ss/wörd" });
  const raw = await openWire(safe);
  try {
    const { ca } = safe;
    const url = `${safe.url}/3`;
    const byKind = { "node-redis": { socket: { tls: true, ca } }, ioredis: { tls: { ca } }, bun: { tls: { ca } } };
    const opened = await Promise.all(clients.map((kind) => openClient(kind, url, byKind[kind])));
    const targets: [RedisTarget, object][] = [
      [url, { tls: { ca } }],
      ...opened.map(({ client }): [RedisTarget, object] => [client, {}]),
    ];
    for (const [target, options] of targets) {
      const one = await openTier(target, options);
      await one.put("k", { v: 1 }, { tags: ["t"] });
      equal(await one.values("k"), [{ v: 1 }]);
      await raw.send("SELECT", 3);
      ok((await keysOf(raw, one.base)).includes(`${one.base}:k`), "it must be in the database of the URL");
      await one.tier.close!();
    }
    await closeClients();
    await raw.send("SELECT", 0);
    equal(await keysOf(raw), []);
    // Neither an unknown authority nor a wrong password is let through, and neither is told.
    const wrong = safe.url.replace(/:[^:@]*@/, ":secret@");
    for (const [target, options] of [
      [safe.url, {}],
      [wrong, { tls: { ca } }],
    ] as const) {
      const { cache, errors } = cacheOver(target, { ...options, timeout: PATIENCE });
      same(await cache.get("k"), undefined);
      const told = JSON.stringify(errors.map(({ error }) => described(error)));
      ok(errors.length > 0 && !told.includes("secret") && !told.includes("rd@"), told);
      await cache.close();
    }
  } finally {
    raw.close();
    await safe.stop();
  }
});

/** All that an error says. */
function described(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return [error.name, error.message, { ...error }, error.cause && described(error.cause)];
}

for (const kind of [...clients, "by URL"] as const) {
  const target = (port: number) => {
    const url = `redis://127.0.0.1:${port}`;
    const made = kind === "by URL" ? undefined : makeClient(kind, url, {}, false);
    return { target: made?.client ?? url, close: async () => made?.close() };
  };

  test(`${kind}: a server that refuses: the first call is answered within the budget`, { skip: reason }, async () => {
    const { target: given, close } = target(await freePort());
    const { cache, errors } = cacheOver(given);
    const ms = await timed(async () => {
      same(await cache.get("k"), undefined);
      same(await cache.getOrSet("k", () => "loaded"), "loaded");
    });
    ok(ms < 4 * BUDGET + SLACK, `it took ${ms} ms`);
    ok(errors.length > 0, "the fault must be an event");
    // Memory has it all the same.
    await until(async () => (await cache.get("k")) === "loaded");
    await cache.close();
    await close();
  });

  test(`${kind}: a server that never answers: the first call is answered within the budget`, {
    skip: reason,
  }, async () => {
    const hole = await startProxy(server.port);
    await hole.mode("blackhole");
    const { target: given, close } = target(hole.port);
    const { cache, errors } = cacheOver(given);
    const ms = await timed(async () => same(await cache.get("k"), undefined));
    ok(ms < 2 * BUDGET + SLACK, `it took ${ms} ms`);
    ok(errors.length > 0, "the fault must be an event");
    await cache.close();
    await close();
    await hole.stop();
  });

  test(`${kind}: a connection that is lost: the next calls have another one`, { skip: reason }, async () => {
    const lost = await startProxy(server.port);
    const url = `redis://127.0.0.1:${lost.port}`;
    const made = kind === "by URL" ? undefined : await openClient(kind, url);
    const one = await openTier(made?.client ?? url, { timeout: 5_000 });
    await one.put("k", "v");
    for (let round = 0; round < 3; round++) {
      lost.cut();
      await until(() =>
        one.values("k").then(
          ([value]) => value === "v",
          () => false,
        ),
      );
    }
    await one.tier.close!();
    await made?.close();
    await lost.stop();
  });
}

for (const kind of clients) {
  test(`${kind}: a client that was not connected is connected by the first call, and never closed`, {
    skip: reason,
  }, async () => {
    const made = makeClient(kind, server.url);
    const one = await openTier(made.client);
    same(made.isOpen, false, "nothing is connected before");
    await Promise.all([one.put("k", "v"), one.put("l", "v")]);
    equal(await one.values("k", "l"), ["v", "v"]);
    same(one.tier.client, made.client);
    await one.tier.close!();
    same(made.isOpen, true, "it stays open");
    const again = await openTier(made.client, { prefix: one.base.slice(1).split(":")[0]! });
    equal(await again.values("k"), ["v"]);
    await made.close();
    if (kind === "bun") return;
    await rejects(() => again.values("k"), Error);
    same(made.isOpen, false, "what its owner has closed stays closed");
  });

  test(`${kind}: what could not be sent in time is never sent`, { skip: reason }, async () => {
    const away = await startProxy(server.port);
    await away.mode("refuse");
    const made = makeClient(kind, `redis://127.0.0.1:${away.port}`);
    const one = await openTier(made.client, { commandTimeout: 50 });
    // The client may take longer to find out that it cannot connect.
    const failed = await Promise.allSettled([
      one.put("k", "late"),
      one.put("l", "late"),
      one.tier.clear("", one.clock.now()),
    ]);
    equal(
      failed.map(({ status }) => status),
      ["rejected", "rejected", "rejected"],
    );
    await away.mode("pass");
    await until(() =>
      one.put("m", "v").then(
        () => true,
        () => false,
      ),
    );
    const patient = await openTier(made.client, { prefix: one.base.slice(1).split(":")[0]! });
    equal(await patient.values("k", "l", "m"), [undefined, undefined, "v"]);
    await made.close();
    await away.stop();
  });
}

test("a pool of node-redis is as good as a client", { skip: reason }, async () => {
  const pool = createClientPool({ url: server.url }, { minimum: 2, maximum: 3 });
  pool.on("error", () => {});
  const one = await openTier(pool);
  await Promise.all(Array.from({ length: 20 }, (_, index) => one.put(`k${index}`, index)));
  equal(await one.values("k0", "k19"), [0, 19]);
  await one.tier.close!();
  same(pool.isOpen, true);
  pool.destroy();
});

test("a client of ioredis with a prefix of its own, and one that gathers commands", { skip: reason }, async () => {
  for (const options of [{ keyPrefix: "theirs:" }, { enableAutoPipelining: true }]) {
    const made = await openClient("ioredis", server.url, options);
    const one = await openTier(made.client);
    await Promise.all(Array.from({ length: 20 }, (_, index) => one.put(`k${index}`, index, { tags: ["t"] })));
    equal(await one.values("k0", "k19"), [0, 19]);
    equal((await one.tier.scan!({ prefix: "k1", limit: 100, now: one.clock.now() })).keys.length, 11);
    await one.tier.clear("k1", one.clock.now());
    equal(await one.values("k0", "k19"), [0, undefined]);
    await one.invalidate("t");
    equal(await one.values("k0"), [undefined]);
    const prefix = "keyPrefix" in options ? options.keyPrefix : "";
    ok((await keysOf(wire, prefix + one.base)).length >= 4, "it must be where its owner wants it");
    await made.close();
  }
});

test("by URL: connections of our own are opened by the first call, as many as asked for, and closed", {
  skip: reason,
}, async () => {
  const alone = await startRedis();
  const raw = await openWire(alone);
  const connections = async () => (await raw.text("CLIENT", "LIST")).trim().split("\n").length - 1;
  const one = await openTier(alone.url, { pool: 3 });
  // That of whoever waited for the server's start may still be on its way out.
  await until(async () => (await connections()) === 0);
  await Promise.all(Array.from({ length: 50 }, (_, index) => one.put(`k${index}`, index)));
  same(await connections(), 3);
  ok(one.tier.client, "the client must be at hand");
  await one.tier.close!();
  await one.tier.close!();
  await until(async () => (await connections()) === 0);
  raw.close();
  await alone.stop();
});

test("by URL: a server that hangs is left, and found again when it goes on", { skip: reason }, async () => {
  const slow = await startProxy(server.port);
  const one = await openTier(`redis://127.0.0.1:${slow.port}`, { commandTimeout: 1_000, connectTimeout: 1_000 });
  await until(() =>
    one.put("k", "v").then(
      () => true,
      () => false,
    ),
  );
  await slow.mode("silent");
  await Promise.all([1, 2, 3].map(() => rejects(() => one.values("k"), Error)));
  const opened = slow.stats.connections;
  await slow.mode("pass");
  await until(() =>
    one.values("k").then(
      ([value]) => value === "v",
      () => false,
    ),
  );
  ok(slow.stats.connections > opened, "it must be another connection");
  await one.tier.close!();
  await slow.stop();
});

test("a cache goes on while Redis is away, and serves nothing old afterwards", { skip: reason }, async () => {
  const stopping = await startRedis();
  const prefix = prefixes();
  const options = { prefix, timeout: 600, breaker: { failures: 3, cooldown: 50 } };
  const { cache } = cacheOver(stopping.url, options);
  const { cache: other } = cacheOver(stopping.url, options);
  await until(async () => {
    await cache.set("k", "old", { tags: ["t"] });
    return (await other.get("k")) === "old";
  });
  await stopping.kill("SIGSTOP");
  await cache.invalidateTags(["t"]);
  same(await cache.get("k"), undefined, "its own change counts at once");
  same(await cache.getOrSet("l", () => "loaded"), "loaded");
  await stopping.kill("SIGCONT");
  await until(async () => {
    same(await cache.get("k"), undefined, "what was invalidated stays that");
    // It has been told when another process does not get it either.
    return (await other.get("k")) === undefined;
  });
  await until(async () => {
    await cache.set("m", "new");
    return (await other.get("m")) === "new";
  });
  await cache.close();
  await other.close();
  await stopping.stop();
});

test("a program that does not close its cache ends all the same", { skip: reason }, async () => {
  for (const task of bun ? [""] : ["", "bus"]) {
    const script = fileURLToPath(import.meta.url).replace("redis-connect.test", "redis-child");
    const flags = isDeno ? ["run", "-A", "--no-check"] : bun ? [] : ["--no-warnings"];
    const child = spawn(process.execPath, [...flags, script, server.url, task], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout!.on("data", (data) => {
      output += data;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const code = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
    clearTimeout(timer);
    equal([code, output.trim()], [0, "from the child"], task);
  }
});
