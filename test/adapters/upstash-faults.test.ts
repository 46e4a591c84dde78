// What becomes of a call when Upstash, or the way to it, fails: an error in time, which has no secrets in it.
import { type AddressInfo, createServer, type Socket } from "node:net";
import { upstash } from "../../adapters/upstash.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import {
  allOf,
  KINDS,
  type Kind,
  now,
  openTier,
  PATIENCE,
  put,
  served,
  serverTest,
  targetOf,
  thrown,
  until,
  values,
} from "./upstash-fixture.ts";

const servers = served();

const TOKEN = "AX-secret-token";
const VALUE = "a value that is nobody's business";

/** Nothing of this may be told. */
function isDiscreet(error: unknown, ...more: readonly string[]): void {
  const text = allOf(error);
  for (const secret of [TOKEN, servers.bridge.token, VALUE, "secret key", "EVALSHA", "evalsha", ...more])
    ok(!text.includes(secret), `the error must not tell ${secret}: ${text}`);
  ok(text.length < 8_000, "the error must be short");
}

/** What a server answers that is not one, or not well, and what the error says. */
const ANSWERS: Record<string, { status: number; body: string; headers?: Record<string, string>; says: RegExp }> = {
  "too many requests": {
    ...{ status: 429, body: '{"error":"ERR max daily request limit exceeded. Limit: 10000, Usage: 10001"}' },
    says: /^Redis failed: ERR max daily request limit exceeded/,
  },
  "a fault of the server": { status: 500, body: '{"error":"internal error"}', says: /^Redis failed: / },
  "a page of a proxy": { status: 502, body: "<html><h1>Bad Gateway</h1></html>", says: /not one of Upstash$/ },
  "a page instead of an answer": { status: 200, body: "<html>Log in</html>", says: /not one of Upstash$/ },
  "half an answer": { status: 200, body: '{"result":"*5\\n$20\\n', says: /not one of Upstash$/ },
  "no text": { status: 200, body: '{"result":[1,"2",null]}', says: /Upstash/ },
  "a reply that is cut": { status: 200, body: '{"result":"*5\\n$20\\nabc"}', says: /Upstash/ },
  "another reply": { status: 200, body: '{"result":"OK"}', says: /Upstash/ },
  "nothing in it": { status: 200, body: "{}", says: /Upstash/ },
  nothing: { status: 200, body: "", says: /not one of Upstash$/ },
  null: { status: 200, body: "null", says: /Upstash/ },
  "a redirect": { status: 301, body: "", headers: { location: "https://elsewhere.example/" }, says: /Upstash/ },
};

for (const [what, { says, ...answer }] of Object.entries(ANSWERS)) {
  serverTest(`fetch: ${what} is an error, after one request`, async () => {
    const { tier } = await openTier(targetOf("fetch", servers.bridge));
    await put(tier, { "secret key": VALUE });
    const requests = servers.bridge.requests;
    servers.bridge.answer = answer;
    try {
      const error = await thrown(() => put(tier, { "secret key": VALUE }));
      ok(says.test(error.message), error.message);
      isDiscreet(error);
      same(servers.bridge.requests - requests, 1);
    } finally {
      servers.bridge.answer = undefined;
    }
    equal(await values(tier, "secret key"), [VALUE]);
  });

  // A pipeline's answer is a list.
  const list = { ...answer, body: answer.status === 200 ? answer.body.replace(/^(\{.*\})$/, "[$1]") : answer.body };
  serverTest(`client: ${what} is an error`, async () => {
    for (const kind of ["client", "plain client"] as const) {
      const { tier } = await openTier(targetOf(kind, servers.bridge));
      servers.bridge.answer = list;
      try {
        if (answer.status === 301) continue;
        const error = await thrown(() => put(tier, { "secret key": VALUE }));
        ok(/^(Redis failed: |Cannot read answer of Upstash)/.test(error.message), error.message);
        isDiscreet(error);
      } finally {
        servers.bridge.answer = undefined;
      }
    }
  });
}

for (const kind of KINDS) {
  serverTest(`${kind}: a wrong token is an error that says so`, async () => {
    const { tier } = await openTier(targetOf(kind, { url: servers.bridge.url, token: TOKEN }));
    const error = await thrown(() => put(tier, { "secret key": VALUE }));
    same(error.message, "Redis failed: WRONGPASS invalid or missing auth token");
    same(error.code, "WRONGPASS");
    isDiscreet(error);
  });

  serverTest(`${kind}: an error of Redis is told by its words, without the command`, async () => {
    const { tier } = await openTier(targetOf(kind, servers.bridge));
    await put(tier, { first: 1 });
    await servers.wire.send("CONFIG", "SET", "maxmemory", 1, "maxmemory-policy", "noeviction");
    try {
      const error = await thrown(() => put(tier, { "secret key": VALUE }));
      same(error.code, "OOM");
      ok(/^Redis failed: OOM command not allowed/.test(error.message), error.message);
      isDiscreet(error);
    } finally {
      await servers.wire.send("CONFIG", "SET", "maxmemory", 0);
    }
  });

  serverTest(
    `${kind}: a record that was damaged, is of another type or is no text is a miss, told and removed`,
    async () => {
      const { tier, base, reports } = await openTier(targetOf(kind, servers.bridge));
      const keys = ["whole", "cut", "foreign", "list", "head", "payload"];
      await put(tier, Object.fromEntries(keys.map((key) => [key, VALUE])), ["tag"]);
      const record = (await servers.wire.send("GET", `${base}:cut`)) as Uint8Array;
      await servers.wire.send("SET", `${base}:cut`, record.slice(0, 40));
      await servers.wire.send(
        "SET",
        `${base}:foreign`,
        Uint8Array.from({ length: 256 }, (_, index) => index),
      );
      await servers.wire.send("DEL", `${base}:list`);
      await servers.wire.send("RPUSH", `${base}:list`, "x");
      for (const [key, at] of [
        ["head", record.length - 60],
        ["payload", record.length - 2],
      ] as const)
        await servers.wire.send("SETRANGE", `${base}:${key}`, at, Uint8Array.of(0xff));
      equal(await values(tier, ...keys), [VALUE, ...keys.slice(1).map(() => undefined)]);
      const told = reports.map(({ kind, key }) => `${kind} ${key}`).sort();
      equal(
        told,
        keys
          .slice(1)
          .map((key) => `corrupt ${key}`)
          .sort(),
      );
      for (const { error } of reports) isDiscreet(error);
      for (const key of keys.slice(1))
        await until(`removal of ${key}`, async () => (await servers.wire.send("EXISTS", `${base}:${key}`)) === 0);
    },
  );
}

/** A server that accepts, and does with what it gets as it likes. */
async function withServer(
  answer: (socket: Socket) => void,
  run: (url: string, ended: Promise<void>) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  let tell = () => {};
  const ended = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => tell());
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, ended);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

serverTest("a server that accepts and never answers fails within the time of the tier, and the request is ended", () =>
  withServer(
    () => {},
    async (url, ended) => {
      const { tier } = await openTier({ url, token: TOKEN }, { timeout: 150 });
      const start = performance.now();
      const error = await thrown(() => tier.getMany(["secret key"], { now }));
      const time = performance.now() - start;
      same(error.message, "Redis failed: no answer within 150 ms");
      same(error.code, "TIMEOUT");
      isDiscreet(error, url);
      ok(time < 10_000, `it took ${time} ms`);
      await ended;
    },
  ),
);

serverTest("a server that answers half and hangs fails within the time of the tier too", () =>
  withServer(
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"result":'),
    async (url, ended) => {
      const { tier } = await openTier({ url, token: TOKEN }, { timeout: 150 });
      same((await thrown(() => tier.getMany(["k"], { now }))).code, "TIMEOUT");
      await ended;
    },
  ),
);

serverTest(
  "an answer that is cut, a connection that is cut, and a port where nobody is are errors at once",
  async () => {
    const cut = (socket: Socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"result":"*5\\n');
    let closed = "";
    for (const answer of [cut, (socket: Socket) => socket.destroy()]) {
      await withServer(answer, async (url) => {
        closed = url;
        const { tier } = await openTier({ url, token: TOKEN });
        const error = await thrown(() => put(tier, { "secret key": VALUE }));
        ok(/^Redis failed: /.test(error.message), error.message);
        isDiscreet(error, url);
      });
    }
    const { tier } = await openTier({ url: closed, token: TOKEN });
    const error = await thrown(() => put(tier, { "secret key": VALUE }));
    ok(/^Redis failed: no answer of Upstash/.test(error.message), error.message);
    isDiscreet(error, closed);
  },
);

serverTest("a client whose own signal ends requests gets an error, not garbage", async () => {
  const { Redis } = await import("@upstash/redis");
  const { url, token } = servers.bridge;
  for (const signal of [AbortSignal.abort("enough"), () => AbortSignal.abort("enough")]) {
    const { tier } = await openTier(new Redis({ url, token, signal, retry: false, enableTelemetry: false }));
    const error = await thrown(() => tier.getMany(["k"], { now }));
    ok(/^Redis failed: /.test(error.message), error.message);
  }
});

serverTest("options that cannot be used are refused, without a word of the token", async () => {
  const refused = async (option: string, call: () => unknown) => {
    const error = await thrown(call);
    same((error as { option?: string }).option, option, error.message);
    isDiscreet(error, "lovelace", "hunter2", "x.upstash.io");
  };
  const url = "https://x.upstash.io";
  await refused("token", () => upstash(url));
  await refused("token", () => upstash({ url, token: "" }));
  await refused("token", () => upstash(url, { token: `${TOKEN}\n` }));
  await refused("token", () => upstash({ url, token: TOKEN }, { token: TOKEN }));
  await refused("token", () => upstash(targetOf("client", servers.bridge), { token: TOKEN }));
  for (const target of ["", "x.upstash.io", "redis://x.upstash.io", "https://lovelace:hunter2@x.upstash.io"])
    await refused("target", () => upstash(target, { token: TOKEN }));
  for (const target of [`${url}?_token=${TOKEN}`, `${url}#x`, "https://"])
    await refused("target", () => upstash(target, { token: TOKEN }));
  for (const target of [undefined, null, 42, {}, { token: TOKEN }])
    await refused("target", () => upstash(target as unknown as string));
  await refused("prefix", () => upstash({ url, token: TOKEN }, { prefix: "a{b}" }));
  await refused("timeout", () => upstash({ url, token: TOKEN }, { timeout: 0 }));
});

for (const kind of ["fetch", "plain client"] as const) {
  serverTest(`${kind}: while the database is away the cache goes on, and tells what is wrong`, async () => {
    const { startUpstashBridge } = await import("../servers/upstash.ts");
    const bridge = await startUpstashBridge(servers.redis);
    const tier = upstash(targetOf(kind, bridge), { breaker: false, timeout: PATIENCE });
    const cache = createCache({ name: kind.replace(" ", "-"), tiers: [memory(), tier] });
    const errors: unknown[] = [];
    cache.on("error", ({ error }) => errors.push(error));
    try {
      await cache.set("key", VALUE, { tags: ["tag"] });
      bridge.answer = { status: 503, body: "unavailable" };
      await cache.evictAll();
      same(await cache.getOrSet("key", () => "loaded"), "loaded");
      ok(errors.length > 0);
      for (const error of errors) isDiscreet(error);
      await cache.invalidateTags(["tag"]);
      bridge.answer = undefined;
      const tiers = [memory(), upstash(targetOf(kind, bridge), { timeout: PATIENCE })];
      const other = createCache({ name: kind.replace(" ", "-"), tiers });
      await cache.set("another", 1);
      same(await other.get("key"), undefined, "what was invalidated meanwhile is made good before it serves again");
      await other.close();
    } finally {
      await cache.close();
      await bridge.stop();
    }
  });
}

serverTest("a prefix or cache of its own is all that clear touches", async () => {
  const target: Kind = "fetch";
  const make = (name: string) =>
    createCache({ name, tiers: [upstash(targetOf(target, servers.bridge), { timeout: PATIENCE })] });
  const [mine, theirs] = [make("mine"), make("mine2")];
  await servers.wire.send("SET", "somebody's", "own");
  await mine.set("key", 1);
  await theirs.set("key", 2);
  await mine.clear();
  same(await mine.get("key"), undefined);
  same(await theirs.get("key"), 2);
  same(await servers.wire.text("GET", "somebody's"), "own");
  await rejects(async () => createCache({ tiers: [upstash("https://x")] }), "CONFIG");
  await mine.close();
  await theirs.close();
});
