// What a user of the cache sees when memcached is gone, hangs, or is none.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import Memcache from "memcache";
import { memcached } from "../../adapters/memcached.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { programPath, reasonFor } from "../servers/available.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";
import { startServer } from "../servers/server.ts";
import { fakeServer, open } from "./memcached-fixture.ts";
import { until } from "./until.ts";

const skip = reasonFor("memcached");
const REAL = { real: true } as const;
/** Nobody is to wait for so long, in milliseconds. */
const PATIENCE = 20_000;

async function withServer(run: (server: MemcachedServer) => Promise<void>, args: string[] = []): Promise<void> {
  const server = await startMemcached({ args });
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

const targets = {
  "by URL": ({ address }: MemcachedServer) => ({
    target: address as Parameters<typeof memcached>[0],
    end: async () => {},
  }),
  "by the package": ({ address }: MemcachedServer) => {
    const client = new Memcache({ nodes: [address] });
    return { target: client as Parameters<typeof memcached>[0], end: () => client.disconnect() };
  },
};

for (const [how, make] of Object.entries(targets)) {
  test(`a server that is killed is a miss at once, and works again when it is back, empty: ${how}`, { skip }, () =>
    withServer(async (server) => {
      const { target, end } = make(server);
      const { cache, errors } = open(target, { timeout: PATIENCE }, REAL);
      await cache.set("k", "old");
      await cache.set("deleted", "old");
      await server.kill();
      const start = performance.now();
      same(await cache.get("k"), undefined);
      same(await cache.getOrSet("k", () => "loaded"), "loaded");
      await cache.delete("deleted");
      ok(performance.now() - start < PATIENCE / 2, "it must not be waited for");
      ok(errors.length >= 3 && errors.every(({ tier }) => tier === "memcached"));
      await server.restart();
      await cache.set("k", "new");
      same(await cache.get("k"), "new");
      same(await cache.get("deleted"), undefined);
      await cache.close();
      await end();
    }),
  );
}

test(
  "a server that hangs costs no more than the budget, and what changed meanwhile is not served when it goes on",
  { skip },
  () =>
    withServer(async (server) => {
      const { cache, errors } = open(server.address, { timeout: 100 }, REAL);
      const keys = ["changed", "deleted", "kept"];
      await until(async () => {
        await cache.setMany(keys.map((key) => ({ key, value: "old" })));
        return (await cache.getMany(keys)).size === keys.length;
      });
      await server.kill("SIGSTOP");
      errors.length = 0;
      const start = performance.now();
      same(await cache.get("kept"), undefined);
      await cache.set("changed", "new");
      await cache.delete("deleted");
      ok(performance.now() - start < PATIENCE / 2, "each call must be given up in time");
      ok(errors.length >= 3);
      for (const { error } of errors) ok(String((error as Error).cause).includes("at most 100 ms"), String(error));
      await server.kill("SIGCONT");
      // Until the server has caught up with what it was asked meanwhile.
      await until(async () => {
        same(await cache.get("deleted"), undefined);
        ok((await cache.get("changed")) !== "old", "the old value must not come back");
        return (await cache.get("kept")) === "old";
      });
      await cache.close();
    }),
);

test("of two servers one that fails takes no key of the other with it", { skip }, () =>
  withServer((one) =>
    withServer(async (two) => {
      const { cache, errors } = open([one.address, two.address], { timeout: PATIENCE }, REAL);
      const entries = Array.from({ length: 40 }, (_, value) => ({ key: `k${value}`, value }));
      await cache.setMany(entries);
      await two.kill();
      const found = await cache.getMany(entries.map(({ key }) => key));
      ok(found.size > 5 && found.size < 35, `both servers must have had some: ${found.size}`);
      for (const [key, value] of found) same(key, `k${value}`);
      ok(errors.length > 0, "the fault must be told");
      await cache.clear();
      ok(
        errors.some(({ operation }) => operation === "clear"),
        "what could not be cleared is a fault",
      );
      await two.restart();
      same((await cache.getMany(entries.map(({ key }) => key))).size, 0);
      await cache.set("k1", "new");
      same(await cache.get("k1"), "new");
      await cache.close();
    }),
  ),
);

for (const write of ["through", "behind"] as const) {
  test(`of two servers one that is down keeps nothing from the other, written ${write}`, { skip }, () =>
    withServer((one) =>
      withServer(async (two) => {
        const options = { timeout: PATIENCE, breaker: { failures: 3 }, write } as const;
        const { cache } = open([one.address, two.address], options, REAL);
        const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
        await cache.setMany(keys.map((key) => ({ key, value: "old" })));
        same((await cache.getMany(keys)).size, keys.length);
        await two.kill();
        for (const key of keys) await cache.set(key, "new");
        for (const key of keys) await cache.delete(`none ${key}`);
        same(cache.stats().tiers[0]?.breaker, "closed");
        await cache.close();
        const { cache: next } = open([one.address, two.address], { timeout: PATIENCE }, REAL);
        const found = await next.getMany(keys);
        ok(found.size > 10 && found.size < 50, `both servers must have had some: ${found.size}`);
        equal(new Set(found.values()), new Set(["new"]));
        await next.close();
      }),
    ),
  );
}

test("nobody who listens, and one who never answers: a miss within the budget", async () => {
  const mute = await fakeServer(() => {});
  for (const target of ["127.0.0.1:1", mute.address]) {
    const { cache, errors } = open(target, { timeout: 200 }, REAL);
    const start = performance.now();
    same(await cache.getOrSet("k", () => "loaded"), "loaded");
    ok(performance.now() - start < PATIENCE / 2, target);
    ok(errors.length > 0, target);
    const told = String((errors[0]!.error as Error).cause);
    if (target === mute.address) ok(told.includes("at most 200 ms"), told);
    await cache.close();
  }
  await mute.stop();
});

const answers: Record<string, string> = {
  "something else": "HTTP/1.1 400 Bad Request\r\n\r\n",
  "no line": "x".repeat(5_000),
  "an item that was not asked for": "VALUE tiercel:other 0 3 1\r\nabc\r\nEND\r\n",
  "an item of another size": "VALUE tiercel:kdefault__k 0 3 1\r\nabcdef\r\nEND\r\n",
  "an item of no size": "VALUE tiercel:kdefault__k 0 99999999999 1\r\n",
  "half an item": "VALUE tiercel:kdefault__k 0 300 1\r\nabc",
  "more than one answer": "END\r\nEND\r\nEND\r\n",
  "an error": "ERROR\r\n",
  "an error of the server": "SERVER_ERROR out of memory\r\n",
};
for (const [what, answer] of Object.entries(answers)) {
  test(`a server that answers ${what} is a miss and an event`, async () => {
    const server = await fakeServer((socket) => {
      socket.write(answer);
      if (what === "half an item") socket.destroy();
    });
    const { cache, errors } = open(server.address, { timeout: 500 }, REAL);
    same(await cache.get("k"), undefined);
    same(await cache.getOrSet("k", () => "loaded"), "loaded");
    if (what !== "an item that was not asked for" && what !== "more than one answer") ok(errors.length > 0);
    ok(server.connections() < 20, "it must not connect again and again by itself");
    await cache.close();
    await server.stop();
  });
}

test("a connection that is cut in the middle of an answer harms no later one", { skip }, () =>
  withServer(async (server) => {
    let cut = 0;
    const proxies = new Map<unknown, ReturnType<typeof connect>>();
    const proxy = await fakeServer((socket, data) => {
      let upstream = proxies.get(socket);
      if (upstream === undefined) {
        upstream = connect({ port: server.port, host: "127.0.0.1" });
        upstream.on("error", () => {});
        proxies.set(socket, upstream);
        upstream.on("data", (chunk) => {
          if (cut > 0 && chunk.length > 200) {
            cut--;
            socket.write(chunk.subarray(0, 150), () => socket.destroy());
          } else socket.write(chunk);
        });
        socket.on("close", () => upstream!.destroy());
      }
      upstream.write(data, "latin1");
    });
    const { cache, errors, corrupt } = open(proxy.address, { timeout: PATIENCE }, REAL);
    await cache.set("k", "x".repeat(1_000));
    await cache.set("other", "of the other");
    cut = 1;
    const both = await Promise.all([cache.get("k"), cache.get("other")]);
    ok(both.every((value) => value === undefined || value === "of the other"));
    equal([await cache.get("other"), await cache.get("k")], ["of the other", "x".repeat(1_000)]);
    ok(errors.length > 0);
    equal(corrupt, []);
    await cache.close();
    for (const upstream of proxies.values()) upstream.destroy();
    await proxy.stop();
  }),
);

test("logs in where servers ask for it, and tells no password where that fails", { skip }, async () => {
  const server = await startMemcached();
  const file = join(server.folder, "users");
  writeFileSync(file, "user:p@ss%word\n");
  const guarded = await startServer({
    name: "memcached",
    program: programPath("memcached")!,
    args: (port) => ["-l", "127.0.0.1", "-p", String(port), "-U", "0", "-u", "root", "-Y", file],
    // It answers nobody's questions, so it is enough that somebody listens.
    answers: (port) =>
      new Promise((resolve, reject) => {
        const socket = connect({ port, host: "127.0.0.1" }, () => resolve(true));
        socket.on("error", reject);
        socket.on("connect", () => socket.destroy());
      }),
  });
  const address = `127.0.0.1:${guarded.port}`;
  try {
    const right = open(`memcached://user:${encodeURIComponent("p@ss%word")}@${address}`, { timeout: PATIENCE }, REAL);
    await right.cache.set("k", 1);
    same(await right.cache.get("k"), 1);
    equal(right.errors, []);
    // A server that asks for nothing does not mind, and keeps nothing of it.
    const needless = open(`memcached://user:s3cret@${server.address}`, { timeout: PATIENCE }, REAL);
    await needless.cache.set("k", 1);
    same(await needless.cache.get("k"), 1);
    const wrong = open(`memcached://user:s3cret@${address}`, { timeout: PATIENCE }, REAL);
    const none = open(address, { timeout: PATIENCE }, REAL);
    for (const { cache, errors } of [wrong, none]) {
      same(await cache.get("k"), undefined);
      ok(errors.length > 0);
      for (let cause = errors[0]!.error; cause instanceof Error; cause = cause.cause) {
        ok(!`${cause.stack}${JSON.stringify(cause)}`.includes("s3cret"), cause.message);
      }
      ok(String((errors[0]!.error as Error).cause).includes("login"), String((errors[0]!.error as Error).cause));
    }
    for (const { cache } of [right, needless, wrong, none]) await cache.close();
  } finally {
    await guarded.stop();
    await server.stop();
  }
});

test("memory above goes on without the server", { skip }, () =>
  withServer(async (server) => {
    const cache = createCache({ tiers: [memory(), memcached(server.address, { timeout: 500 })] });
    await cache.set("k", "v");
    await server.kill();
    same(await cache.get("k"), "v");
    await cache.set("k", "new");
    same(await cache.get("k"), "new");
    await server.restart();
    await cache.close();
  }),
);
