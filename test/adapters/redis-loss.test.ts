import { after, before, test } from "node:test";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { keysOf, type OpenTier, openTier, openWire, prefixes, reason, until, type Wire } from "./redis-fixture.ts";

let server: RedisServer;
let wire: Wire;
const opened: OpenTier[] = [];

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
});

after(async () => {
  for (const { tier } of opened) await tier.close!();
  wire?.close();
  await server?.stop();
});

async function open(...args: Parameters<typeof openTier> extends [unknown, ...infer Rest] ? Rest : never) {
  const tier = await openTier(server.url, ...args);
  opened.push(tier);
  return tier;
}

/** Two openers of one store. */
async function pair(): Promise<[OpenTier, OpenTier]> {
  const prefix = prefixes();
  const first = await open({ prefix });
  return [first, await open({ prefix }, { clock: first.clock })];
}

const OWN = ["ledger", "index", "leases", "journal"] as const;

/** What was there before something was lost: one entry of each kind, one invalidated, one load under way. */
async function scene() {
  const [one, other] = await pair();
  const old = await one.sequence();
  await one.putAll(["plain", "kept"], "old");
  await one.put("tagged", "old", { tags: ["t"] });
  await one.put("dead", "old", { tags: ["dead"] });
  await one.put("all", "old", { tags: ["a", "b"] });
  await one.invalidate("dead");
  await one.tier.invalidate!({ tags: ["a", "b"], match: "all", mode: "delete", now: one.clock.now(), after: 0 });
  const lease = (await one.lease("loading"))!;
  await other.values("plain");
  const { position } = await other.tier.journal!();
  return { one, other, old, lease, position };
}

/**
 * What must hold whatever was lost: nothing that was invalidated comes back, and whoever was told something is told
 * again.
 */
async function holds({ one, other, old, lease, position }: Awaited<ReturnType<typeof scene>>) {
  const before = await one.sequence();
  equal(await one.values("dead", "all"), [undefined, undefined], "what was invalidated");
  // Loads from before the invalidation, and one that makes the records of the tags anew.
  await one.put("late", "old", { tags: ["dead"], sequence: old });
  await other.put("late too", "old", { tags: ["a", "b"], sequence: old });
  await one.put("new", "new", { tags: ["dead", "a", "b"] });
  equal(
    await one.values("dead", "all", "late", "late too"),
    [undefined, undefined, undefined, undefined],
    "loads from before",
  );
  equal(await other.values("new"), ["new"], "what is new is taken");
  ok((await one.invalidate("dead")) > before, "the sequence must rise");
  equal(await other.values("new", "dead"), [undefined, undefined]);
  // Either the lease still stands or its write is refused; that of another never.
  const refused = await one.put("loading", "loaded", {}, lease);
  equal(await one.values("loading"), [refused.length > 0 ? undefined : "loaded"]);
  equal(await one.put("loading", "again", {}, lease), ["loading"], "a lease is for one write");
  // Whoever follows the journal hears of the changes, or that anything may have changed.
  const page = await other.tier.journal!(position);
  const told = page.changes?.some((change) => change.by === "keys" && change.keys.includes("new"));
  ok(page.changes === undefined || told, "the journal must tell, or say that it cannot");
  await one.put("next", 1);
  const next = await other.tier.journal!(page.position);
  equal(next.changes, [{ by: "keys", keys: ["next"] }], "the position that it then gave is a good one");
  // Listing and clearing find all that is there.
  const keys = [...(await one.tier.scan!({ prefix: "", limit: 1_000, now: one.clock.now() })).keys].sort();
  const readable = ["plain", "kept", "tagged", "loading", "next", "new", "late", "late too", "dead", "all"];
  const found = await one.values(...readable);
  equal(keys, readable.filter((_, index) => found[index] !== undefined).sort(), "what is listed is what can be read");
  await one.tier.clear("", one.clock.now());
  equal(
    await other.values(...readable),
    readable.map(() => undefined),
    "nothing is left after clear",
  );
}

test("nothing lost: what must hold then holds now", { skip: reason }, async () => holds(await scene()));

for (const which of OWN) {
  test(`the ${which} is evicted: nothing that was invalidated comes back`, { skip: reason }, async () => {
    const lost = await scene();
    await wire.send("DEL", `${lost.one.base}/${which}`);
    await holds(lost);
  });

  test(`the ${which} is overwritten by somebody else: it is as good as evicted`, { skip: reason }, async () => {
    for (const value of [
      ["SET", "garbage"],
      ["RPUSH", "a", "b"],
      ["SADD", "a"],
    ] as const) {
      const lost = await scene();
      const key = `${lost.one.base}/${which}`;
      await wire.send("DEL", key);
      await wire.send(value[0], key, ...value.slice(1));
      await holds(lost);
    }
  });
}

test("fields of the ledger are damaged: nothing that was invalidated comes back", { skip: reason }, async () => {
  for (const [field, value] of [
    ["epoch", ""],
    ["sequence", "x"],
    ["position", ""],
    ["start", "-"],
    ["floor", "nan?"],
    ["first", " "],
    ["t:dead", "garbage"],
    ["t:dead", "1 2 3\n[{"],
    ["t:dead", "1 2 3\n5"],
    ["t:dead", "1 2 3\n[5]"],
    ["t:dead", "1 2 3\n[{}]"],
    ["t:dead", '1 2 3\n[{"d":"1","e":"x","t":[]}]'],
    ["t:a", "0 0 0\n{}"],
  ] as const) {
    const lost = await scene();
    await wire.send("HSET", `${lost.one.base}/ledger`, field, value);
    // One that reads like a record may say anything; that of rules alone keeps its marks.
    if (field !== "t:a") await holds(lost);
    else equal(await lost.one.values("dead"), [undefined]);
  }
});

test("somebody empties the database: everything is a miss, and nothing comes back", { skip: reason }, async () => {
  const lost = await scene();
  await wire.send("FLUSHALL");
  equal(await lost.one.values("plain", "tagged"), [undefined, undefined]);
  await holds(lost);
});

test("somebody empties the database and another process goes on before us", { skip: reason }, async () => {
  const lost = await scene();
  await wire.send("FLUSHALL");
  await lost.one.clock.advance("1m");
  const third = await open({ prefix: lost.one.base.slice(1).split(":")[0]! }, { clock: lost.one.clock });
  await third.put("tagged", "third", { tags: ["t"] });
  // It began before, and knows nothing of the new epoch yet.
  await lost.one.put("late", "old", { tags: ["t"], sequence: lost.old });
  equal(await third.values("late", "tagged"), [undefined, "third"]);
  await holds(lost);
});

test("sequences ahead of the clock are above all that was given out before a loss", { skip: reason }, async () => {
  const [one, other] = await pair();
  const far = one.clock.now() + 365 * 86_400_000;
  await one.put("k", "old", { tags: ["t"] });
  const given = await one.tier.invalidate!({
    tags: ["x"],
    match: "any",
    mode: "delete",
    now: one.clock.now(),
    after: far,
  });
  await one.put("ahead", "old", { tags: ["t"] });
  await wire.send("DEL", `${one.base}/ledger`);
  // The other begins the new epoch, far below; then comes who was given a sequence far above.
  await other.put("other", "new", { tags: ["t"] });
  await one.put("load", "old", { tags: ["t"], sequence: given });
  equal(await other.values("load", "ahead"), [undefined, undefined]);
  ok((await one.sequence()) > given, "the sequence must be above all that was given out");
  await one.put("after", "new", { tags: ["t"] });
  await other.invalidate("t");
  equal(await one.values("after", "other", "load", "ahead"), [undefined, undefined, undefined, undefined]);
});

test("the server forgets the script", { skip: reason }, async () => {
  const one = await open();
  await one.put("k", 1);
  await wire.send("SCRIPT", "FLUSH");
  const [found] = await Promise.all([one.values("k"), one.put("l", 2), one.invalidate("t")]);
  equal([found, await one.values("l")], [[1], [2]]);
  await wire.send("SCRIPT", "FLUSH");
  // Calls that are under way together keep their order.
  const now = one.clock.now();
  const entry = {
    createdAt: now,
    freshUntil: Infinity,
    staleUntil: Infinity,
    tags: [],
    sequence: undefined,
    version: undefined,
  };
  const write = one.tier.prepare!([{ key: "k", entry: { ...entry, value: 1, loadTime: 0 } }]) as [];
  await Promise.all([one.tier.setMany(write, now), one.tier.deleteMany(["k"], now), one.tier.setMany(write, now)]);
  equal(await one.values("k"), [1]);
  await wire.send("SCRIPT", "FLUSH");
  await Promise.all([one.tier.deleteMany(["k"], now), one.tier.setMany(write, now), one.tier.deleteMany(["k"], now)]);
  equal(await one.values("k"), [undefined]);
});

test("garbage under our keys is a miss, is told, and is gone; other keys of the batch are hits", {
  skip: reason,
}, async () => {
  const one = await open();
  const garbage: [string, ...(string | Uint8Array)[]][] = [
    ["SET", "hello"],
    ["SET", Uint8Array.from({ length: 300 }, (_, index) => 255 - (index % 256))],
    ["SET", "T1"],
    ["SET", `T1${"1".repeat(300)}`],
    ["SET", `T1000130${"0".repeat(300)}`],
    ["RPUSH", "a"],
    ["HSET", "a", "b"],
    ["ZADD", "1", "a"],
    // Stays, so nothing tells when it was looked at: what came after it would be gone at any time.
    ["SET", ""],
  ];
  for (const [command, ...rest] of garbage) {
    // What looks like a record of another epoch in a part is a miss like any.
    for (const metaOnly of /^T1.|^$/.test(String(rest[0])) ? [false] : [false, true]) {
      await one.putAll(["good", "bad"], "v", { tags: ["t"] });
      const name = `${one.base}:bad`;
      await wire.send("DEL", name);
      await wire.send(command, name, ...rest);
      one.reports.length = 0;
      const { entries, leases } = await one.tier.getMany(["bad", "good"], {
        now: one.clock.now(),
        metaOnly,
        lease: 100,
      });
      equal([entries[0], entries[1]?.staleUntil, typeof leases?.[0]], [undefined, one.clock.now() + 600_000, "number"]);
      const [report] = one.reports;
      equal(
        [report?.kind, (report?.error as { code?: string } | undefined)?.code, report?.key],
        ["corrupt", "CORRUPT", "bad"],
      );
      if (rest[0] !== "") await until(async () => (await wire.send("EXISTS", name)) === 0);
      await one.tier.release!([{ key: "bad" }]);
    }
  }
});

test("a record with a flipped bit is a miss or the same", { skip: reason }, async () => {
  const one = await open();
  await one.put("k", { value: "v" }, { tags: ["t"], version: "1" });
  const name = `${one.base}:k`;
  const good = (await wire.send("GET", name)) as Uint8Array;
  let misses = 0;
  for (let at = 0; at < good.length; at += 3) {
    const bad = good.slice();
    bad[at]! ^= 1 << (at % 8);
    await wire.send("SET", name, bad);
    const [found] = await one.values("k");
    if (found === undefined) misses++;
    else equal(found, { value: "v" }, `byte ${at}`);
  }
  ok(misses > good.length / 4, "most of it must be seen");
});

test("what was written is removed as corrupt only while it is that", { skip: reason }, async () => {
  const one = await open();
  const name = `${one.base}:k`;
  await one.put("k", "old");
  const bad = (await wire.send("GET", name)) as Uint8Array;
  bad[110]! ^= 1;
  await wire.send("SET", name, bad);
  // The read, the new value, and only then what the read has found out.
  await Promise.all([one.values("k"), one.put("k", "new")]);
  await one.values("k");
  equal(await one.values("k"), ["new"]);
});

test("a server that is full: reads go on, and the fault is told", { skip: reason }, async () => {
  const full = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  const raw = await openWire(full);
  try {
    const one = await openTier(full.url);
    await one.put("k", "v", { tags: ["t"] });
    await raw.send("CONFIG", "SET", "maxmemory", 1);
    equal(await one.values("k"), ["v"]);
    const { entries, leases } = await one.tier.getMany(["k", "missing"], {
      now: one.clock.now(),
      lease: 100,
      sequence: true,
    });
    equal([entries[0]?.value, leases], ["v", undefined]);
    equal(
      one.reports.map(({ kind }) => kind),
      ["fault"],
    );
    const error = await rejects(() => one.put("l", "v".repeat(1_000)), Error);
    same((error as { code?: string }).code, "OOM");
    await raw.send("CONFIG", "SET", "maxmemory", 0);
    await one.put("l", "v");
    equal(await one.values("k", "l"), ["v", "v"]);
    await one.tier.close!();
  } finally {
    raw.close();
    await full.stop();
  }
});

for (const policy of ["allkeys-lru", "allkeys-random", "volatile-ttl"]) {
  test(`a server that evicts by ${policy}: nothing that was invalidated comes back`, { skip: reason }, async () => {
    const small = await startRedis({ args: ["--maxmemory", "3mb", "--maxmemory-policy", policy] });
    const raw = await openWire(small);
    try {
      const prefix = prefixes();
      const one = await openTier(small.url, { prefix });
      const other = await openTier(small.url, { prefix }, { clock: one.clock });
      /** Per key the round of its last write; per tag and of everything the round of the last invalidation. */
      const written = new Map<string, number>();
      const invalidated = new Map<string, number>();
      let hits = 0;
      for (let round = 1; round <= 30; round++) {
        const from = (round * 40) % 400;
        const keys = Array.from({ length: 40 }, (_, index) => `k${(from + index) % 400}`);
        const tagOf = (key: string) => `t${Number(key.slice(1)) % 50}`;
        const writer = round % 2 ? one : other;
        for (const key of keys) written.set(key, round);
        await Promise.all(
          keys.map((key) => writer.put(key, { round, filler: "x".repeat(9_000) }, { tags: [tagOf(key)] })),
        );
        const tags = [`t${round % 50}`, `t${(round * 7) % 50}`];
        await (round % 3 ? one : other).invalidate(...tags);
        for (const tag of tags) invalidated.set(tag, round);
        const asked = Array.from({ length: 100 }, (_, index) => `k${(round * 13 + index * 3) % 400}`);
        for (const reader of [one, other]) {
          const found = await reader.values(...asked);
          for (const [index, value] of found.entries()) {
            if (value === undefined) continue;
            const key = asked[index]!;
            hits++;
            same((value as { round: number }).round, written.get(key), "an older value");
            ok((invalidated.get(tagOf(key)) ?? 0) < written.get(key)!, `${key} of ${tagOf(key)} came back`);
          }
        }
      }
      const evicted = Number(/evicted_keys:(\d+)/.exec(await raw.text("INFO", "stats"))![1]);
      ok(evicted > 200, `the server must evict, it did ${evicted} times`);
      ok(hits > 100, `something must be left, there were ${hits} hits`);
      equal([...one.reports, ...other.reports], []);
      const listed = await one.tier.size!("", one.clock.now());
      ok(listed <= (await keysOf(raw)).length, "only what is there is counted");
      await one.tier.clear("", one.clock.now());
      equal(await other.values("k1", "k2"), [undefined, undefined]);
      for (const { tier } of [one, other]) await tier.close!();
    } finally {
      raw.close();
      await small.stop();
    }
  });
}

test("a server that comes back with an older state: who knows better begins anew", { skip: reason }, async () => {
  const old = await startRedis({ args: ["--dbfilename", "dump.rdb"] });
  try {
    const prefix = prefixes();
    const one = await openTier(old.url, { prefix });
    await one.putAll(["deleted", "kept", "set"], "old");
    await one.put("tagged", "old", { tags: ["t"] });
    equal(await one.values("deleted"), ["old"]);
    const raw = await openWire(old);
    await raw.send("SAVE");
    raw.close();
    await one.tier.deleteMany(["deleted"], one.clock.now());
    await one.put("set", "new");
    await one.invalidate("t");
    await old.kill("SIGKILL");
    await old.restart();
    const check = await openWire(old);
    same(await check.send("EXISTS", `${one.base}:deleted`), 1, "the old state must be there again");
    check.close();
    equal(await one.values("deleted"), [undefined]);
    equal(await one.values("deleted", "set", "tagged", "kept"), [undefined, undefined, undefined, undefined]);
    const newcomer = await openTier(old.url, { prefix }, { clock: one.clock });
    equal(await newcomer.values("deleted", "set", "tagged"), [undefined, undefined, undefined]);
    await newcomer.put("deleted", "again");
    equal(await one.values("deleted"), ["again"]);
    for (const { tier } of [one, newcomer]) await tier.close!();
  } finally {
    await old.stop();
  }
});

test("a server that comes back with its data: everything is as it was", { skip: reason }, async () => {
  const kept = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  try {
    const one = await openTier(kept.url);
    await one.put("k", "v", { tags: ["t"] });
    await one.put("dead", "v", { tags: ["u"] });
    const lease = (await one.lease("loading"))!;
    await one.invalidate("u");
    const { position } = await one.tier.journal!();
    await kept.kill("SIGKILL");
    await kept.restart();
    equal(await one.values("k", "dead"), ["v", undefined]);
    equal((await one.tier.journal!(position)).changes, []);
    equal(await one.put("loading", "loaded", {}, lease), []);
    await one.tier.close!();
  } finally {
    await kept.stop();
  }
});
