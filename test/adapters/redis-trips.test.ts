import { after, before, test } from "node:test";
import type { ReadOptions } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { type Proxy as ServerProxy, startProxy } from "../servers/proxy.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import {
  bun,
  clients,
  closeClients,
  type Kind,
  keysOf,
  type OpenClient,
  openClient,
  openTier,
  openWire,
  prefixes,
  reason,
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
  for (const kind of clients) open.set(kind, await openClient(kind, `redis://127.0.0.1:${proxy.port}`));
});

after(async () => {
  await closeClients();
  wire?.close();
  await proxy?.stop();
  await server?.stop();
});

const numbered = (count: number, prefix = "k") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

for (const kind of [...clients, "by URL"] as const) {
  test(`${kind}: every operation is one round trip, also for a batch of 1,000`, { skip: reason }, async () => {
    const target = kind === "by URL" ? `redis://127.0.0.1:${proxy.port}` : open.get(kind)!.client;
    const one = await openTier(target);
    const { tier } = one;
    const now = one.clock.now();
    // The script is told to the server once.
    await one.put("warm", "up");
    const trips = async (step: () => unknown): Promise<number> => {
      proxy.reset();
      await step();
      return proxy.stats.bursts;
    };
    const thousand = numbered(1_000);
    const read: ReadOptions = { now, sequence: true };
    const operations: Record<string, () => unknown> = {
      "a write": () => one.put("k0", "v"),
      "a write with tags": () => one.put("k0", "v", { tags: ["t", "u", "v"] }),
      "1,000 writes with tags": () => one.putAll(thousand, "v", { tags: ["t", "u"] }),
      "a read": () => tier.getMany(["k0"], { now }),
      "a read of 1,000 with their tags and the sequence": () => tier.getMany(thousand, read),
      "a read of metadata": () => tier.getMany(thousand, { now, metaOnly: true }),
      "a read that takes 1,000 leases": () => tier.getMany(numbered(1_000, "miss"), { ...read, lease: 1_000 }),
      "a touch": () => tier.touchMany!([{ key: "k0", freshUntil: now + 1_000, staleUntil: now + 1_000 }], now),
      "1,000 touches": () =>
        tier.touchMany!(
          thousand.map((key) => ({ key, freshUntil: Infinity, staleUntil: Infinity })),
          now,
        ),
      "an invalidation": () => one.invalidate("t"),
      "an invalidation by all of some tags": () =>
        tier.invalidate!({ tags: ["t", "u"], match: "all", mode: "expire", now, after: 0 }),
      "a look into the journal": () => tier.journal!(),
      "giving back leases": () => tier.release!(numbered(1_000, "miss").map((key) => ({ key }))),
      "1,000 writes": () => one.putAll(thousand, "v"),
      "a page of keys": () => tier.scan!({ prefix: "k", limit: 500, now, leased: true }),
      counting: () => tier.size!("k", now),
      "deleting 500": () => tier.deleteMany(thousand.slice(500), now),
      pruning: () => tier.prune!(1_000, now),
      "clearing 500": () => tier.clear("k", now),
    };
    for (const [what, step] of Object.entries(operations)) same(await trips(step), 1, what);
    equal(one.reports, []);
    await tier.close!();
  });
}

test("an entry without tags is read without the script, others once in a while with two round trips", {
  skip: reason,
}, async () => {
  const one = await openTier(`redis://127.0.0.1:${proxy.port}`);
  if (bun) return one.tier.close!();
  const scripts = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await wire.text("INFO", "commandstats"))?.[1]);
  await one.put("plain", "v");
  await one.put("tagged", "v", { tags: ["t"] });
  equal(await one.values("plain"), ["v"]);
  const before = await scripts();
  for (let i = 0; i < 20; i++) equal(await one.values("plain"), ["v"]);
  same(await scripts(), before);
  proxy.reset();
  for (let i = 0; i < 66; i++) equal(await one.values("tagged"), ["v"]);
  same(proxy.stats.bursts, 68);
  await one.invalidate("t");
  for (let i = 0; i < 40; i++) equal(await one.values("tagged", "plain"), [undefined, "v"]);
  for (let i = 0; i < 40; i++) equal(await one.values("tagged"), [undefined]);
  await one.tier.close!();
});

test("a batch is read without the script where the one before had no tags", { skip: reason }, async () => {
  const one = await openTier(`redis://127.0.0.1:${proxy.port}`);
  if (bun) return one.tier.close!();
  const scripts = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await wire.text("INFO", "commandstats"))?.[1]);
  const keys = numbered(9);
  await one.putAll(keys, "v");
  const all = [...keys.map(() => "v"), undefined];
  equal(await one.values(...keys, "none"), all);
  const before = await scripts();
  proxy.reset();
  for (let i = 0; i < 20; i++) equal(await one.values(...keys, "none"), all);
  same(await scripts(), before);
  same(proxy.stats.bursts, 20);
  // What is no string is no miss like others.
  await wire.send("RPUSH", `${one.base}:none`, "a");
  equal(await one.values(...keys, "none"), all);
  equal(
    one.reports.map(({ kind, key }) => [kind, key]),
    [["corrupt", "none"]],
  );
  same(await wire.send("EXISTS", `${one.base}:none`), 0);
  await one.put("k8", "v", { tags: ["t"] });
  proxy.reset();
  for (let i = 0; i < 100; i++) equal(await one.values(...keys, "none"), all);
  same(proxy.stats.bursts, 101);
  await one.invalidate("t");
  equal(await one.values("k7", "k8"), ["v", undefined]);
  await one.tier.close!();
});

test("no command looks through the database or empties it, and no other key is touched", { skip: reason }, async () => {
  await wire.send("CONFIG", "RESETSTAT");
  const prefix = prefixes();
  const foreign = [
    "foreign",
    `${prefix}`,
    `{${prefix}:test}`,
    `{${prefix}:test}x`,
    `{${prefix}:test2}:k`,
    `{${prefix}2:test}:k`,
  ];
  for (const key of foreign) await wire.send("SET", key, "theirs");
  const before = await keysOf(wire);
  const one = await openTier(server.url, { prefix });
  const now = one.clock.now();
  await one.putAll(numbered(50), "v", { tags: ["t"] });
  await one.values(...numbered(60));
  await one.invalidate("t");
  await one.lease("k1");
  await one.tier.scan!({ prefix: "", limit: 10, now });
  await one.tier.size!("", now);
  await one.tier.prune!(100, now);
  await one.tier.clear("k1", now);
  await one.tier.clear("", now);
  await one.tier.close!();
  const own = ["ledger", "index", "journal"].map((name) => `${one.base}/${name}`);
  equal(await keysOf(wire), [...before, ...own].sort());
  for (const key of foreign) equal(Buffer.from((await wire.send("GET", key)) as Uint8Array).toString(), "theirs");
  const stats = await wire.text("INFO", "commandstats");
  // Twice KEYS, by this test itself.
  ok(/cmdstat_keys:calls=2,/.test(stats), stats);
  for (const command of ["scan", "flushdb", "flushall", "randomkey", "dbsize", "swapdb"])
    ok(!stats.includes(`cmdstat_${command}:`), command);
});

test("a cache leaves those of another name and another prefix alone, in one database", { skip: reason }, async () => {
  const prefix = prefixes();
  const tiers = [
    await openTier(server.url, { prefix }),
    await openTier(server.url, { prefix }, { cacheName: "other" }),
    await openTier(server.url, { prefix: prefixes() }),
  ] as const;
  for (const [index, one] of tiers.entries()) await one.put("k", index, { tags: ["t"] });
  await tiers[0].tier.clear("", tiers[0].clock.now());
  equal([await tiers[0].values("k"), await tiers[1].values("k"), await tiers[2].values("k")], [[undefined], [1], [2]]);
  await tiers[1].invalidate("t");
  equal([await tiers[1].values("k"), await tiers[2].values("k")], [[undefined], [2]]);
  for (const { tier } of tiers) await tier.close!();
});

test("entries are cleaned up by Redis itself, never before their time", { skip: reason }, async () => {
  const one = await openTier(server.url);
  const now = one.clock.now();
  const ttl = async (key: string) => (await wire.send("PTTL", `${one.base}:${key}`)) as number;
  await one.put("stale", "v", { freshUntil: now + 1_000, staleUntil: now + 3_600_000 });
  await one.put("forever", "v", { freshUntil: now + 1_000, staleUntil: Infinity });
  await one.put("over", "v", { freshUntil: now - 2, staleUntil: now - 1 });
  const left = await ttl("stale");
  ok(left > 3_500_000 && left <= 3_600_000, `it must stay until it is no longer served: ${left}`);
  equal([await ttl("forever"), await ttl("over")], [-1, -2]);
  const later = { freshUntil: now + 7_200_000, staleUntil: now + 7_200_000 };
  const never = { freshUntil: Infinity, staleUntil: Infinity };
  equal(
    await one.tier.touchMany!(
      [
        { key: "forever", ...later },
        { key: "stale", ...never },
      ],
      now,
    ),
    [true, true],
  );
  const moved = await ttl("forever");
  ok(moved > 7_100_000 && moved <= 7_200_000, `a touch must move it: ${moved}`);
  same(await ttl("stale"), -1);
  // A touch into the past ends it.
  equal(await one.tier.touchMany!([{ key: "stale", freshUntil: now - 1, staleUntil: now - 1 }], now), [true]);
  equal([await one.values("stale"), await ttl("stale")], [[undefined], -2]);
  await one.tier.close!();
});

test("what Redis expired or evicted leaves the index in time", { skip: reason }, async () => {
  const one = await openTier(server.url);
  const members = async () => (await wire.send("ZCARD", `${one.base}/index`)) as number;
  for (let round = 0; round < 40; round++) {
    const keys = numbered(25, `r${round}-`);
    await one.putAll(keys, "v");
    await wire.send("UNLINK", ...keys.map((key) => `${one.base}:${key}`));
  }
  // A thousand were written, and none is left.
  ok((await members()) < 150, `the index must be about as long as there are entries: ${await members()}`);
  const now = one.clock.now();
  equal([await one.tier.size!("", now), (await one.tier.scan!({ prefix: "", limit: 500, now })).keys], [0, []]);
  same(await members(), 1, "listing must clean up what it finds to be gone");
  await one.putAll(numbered(20), "v");
  await wire.send("UNLINK", `${one.base}:k3`);
  equal(await one.tier.prune!(10, now), [], "what was not removed is not named");
  same(await members(), 20);
  await one.tier.close!();
});

test("records of tags, leases and the journal are bounded", { skip: reason }, async () => {
  const one = await openTier(server.url);
  const { tier, clock } = one;
  const length = async (command: string, name: string) => (await wire.send(command, `${one.base}/${name}`)) as number;
  for (let round = 0; round < 60; round++) {
    // Tags, and keys that somebody began to load, of which nobody hears any more.
    const now = clock.now();
    await one.putAll(numbered(10, `e${round}-`), "v", {
      tags: numbered(10, `t${round}-`),
      freshUntil: now + 1_000,
      staleUntil: now + 1_000,
    });
    await tier.getMany(numbered(20, `l${round}-`), { now, lease: 1_000 });
    await clock.advance("2m");
  }
  ok((await length("HLEN", "ledger")) < 250, `records of 600 tags: ${await length("HLEN", "ledger")}`);
  ok((await length("HLEN", "leases")) < 300, `1,200 leases: ${await length("HLEN", "leases")}`);
  // One that is in use stays, however long.
  await one.put("used", "v", { tags: ["used"], freshUntil: Infinity, staleUntil: Infinity });
  for (let round = 0; round < 20; round++) {
    await one.invalidate(...numbered(50, `i${round}-`));
    await clock.advance("2m");
    await tier.prune!(100, clock.now());
  }
  equal(await one.values("used"), ["v"]);
  await wire.send("RPUSH", `${one.base}/journal`, ...numbered(20_000));
  await one.put("k", "v");
  same(await length("LLEN", "journal"), 16_384);
  await tier.close!();
});
