// The whole cache over a real memcached: what is stored, cleared and left alone.
import { after, before, test } from "node:test";
import Memcache from "memcache";
import { memcached } from "../../adapters/memcached.ts";
import { ConfigError, memory, TierError } from "../../mod.ts";
import { equal, ok, rejects, same, throws } from "../contract/assert.ts";
import { reasonFor } from "../servers/available.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";
import { open, type Raw, rawConnection } from "./memcached-fixture.ts";

const skip = reasonFor("memcached");
let server: MemcachedServer;
let raw: Raw;
let prefixes = 0;
before(async () => {
  if (skip) return;
  server = await startMemcached();
  raw = rawConnection(server.port);
});
after(async () => {
  raw?.close();
  await server?.stop();
});

/** A test on the server, with a prefix of its own. */
function serverTest(name: string, run: (prefix: string, address: string) => Promise<void>): void {
  test(name, { skip }, () => run(`p${++prefixes}:`, server.address));
}

test("refuses what is no server, and wrong options by their name, without the password", () => {
  const targets: unknown[] = [
    undefined,
    null,
    7,
    {},
    [],
    "",
    "redis://localhost",
    "memcached://user:s3cret@host:99999",
    "memcached://user:s3cret@ho st",
    "memcached://user:s3cret@host/path",
    "memcached://user:%zz@host",
    ["a", "a"],
    ["a", 1],
    "a,,b",
  ];
  for (const target of targets) {
    const { option, message } = throws(() => memcached(target as string), ConfigError) as ConfigError;
    same(option, "target", String(target));
    ok(!message.includes("s3cret"), message);
  }
  for (const options of [
    { prefix: "" },
    { prefix: "a b" },
    { prefix: "é" },
    { maxItemBytes: 100 },
    { name: "" },
    { timeout: -1 },
  ]) {
    const { option } = throws(() => memcached("localhost", options), ConfigError) as ConfigError;
    ok(option in options, option);
  }
  for (const target of ["localhost", "memcached://localhost", "memcache://[::1]:11211/", "a:1,b:2", ["a", "b:3"]])
    memcached(target);
});

test("opens no connection before it is needed", () => {
  // Nobody listens there.
  const { errors } = open("127.0.0.1:1");
  equal(errors, []);
});

serverTest(
  "clears its own keys alone, with a second cache beside it, and never the server",
  async (prefix, address) => {
    const { cache, errors } = open(address, { prefix });
    const { cache: other } = open(address, { prefix }, { name: "other" });
    const { cache: elsewhere } = open(address, { prefix: `${prefix}below` });
    await raw.ask(`set ${prefix}foreign 0 0 1\r\nx`);
    for (const one of [cache, other, elsewhere]) await one.set("k", "v");
    await cache.clear();
    equal([await cache.get("k"), await other.get("k"), await elsewhere.get("k")], [undefined, "v", "v"]);
    ok((await raw.ask(`get ${prefix}foreign`)).includes("\r\nx\r\n"));
    ok((await raw.ask("stats")).includes("STAT cmd_flush 0\r"));
    await cache.set("k", "again");
    same(await cache.get("k"), "again");
    equal(errors, []);
  },
);

serverTest("a clear by one process holds in another, which writes again as before", async (prefix, address) => {
  const [one, two] = [open(address, { prefix }), open(address, { prefix })];
  await one.cache.set("a", 1);
  await two.cache.set("b", 2);
  await one.cache.clear();
  equal([await two.cache.get("a"), await two.cache.get("b")], [undefined, undefined]);
  // It has not been told of this one.
  await one.cache.clear();
  await two.cache.set("b", 3);
  equal([await one.cache.get("b"), await two.cache.get("b")], [3, 3]);
  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).cache.namespace(`n${i}`).clear()));
  same(await one.cache.get("b"), 3);
  equal([one.errors, two.errors], [[], []]);
});

serverTest("remembers many clears, and clears too much rather than too little", async (prefix, address) => {
  const { cache, errors } = open(address, { prefix });
  for (let round = 0; round < 100; round++) {
    await cache.namespace(`n${round}`).set("k", round);
    await cache.namespace(`n${round}`).clear();
  }
  for (let round = 0; round < 100; round++) same(await cache.namespace(`n${round}`).get("k"), undefined);
  await cache.set("k", 1);
  await cache.namespace("n1").clear();
  same(await cache.get("k"), 1);
  const [, , , , size] = (await raw.ask(`get ${prefix}#clears`)).split(/\s/);
  ok(Number(size) < 5_000, "the record must stay small");
  equal(errors, []);
});

serverTest(
  "everything is a miss when the record of clears is lost or garbage, and goes on from there",
  async (prefix, address) => {
    const [one, two] = [open(address, { prefix }), open(address, { prefix })];
    const damages = [
      `delete ${prefix}#clears`,
      `set ${prefix}#clears 0 0 7\r\ngarbage`,
      `set ${prefix}#clears 0 0 0\r\n`,
      `set ${prefix}#clears 0 0 9\r\n[1,2,3,4]`,
    ];
    for (const [round, damage] of damages.entries()) {
      await one.cache.set("a", round);
      await one.cache.set("b", round);
      await one.cache.delete("b");
      await raw.ask(damage);
      equal([await one.cache.get("a"), await two.cache.get("a")], [undefined, undefined]);
      await two.cache.set("c", round);
      await one.cache.set("b", `new ${round}`);
      equal(
        [await one.cache.get("a"), await two.cache.get("b"), await one.cache.get("c")],
        [undefined, `new ${round}`, round],
      );
      if (round % 2) await one.cache.clear();
    }
    equal([one.errors, two.errors], [[], []]);
  },
);

serverTest("tells memcached when an entry ends, never too early", async (prefix, address) => {
  const { cache } = open(address, { prefix });
  const start = performance.now();
  const left = async (key: string) => Number(/^HD t(-?\d+)/.exec(await raw.ask(`mg ${prefix}kdefault__${key} t`))?.[1]);
  await cache.set("brief", 1, { ttl: 90_500 });
  await cache.set("long", 1, { ttl: "90d" });
  await cache.set("stale", 1, { ttl: 1_000, grace: "1h" });
  await cache.set("endless", 1, { ttl: "30000d" });
  await cache.set("forever", 1);
  const within = (seconds: number, least: number) => {
    // The server counts down meanwhile.
    const passed = Math.floor((performance.now() - start) / 1_000);
    ok(seconds >= least - passed && seconds <= least + 2, `${seconds} for ${least} after ${passed}`);
  };
  within(await left("brief"), 91);
  within(await left("stale"), 3_601);
  const days = (await left("long")) / 86_400;
  ok(days >= 90 && days < 92, `${days} days for 90`);
  equal([await left("endless"), await left("forever")], [-1, -1]);
});

serverTest(
  "whatever else is in the place of an item is a miss and an event, and is removed",
  async (prefix, address) => {
    const { cache, corrupt, errors } = open(address, { prefix });
    await cache.setMany(["k", "other"].map((key) => ({ key, value: key })));
    const item = (key: string) => `${prefix}kdefault__${key}`;
    const stored = await raw.ask(`get ${item("other")}`);
    const foreign = stored.slice(stored.indexOf("\r\n") + 2, -"\r\nEND\r\n".length);
    const garbage = ["", "garbage", foreign, foreign.slice(0, -3), `${foreign.slice(0, 30)}\0${foreign.slice(31)}`];
    for (const [index, data] of garbage.entries()) {
      await raw.ask(`set ${item("k")} 0 0 ${data.length}\r\n${data}`);
      same(await cache.get("k"), undefined, `garbage ${index}`);
      equal(
        corrupt.map(({ key }) => key),
        Array(index + 1).fill("k"),
      );
      same(await raw.ask(`get ${item("k")}`), "END\r\n", `garbage ${index} must be removed`);
    }
    equal([...(await cache.getMany(["k", "other"]))], [["other", "other"]]);
    equal(errors, []);
  },
);

serverTest(
  "values larger than an item are refused before anything is written, and -I is at hand",
  async (prefix, address) => {
    const { cache, errors } = open(address, { prefix });
    await cache.set("fits", "x".repeat(1_047_000));
    same(((await cache.get("fits")) as string).length, 1_047_000);
    for (const [value, tags] of [
      ["x".repeat(1_048_576), []],
      ["x".repeat(1_047_000), Array.from({ length: 100 }, (_, tag) => `a tag with a name ${tag}`)],
    ] as const) {
      same((await cache.set("k", value, { tags }).catch((error) => error))?.code, "TIER_LIMIT");
    }
    equal(errors, []);
    const large = await startMemcached({ args: ["-I", "4m", "-m", "64"] });
    try {
      const { cache: other, errors: faults } = open(large.address, { maxItemBytes: 4 * 2 ** 20 });
      await other.set("k", "x".repeat(4 * 2 ** 20 - 1_000));
      same(((await other.get("k")) as string).length, 4 * 2 ** 20 - 1_000);
      // Told wrongly, the server refuses it: a fault, and no old value.
      const { cache: wrong, errors: told } = open(address, { prefix, maxItemBytes: 4 * 2 ** 20 });
      await wrong.set("k", "old");
      await wrong.set("k", "x".repeat(2 * 2 ** 20));
      same(await wrong.get("k"), undefined);
      ok(String((told[0]!.error as Error).cause).includes("SERVER_ERROR"));
      equal(faults, []);
      for (const one of [other, wrong]) await one.close();
    } finally {
      await large.stop();
    }
  },
);

serverTest("a batch of thousands is written, read and deleted", async (prefix, address) => {
  const { cache, errors } = open(address, { prefix });
  const entries = Array.from({ length: 3_000 }, (_, value) => ({
    key: `key ${"x".repeat(value % 300)} ${value}`,
    value,
  }));
  await cache.setMany(entries);
  const found = await cache.getMany(entries.map(({ key }) => key));
  equal(
    [...found.values()],
    entries.map(({ value }) => value),
  );
  await cache.deleteMany(entries.map(({ key }) => key));
  same((await cache.getMany(entries.map(({ key }) => key))).size, 0);
  equal(errors, []);
});

serverTest(
  "an invalidation by tag holds in the process that makes it, and one by pattern is refused",
  async (prefix, address) => {
    const { cache, errors } = open(address, {}, { tiers: [memory(), memcached(address, { prefix })] });
    await cache.set("a", 1, { tags: ["t"] });
    await cache.set("b", 2, { tags: ["u"] });
    await cache.invalidateTags(["t"]);
    await cache.evictAll();
    equal([await cache.get("a"), await cache.get("b")], [undefined, 2]);
    await rejects(cache.invalidatePattern("b*"), TierError);
    await cache.set("c", 3, { tags: ["t", "u"] });
    await cache.invalidateTags(["t", "u"], { match: "all" });
    await cache.evictAll();
    same(await cache.get("c"), undefined);
    equal(errors, []);
  },
);

serverTest("ten writes of one key at once end with the last", async (prefix, address) => {
  const { cache } = open(address, {}, { tiers: [memory(), memcached(address, { prefix })] });
  await Promise.all(Array.from({ length: 10 }, (_, value) => cache.set("k", value)));
  await cache.evictAll();
  same(await cache.get("k"), 9);
  await Promise.all([cache.set("k", 10), cache.touch("k", { ttl: "1h" }), cache.delete("k")]);
  await cache.evictAll();
  same(await cache.get("k"), undefined);
});

serverTest("many processes touch, set and delete one key, and none sees a mixture", async (prefix, address) => {
  const caches = Array.from({ length: 4 }, () => open(address, { prefix }));
  const seen: unknown[] = [];
  await Promise.all(
    caches.map(async ({ cache }, id) => {
      for (let round = 0; round < 30; round++) {
        await cache.set("k", { id, text: `${id}`.repeat(1_000) });
        await cache.touch("k", { ttl: "1h" });
        seen.push(await cache.get("k"));
        if (round % 7 === id) await cache.delete("k");
      }
    }),
  );
  for (const value of seen) {
    if (value === undefined) continue;
    const { id, text } = value as { id: number; text: string };
    same(text, `${id}`.repeat(1_000));
  }
  equal(
    caches.flatMap(({ errors, corrupt }) => [...errors, ...corrupt]),
    [],
  );
});

serverTest("a client of the caller stays open, and its server does not answer for itself", async (prefix, address) => {
  const client = new Memcache(address);
  const { cache, errors } = open(client, { prefix });
  same(cache.tier("memcached").client, client);
  await cache.set("k", new Uint8Array([0, 255, 10, 13]));
  equal(await cache.get("k"), new Uint8Array([0, 255, 10, 13]));
  await cache.close();
  same(await client.set("own", "1"), true);
  await client.disconnect();
  equal(errors, []);
  throws(() => memcached(new Memcache({ nodes: [address], sasl: { username: "u", password: "p" } })), ConfigError);
});

serverTest("a process does not wait for a connection that it has not closed", async (prefix, address) => {
  const { execFile } = await import("node:child_process");
  const { fileURLToPath } = await import("node:url");
  const script = fileURLToPath(import.meta.url).replace("memcached-cache.test", "memcached-child");
  const args = "Deno" in globalThis ? ["run", "-A", "--no-check", script] : [script];
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [...args, address, prefix], { timeout: 60_000 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  same(printed.trim(), "from the child");
});
