/** The servers of test/servers, each with the real clients: bytes go in and come out, and nothing is left behind. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient as createLibsql, LibsqlError } from "@libsql/client";
import { errors, Redis as Upstash } from "@upstash/redis";
import { Redis as IoRedis, Cluster as IoRedisCluster } from "ioredis";
import { Memcache } from "memcache";
import { createClient, createCluster, RESP_TYPES } from "redis";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { serverTest } from "../servers/available.ts";
import { startMemcached } from "../servers/memcached.ts";
import { startProxy } from "../servers/proxy.ts";
import { type RedisServer, startRedis, startRedisCluster } from "../servers/redis.ts";
import { connectRedis, RespError } from "../servers/resp.ts";
import type { Server } from "../servers/server.ts";
import { startSqld } from "../servers/sqld.ts";
import { startUpstashBridge } from "../servers/upstash.ts";

const BYTES = Uint8Array.from([0, 255, 0x0d, 0x0a, 0xc3, 0x28, 128, 0]);
const BASE64 = Buffer.from(BYTES).toString("base64");

/** Runs a test with a server and checks that stopping it leaves no process, no folder and nobody at the port. */
async function withServer<S extends Server>(starting: Promise<S>, run: (server: S) => Promise<void>): Promise<void> {
  const server = await starting;
  const { pid, folder } = server;
  try {
    await run(server);
  } finally {
    await server.stop();
  }
  await server.stop();
  for (const each of [pid, server.pid]) same(isRunning(each), false, "the process must be gone");
  same(existsSync(folder), false, "the folder must be gone");
  await rejects(() => connectRedis({ port: server.port }), Error);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The bytes come back through node-redis, ioredis and, in Bun, its own client. */
async function roundTrips({ url, ca }: RedisServer): Promise<void> {
  const tls = ca === undefined ? {} : { tls: { ca } };
  const redis = createClient({ url, socket: ca === undefined ? {} : { tls: true, ca } });
  redis.on("error", () => {});
  await redis.connect();
  await redis.set("redis", Buffer.from(BYTES));
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  equal(new Uint8Array((await binary.get("redis"))!), BYTES);
  redis.destroy();

  const io = new IoRedis(url, tls);
  await io.set("ioredis", Buffer.from(BYTES));
  equal(new Uint8Array((await io.getBuffer("ioredis"))!), BYTES);
  io.disconnect();

  const { Bun } = globalThis as { Bun?: { RedisClient: new (url: string, options: object) => BunRedis } };
  if (Bun === undefined) return;
  const bun = new Bun.RedisClient(url, tls);
  await bun.set("bun", BYTES);
  equal(new Uint8Array((await bun.getBuffer("bun"))!), BYTES);
  bun.close();
}

interface BunRedis {
  set(key: string, value: Uint8Array): Promise<unknown>;
  getBuffer(key: string): Promise<Uint8Array | null>;
  close(): void;
}

serverTest("redis", "redis keeps bytes for every client", () => withServer(startRedis(), roundTrips));

serverTest("redis-tls", "redis with TLS and a password keeps bytes for every client", () =>
  withServer(startRedis({ tls: true, password: "p@ss/word" }), async (server) => {
    await roundTrips(server);
    await rejects(() => connectRedis({ port: server.port, ca: server.ca, password: "wrong" }), RespError);
    await rejects(
      async () => (await connectRedis({ port: server.port, ca: server.ca })).send("GET", "redis"),
      RespError,
    );
  }),
);

serverTest("redis", "a killed redis is started again on its port, and empty unless it was to persist", () =>
  withServer(startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] }), async (server) => {
    const before = await connectRedis(server);
    await before.send("SET", "key", BYTES);
    const { pid } = server;
    await server.kill("SIGKILL");
    same(isRunning(pid), false);
    await rejects(() => before.send("GET", "key"), Error);
    await server.restart();
    ok(server.pid !== pid);
    const after = await connectRedis(server);
    equal(await after.send("GET", "key"), BYTES);
    after.close();
  }),
);

for (const end of ["throws", "exits", "is killed", "is terminated", "forgets its server"]) {
  serverTest("redis", `no server outlives a test process that ${end}`, async () => {
    const script = fileURLToPath(import.meta.url).replace("servers.test", "servers-child");
    const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : "Bun" in globalThis ? [] : ["--no-warnings"];
    const child = spawn(process.execPath, [...runtime, script, end], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    for await (const part of child.stdout) output += part;
    const { port, folder } = JSON.parse(output.trim());
    const limit = performance.now() + 60_000;
    const isGone = async () => {
      const wire = await connectRedis({ port }).catch(() => undefined);
      wire?.close();
      return wire === undefined && !existsSync(folder);
    };
    while (!(await isGone())) {
      ok(performance.now() < limit, "the server must end within a minute");
      await sleep(10);
    }
  });
}

serverTest("redis", "a cluster spreads keys over three nodes", async () => {
  const cluster = await startRedisCluster();
  const folders = cluster.nodes.map(({ server }) => server.folder);
  const rootNodes = cluster.nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }));
  const redis = createCluster({ rootNodes: rootNodes.slice(0, 1) });
  await redis.connect();
  const io = new IoRedisCluster(cluster.nodes.slice(0, 1).map(({ host, port }) => ({ host, port })));
  for (const key of ["a", "b", "c"]) {
    await redis.set(key, Buffer.from(BYTES));
    equal(new Uint8Array((await io.getBuffer(key))!), BYTES);
  }
  redis.destroy();
  io.disconnect();
  const wires = await Promise.all(cluster.nodes.map(({ server }) => connectRedis(server)));
  equal(await Promise.all(wires.map((wire) => wire.send("DBSIZE"))), [1, 1, 1]);
  for (const wire of wires) wire.close();
  await cluster.stop();
  await cluster.stop();
  equal(
    folders.map((folder) => existsSync(folder)),
    [false, false, false],
  );
});

serverTest("memcached", "memcached keeps bytes, and text for its client", () =>
  withServer(startMemcached(), async (server) => {
    const client = new Memcache(server.address);
    same(await client.set("text", BASE64), true);
    same(await client.get("text"), BASE64);
    await client.disconnect();
    const raw = connect({ port: server.port, host: server.host });
    raw.write(Buffer.concat([Buffer.from("set bytes 0 0 8\r\n"), BYTES, Buffer.from("\r\nget bytes\r\n")]));
    let answer = Buffer.alloc(0);
    for await (const part of raw) {
      answer = Buffer.concat([answer, part as Buffer]);
      if (answer.includes("END\r\n")) break;
    }
    const start = answer.indexOf("\r\n", answer.indexOf("VALUE")) + 2;
    equal(Uint8Array.from(answer.subarray(start, start + BYTES.length)), BYTES);
  }),
);

serverTest("sqld", "sqld keeps bytes over HTTP and a WebSocket, also when it is killed", () =>
  withServer(startSqld({ auth: true }), async (server) => {
    const statement = { sql: "INSERT INTO t VALUES (?)", args: [BYTES] };
    for (const url of [server.url, server.wsUrl]) {
      const client = createLibsql({ url, authToken: server.authToken! });
      await client.execute("CREATE TABLE IF NOT EXISTS t (b BLOB)");
      await client.execute(statement);
      client.close();
    }
    await server.kill();
    await server.restart();
    const reader = createLibsql({ url: server.url, authToken: server.token({ a: "ro" }) });
    const { rows } = await reader.execute("SELECT b FROM t");
    equal(
      rows.map((row) => new Uint8Array(row.b as ArrayBuffer)),
      [BYTES, BYTES],
    );
    await rejects(() => reader.execute(statement), LibsqlError);
    reader.close();
    const stranger = createLibsql({ url: server.url });
    await rejects(() => stranger.execute("SELECT 1"), LibsqlError);
    stranger.close();
  }),
);

serverTest("upstash", "the bridge answers Upstash's client as Upstash does", () =>
  withServer(startRedis(), async (server) => {
    const bridge = await startUpstashBridge(server, { maxRequestBytes: 2_000 });
    const { url, token } = bridge;
    const redis = new Upstash({ url, token, automaticDeserialization: false, retry: false });
    same(await redis.set("key", BASE64, { px: 60_000 }), "OK");
    same(await redis.get("key"), BASE64);
    same(await redis.get("none"), null);
    same(bridge.requests, 3);
    same(bridge.log[0]!.commands[0]![0], "set");
    same(bridge.log[1]!.headers["upstash-sync-token"], "local=1", "the client must send the token it was given");
    equal(await redis.pipeline().incr("count").incr("key").get("key").exec({ keepErrors: true }), [
      { result: 1, error: undefined },
      { result: undefined, error: "ERR value is not an integer or out of range" },
      { result: BASE64, error: undefined },
    ]);
    equal(await redis.multi().incr("count").mget("key", "none").exec(), [2, [BASE64, null]]);
    same(bridge.requests, 5);
    equal(await redis.eval("return {ARGV[1], #ARGV[2]}", [], ["é", "x\ny"]), ["é", 3]);
    await rejects(() => redis.incr("key"), errors.UpstashError);
    await rejects(() => redis.exec(["WATCH", "key"]), errors.UpstashError);
    await rejects(() => redis.set("key", "x".repeat(2_000)), errors.UpstashError);
    same((await redis.get("key")) as string, BASE64);
    await rejects(() => new Upstash({ url, token: "wrong", retry: false }).get("key"), errors.UpstashError);
    bridge.answer = { status: 503, body: "<html>" };
    await rejects(() => redis.get("key"), errors.UpstashError);
    bridge.answer = undefined;
    await bridge.stop();
    await bridge.stop();
    await rejects(() => redis.get("key"), TypeError);
  }),
);

serverTest("upstash", "the bridge answers bytes in base64, paths as commands, and refusals with their status", () =>
  withServer(startRedis(), async (server) => {
    const bridge = await startUpstashBridge(server);
    const wire = await connectRedis(server);
    await wire.send("SET", "bytes", BYTES);
    wire.close();
    const ask = async (path: string, headers: Record<string, string> = {}, body?: string) => {
      const authorization = `Bearer ${bridge.token}`;
      const method = body === undefined ? "GET" : "POST";
      const response = await fetch(bridge.url + path, {
        method,
        headers: { authorization, ...headers },
        ...(body === undefined ? {} : { body }),
      });
      return [response.status, await response.json()];
    };
    equal(await ask("/get/bytes", { "upstash-encoding": "base64" }), [200, { result: BASE64 }]);
    equal(await ask("/set/path", {}, "value"), [200, { result: "OK" }]);
    equal(await ask("/set/path?EX=100", {}, "value"), [200, { result: "OK" }]);
    equal(await ask("/mget/path/none"), [200, { result: ["value", null] }]);
    equal(await ask("/get/path", { authorization: "Bearer wrong" }), [
      401,
      { error: "WRONGPASS invalid or missing auth token" },
    ]);
    equal((await ask("/incr/path"))[0], 400);
    equal(await ask("/multi-exec", {}, '[["SET","path","new"],["NONSENSE"]]').then(([status]) => status), 400);
    equal(await ask("/get/path"), [200, { result: "value" }]);
    equal(await ask("/", {}, "[").then(([status]) => status), 400);
    await bridge.stop();
  }),
);

serverTest("upstash", "the bridge passes messages of channels on", () =>
  withServer(startRedis(), async (server) => {
    const bridge = await startUpstashBridge(server);
    const redis = new Upstash({ url: bridge.url, token: bridge.token, retry: false });
    const subscriber = redis.subscribe<string>("news");
    const message = await new Promise<unknown>((resolve) => {
      subscriber.on("message", ({ message }) => resolve(message));
      subscriber.on("subscribe", () => void redis.publish("news", "a,b"));
    });
    same(message, "a,b");
    await subscriber.unsubscribe();
    await bridge.stop();
  }),
);

serverTest("redis", "the proxy counts round trips and makes the faults of a network", () =>
  withServer(startRedis(), async (server) => {
    const proxy = await startProxy(server.port);
    const target = { port: proxy.port };
    const wire = await connectRedis(target);
    await proxy.mode("blackhole");
    const both = Promise.all([wire.send("SET", "key", "value"), wire.send("GET", "key")]);
    while (proxy.stats.bytesUp < 55) await sleep(1);
    await proxy.mode("pass");
    await both;
    await wire.send("PING");
    equal({ ...proxy.stats }, { connections: 1, open: 1, bytesUp: 69, bytesDown: 23, bursts: 2 });
    proxy.reset();
    same(proxy.stats.bursts, 0);

    await proxy.mode({ type: "latency", ms: 50 });
    const started = performance.now();
    await wire.send("PING");
    ok(performance.now() - started >= 49);

    for (const mode of ["silent", "blackhole"] as const) {
      await proxy.mode(mode);
      const held = wire.send("INCR", mode);
      const direct = await connectRedis(server);
      if (mode === "silent") while ((await direct.send("EXISTS", mode)) !== 1);
      else same(await direct.send("EXISTS", mode), 0);
      direct.close();
      const [silent] = await Promise.allSettled([connectRedis(target)]);
      same(silent.status, "fulfilled", "connections are accepted");
      if (silent.status === "fulfilled") silent.value.close();
      await proxy.mode("pass");
      same(await held, 1);
    }

    await proxy.mode("cut");
    await rejects(() => wire.send("GET", "key"), Error);

    await proxy.mode("garbage");
    const confused = connect({ port: proxy.port, host: "127.0.0.1" });
    confused.write("PING\r\n");
    const answer = await new Promise<Buffer>((resolve) => confused.once("data", resolve));
    ok(answer.includes(0xff));
    confused.destroy();

    await proxy.mode("refuse");
    await rejects(() => connectRedis(target), Error);
    await proxy.mode("pass");
    const again = await connectRedis(target);
    same(await again.text("GET", "key"), "value");
    proxy.cut();
    await rejects(() => again.send("PING"), Error);
    await proxy.stop();
    await proxy.stop();
    await rejects(() => connectRedis(target), Error);
  }),
);
