import { after, before, test } from "node:test";
import { linkOf } from "../../adapters/redis/connection.ts";
import { redisStore } from "../../adapters/redis/store.ts";
import { connectionTo } from "../../adapters/redis/target.ts";
import { bytes } from "../../src/bytes/mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { type OpenTier, openTier, openWire, prefixes, reason, type Wire } from "./redis-fixture.ts";

let server: RedisServer;
let wire: Wire;

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
});

after(async () => {
  wire?.close();
  await server?.stop();
});

const numbered = (count: number, prefix = "k") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

async function on(run: (one: OpenTier) => Promise<void>): Promise<void> {
  const one = await openTier(server.url);
  try {
    await run(one);
  } finally {
    await one.tier.close!();
  }
}

/** Looks after the records of tags until none is left that is not needed. */
async function tidy({ tier, clock }: OpenTier): Promise<void> {
  for (let round = 0; round < 8; round++) await tier.prune!(1_000, clock.now());
}

test(
  "a record of a tag that was dropped revives nothing: older loads are refused, newer ones are taken",
  { skip: reason },
  () =>
    on(async (one) => {
      const before = await one.sequence();
      await one.invalidate("other");
      const bumped = await one.invalidate("t");
      await one.clock.advance("2m");
      await tidy(one);
      same(await wire.send("HEXISTS", `${one.base}/ledger`, "t:t"), 0, "the record must be gone");
      await one.put("late", "v", { tags: ["t"], sequence: before });
      await one.put("late too", "v", { tags: ["never seen"], sequence: before });
      await one.put("new", "v", { tags: ["t"], sequence: bumped });
      equal(await one.values("late", "late too", "new"), [undefined, undefined, "v"]);
      await one.put("again", "v", { tags: ["t", "never seen"] });
      equal(await one.values("late", "late too", "new", "again"), [undefined, undefined, "v", "v"]);
    }),
);

test("a record of a tag stays as long as entries may have it, touched ones too", { skip: reason }, () =>
  on(async (one) => {
    const { tier, clock } = one;
    const until = (ms: number) => ({ freshUntil: clock.now() + ms, staleUntil: clock.now() + ms });
    await one.put("touched", "v", { tags: ["a"], ...until(60_000) });
    await one.put("written", "v", { tags: ["b"], ...until(60_000) });
    await one.put("longer", "v", { tags: ["b"], ...until(3_600_000) });
    await tier.touchMany!([{ key: "touched", ...until(3_600_000) }], clock.now());
    await clock.advance("50m");
    for (let round = 0; round < 10; round++) await one.putAll(["k"], "v", { tags: numbered(50, `${round}-`) });
    equal(await one.values("touched", "longer"), ["v", "v"]);
    await one.invalidate("a", "b");
    equal(await one.values("touched", "longer"), [undefined, undefined]);
  }),
);

test("a sequence that there never was counts as older than all", { skip: reason }, () =>
  on(async (one) => {
    const sequence = await one.sequence();
    for (const wrong of [sequence + 1, sequence + 1_000_000, Number.MAX_SAFE_INTEGER, Number.NaN, -1, 0.5]) {
      await one.put("k", "v", { tags: ["t"], sequence: wrong });
      await one.invalidate("t");
      equal(await one.values("k"), [undefined], `${wrong}`);
    }
    await one.put("untagged", "v", { sequence: 0 });
    equal(await one.values("untagged"), ["v"], "nothing but tags is about sequences");
  }),
);

test("more rules than are kept: the oldest hit more, never less", { skip: reason }, () =>
  on(async ({ tier, clock, ...one }) => {
    const start = await one.sequence();
    const by = (tags: string[], mode: "delete" | "expire" = "delete") =>
      tier.invalidate!({ tags, match: "all", mode, now: clock.now(), after: 0 });
    await one.put("old", "v", { tags: ["a", "b0"] });
    await one.put("expired", "v", { tags: ["c", "d0"] });
    for (let index = 0; index < 110; index++) {
      await by(["a", `b${index}`]);
      await by(["c", `d${index}`], "expire");
    }
    for (let index = 0; index < 110; index++) {
      await one.put(`late${index}`, "v", { tags: ["a", `b${index}`], sequence: start });
      await one.put(`late too${index}`, "v", { tags: ["c", `d${index}`], sequence: start });
    }
    equal(await one.values("old", ...numbered(110, "late")), Array(111).fill(undefined));
    const { entries } = await tier.getMany(["expired", ...numbered(110, "late too")], { now: clock.now() });
    equal(
      entries.map((entry) => entry?.freshUntil),
      Array(111).fill(0),
    );
    const record = (await wire.send("HSTRLEN", `${one.base}/ledger`, "t:a")) as number;
    ok(record < 8_000, `rules must be bounded: ${record} bytes`);
    await one.put("new", "v", { tags: ["a", "b0"] });
    equal(await one.values("new"), ["v"]);
    // The same again is the same rule.
    for (let index = 0; index < 5; index++) await by(["x", "y"]);
    const rules = Buffer.from((await wire.send("HGET", `${one.base}/ledger`, "t:x")) as Uint8Array).toString();
    same(JSON.parse(rules.split("\n")[1]!).length, 1);
  }),
);

test("more tags than are kept: those of what was just written stay, others may be misses", {
  skip: reason,
}, async () => {
  const link = linkOf(
    connectionTo(server.url, { patience: { connect: 60_000, command: 60_000 }, pool: 1, tls: undefined }),
  );
  const prefix = prefixes();
  const small = bytes(redisStore({ name: "small", prefix, options: {}, link, mostTags: 50 }));
  const { clock, tier, ...rest } = await openTier(server.url, { prefix });
  await small.open!({ cacheName: "test", clock, random: () => 0, removed() {}, report() {} });
  const entry = {
    createdAt: clock.now(),
    freshUntil: Infinity,
    staleUntil: Infinity,
    sequence: undefined,
    version: undefined,
  };
  for (let index = 0; index < 300; index++) {
    const tags = [`t${index}`, `u${index % 7}`];
    const writes = await small.prepare!([{ key: `k${index}`, entry: { ...entry, value: index, loadTime: 0, tags } }]);
    await small.setMany(writes, clock.now());
    equal((await small.getMany([`k${index}`], { now: clock.now() })).entries[0]?.value, index);
  }
  const fields = (await wire.send("HLEN", `${rest.base}/ledger`)) as number;
  ok(fields < 80, `records must be bounded: ${fields}`);
  const left = (await rest.values(...numbered(300))).filter((value) => value !== undefined).length;
  ok(left >= 10 && left < 100, `entries of dropped tags are misses: ${left} are left`);
  await small.close!();
  await tier.close!();
});

test("what a touch made stale at once does not become fresh by another", { skip: reason }, () =>
  on(async ({ tier, clock, ...one }) => {
    await one.put("k", "v");
    const later = clock.now() + 3_600_000;
    await tier.touchMany!([{ key: "k", freshUntil: 0, staleUntil: later }], clock.now());
    await tier.touchMany!([{ key: "k", freshUntil: later, staleUntil: later + 5 }], clock.now());
    const [entry] = (await tier.getMany(["k"], { now: clock.now() })).entries;
    equal([entry?.freshUntil, entry?.staleUntil, entry?.value], [0, later + 5, "v"]);
  }),
);

test("a key that is touched twice, the first time into the past, is gone", { skip: reason }, () =>
  on(async ({ tier, clock, ...one }) => {
    await one.put("k", "v");
    const now = clock.now();
    const touches = [now - 1, now + 1_000].map((end) => ({ key: "k", freshUntil: end, staleUntil: end }));
    equal(await tier.touchMany!(touches, now), [true, false]);
    same(await wire.send("EXISTS", `${one.base}:k`), 0);
  }),
);

test("what comes too late is not listed, and takes no room", { skip: reason }, () =>
  on(async (one) => {
    const before = await one.sequence();
    await one.put("k", "old", { tags: ["t"] });
    await one.invalidate("t");
    await one.put("k", "late", { tags: ["t"], sequence: before });
    equal(await wire.send("EXISTS", `${one.base}:k`), 0);
    same(await wire.send("ZCARD", `${one.base}/index`), 1);
  }),
);

test("leases that stand are kept, however many there are", { skip: reason }, () =>
  on(async ({ tier, clock, ...one }) => {
    const keys = numbered(250);
    for (let at = 0; at < 250; at += 10)
      await tier.getMany(keys.slice(at, at + 10), { now: clock.now(), lease: 10_000 });
    const { leases } = await tier.getMany(keys, { now: clock.now(), lease: 10_000 });
    equal(
      leases!.filter((lease) => lease !== undefined),
      [],
    );
    same(await wire.send("HLEN", `${one.base}/leases`), 250);
  }),
);

test("who missed more changes than are told at once is told that anything may have changed", { skip: reason }, () =>
  on(async (one) => {
    const { position } = await one.tier.journal!();
    const change = (count: number) => Array.from({ length: count }, () => 'another k ["k"]');
    for (const [count, isKnown] of [
      [2_000, true],
      [2_001, false],
    ] as const) {
      await wire.send("DEL", `${one.base}/journal`);
      await wire.send("HSET", `${one.base}/ledger`, "position", position + count);
      await wire.send("RPUSH", `${one.base}/journal`, ...change(count));
      const { changes } = await one.tier.journal!(position);
      same(changes?.length, isKnown ? count : undefined);
    }
    // Its own are not counted.
    const since = (await one.tier.journal!()).position;
    for (let round = 0; round < 5; round++) await Promise.all(numbered(500).map((key) => one.put(key, "v")));
    equal((await one.tier.journal!(since)).changes, []);
  }),
);

test("readers find out that the index is gone, too", { skip: reason }, () =>
  on(async (one) => {
    await one.putAll(["a", "b"], "v");
    await wire.send("DEL", `${one.base}/index`);
    await one.values("a");
    await one.clock.advance("2s");
    equal(await one.values("a", "b"), [undefined, undefined], "what cannot be found cannot be cleared");
    await one.put("a", "new");
    equal([await one.values("a"), await one.tier.size!("", one.clock.now())], [["new"], 1]);
  }),
);

test("who only reads after a loss does not forget what it was told before", { skip: reason }, async () => {
  const prefix = prefixes();
  const one = await openTier(server.url, { prefix });
  const other = await openTier(server.url, { prefix }, { clock: one.clock });
  await one.values("plain");
  const far = one.clock.now() + 1e9;
  const given = await one.tier.invalidate!({
    tags: ["x"],
    match: "any",
    mode: "delete",
    now: one.clock.now(),
    after: far,
  });
  await wire.send("DEL", `${one.base}/ledger`);
  await other.put("plain", "v");
  equal(await one.values("plain"), ["v"]);
  ok((await one.sequence()) > given, "the sequence must rise");
  await one.put("late", "old", { tags: ["t"], sequence: given });
  await other.put("new", "v", { tags: ["t"] });
  equal(await other.values("late"), [undefined]);
  for (const { tier } of [one, other]) await tier.close!();
});

test("large values: a batch that is too large for one call is several", { skip: reason }, () =>
  on(async (one) => {
    const value = (index: number) => `${index}`.repeat(3_000_000);
    const keys = numbered(8);
    const { tier, clock } = one;
    const entry = {
      createdAt: clock.now(),
      freshUntil: Infinity,
      staleUntil: Infinity,
      sequence: undefined,
      version: undefined,
    };
    const writes = keys.map((key, index) => ({
      key,
      entry: { ...entry, value: value(index), loadTime: 0, tags: ["t"] },
    }));
    await tier.setMany(await tier.prepare!(writes), clock.now());
    const found = await one.values(...keys);
    ok(
      found.every((text, index) => text === value(index)),
      "all must come back whole",
    );
    await one.invalidate("t");
    equal(await one.values("k0"), [undefined]);
  }),
);

test("many tags at once", { skip: reason }, () =>
  on(async (one) => {
    const tags = numbered(9_000, "t");
    await one.put("k", "v", { tags: tags.slice(0, 3_000) });
    await one.putAll(numbered(100), "v", { tags: tags.slice(0, 50) });
    equal(await one.values("k", "k1"), ["v", "v"]);
    await one.invalidate(...tags.slice(2_999));
    equal(await one.values("k", "k1"), [undefined, "v"]);
    await one.invalidate(...tags);
    equal(await one.values("k1"), [undefined]);
  }),
);
