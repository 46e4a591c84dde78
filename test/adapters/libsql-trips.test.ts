// One round trip per operation, counted by a proxy between the client and a real server.
import { createClient } from "@libsql/client";
import { libsql } from "../../adapters/libsql.ts";
import type { Tier } from "../../src/tier.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { type Proxy as Counter, startProxy } from "../servers/proxy.ts";
import { entry, now, opened, PATIENT, put, values } from "./libsql-fixture.ts";
import { type Served, sharedServer } from "./libsql-server.ts";

const { serverTest } = sharedServer();

const LEASE = 10_000;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A tier behind a proxy that counts, with the database in order. */
async function counted({ server }: Served, run: (tier: Tier, proxy: Counter) => Promise<void>): Promise<void> {
  const proxy = await startProxy(server.port);
  const { tier } = opened(libsql(`http://127.0.0.1:${proxy.port}`, PATIENT));
  try {
    await tier.getMany(["any"], { now });
    proxy.reset();
    await run(tier, proxy);
  } finally {
    await tier.close!();
    await proxy.stop();
  }
}

/** What an operation answers, which took so many round trips. */
async function trips<T>(proxy: Counter, count: number, what: string, run: () => T | Promise<T>): Promise<T> {
  const before = proxy.stats.bursts;
  const answer = await run();
  same(proxy.stats.bursts - before, count, `round trips of ${what}`);
  return answer;
}

serverTest("every operation is one round trip, with leases, tags and the journal", (served) =>
  counted(served, async (tier, proxy) => {
    const once = <T>(what: string, run: () => T | Promise<T>) => trips(proxy, 1, what, run);
    const keys = numbers(100).map((index) => `k${index}`);
    const all = Object.fromEntries(keys.map((key) => [key, key.repeat(50)]));
    await once("a write", () => put(tier, { a: 1 }));
    await once("a write with tags", () => put(tier, { b: 1 }, ["t", "u"]));
    await once("a batch of writes", () => put(tier, all));
    await once("a batch of writes with tags", () => put(tier, all, ["t"]));
    equal(await once("a read", () => values(tier, "a")), [1]);
    same((await once("a batch of reads", () => values(tier, ...keys))).filter(Boolean).length, 100);
    const asked = { now, lease: LEASE, sequence: true };
    const miss = await once("a miss that takes a lease", () => tier.getMany(["x"], asked));
    const lease = miss.leases![0]!;
    ok(lease > 0);
    equal((await once("a miss that somebody loads", () => tier.getMany(["x"], asked))).leases, [undefined]);
    equal((await once("a hit that asks for a lease", () => tier.getMany(["a"], asked))).leases, [undefined]);
    await once("a batch that takes leases", () => tier.getMany(["a", "m", "n"], { ...asked, refresh: true }));
    const write = await tier.prepare!([
      { key: "x", entry: { ...entry(["t"]), value: "loaded" }, lease },
      { key: "y", entry: { ...entry(), value: "late" }, lease },
    ]);
    equal((await once("a write under leases", () => tier.setMany(write, now))).refused, ["y"]);
    await once("a touch", () => tier.touchMany!([{ key: "a", freshUntil: now + 5, staleUntil: now + 9 }], now));
    for (const match of ["any", "all", "exact"] as const) {
      const invalidation = { tags: ["t", "u"], match, mode: "delete", now, after: 0 } as const;
      await once(`an invalidation by ${match}`, () => tier.invalidate!(invalidation));
    }
    await once("a look into the journal", () => tier.journal!());
    await once("a look into the journal from a position", () => tier.journal!(0));
    await once("a scan", () => tier.scan!({ prefix: "k", limit: 10, now }));
    await once("a size", () => tier.size!("k", now));
    await once("a release", () => tier.release!([{ key: "m" }, { key: "n" }]));
    await once("a delete", () => tier.deleteMany(["a", "no"], now));
    await once("a clear", () => tier.clear("k", now));
    await trips(proxy, 0, "an empty read", () => tier.getMany([], { now }));
  }),
);

serverTest("the first operation looks at the schema in one more round trip, and makes it in two more", (served) =>
  counted(served, async (warm, proxy) => {
    const { tier: second } = opened(libsql(`http://127.0.0.1:${proxy.port}`, PATIENT));
    await trips(proxy, 2, "the first read", () => second.getMany(["a"], { now }));
    await second.close!();
    await served.raw.empty();
    const { tier: third } = opened(libsql(`http://127.0.0.1:${proxy.port}`, PATIENT));
    await trips(proxy, 4, "the first read of an empty database", () => third.getMany(["a"], { now }));
    await third.close!();
    await warm.getMany(["a"], { now });
  }),
);

serverTest("operations that come together share round trips, and a bad one harms no other", (served) =>
  counted(served, async (tier, proxy) => {
    const writes = await trips(proxy, 2, "a hundred writes at once", () =>
      Promise.allSettled(numbers(100).map((index) => put(tier, { [`k${index}`]: index }))),
    );
    ok(writes.every(({ status }) => status === "fulfilled"));
    equal(await values(tier, ...numbers(100).map((index) => `k${index}`)), numbers(100));
    // The server takes no parameter of more than 5 MB.
    const tags = [...numbers(60)].map((index) => `${index} ${"t".repeat(100_000)}`);
    const outcomes = await Promise.allSettled([
      ...numbers(3).map((index) => put(tier, { [`a${index}`]: index })),
      put(tier, { bad: 1 }, tags),
      ...numbers(3).map((index) => put(tier, { [`b${index}`]: index })),
    ]);
    equal(
      outcomes.map(({ status }) => status === "fulfilled"),
      [true, true, true, false, true, true, true],
    );
    equal(await values(tier, "a0", "a1", "a2", "bad", "b0", "b1", "b2"), [0, 1, 2, undefined, 0, 1, 2]);
  }),
);

serverTest("leases that are asked for together go to one reader each", (served) =>
  counted(served, async (tier) => {
    const reads = numbers(60).map((index) => tier.getMany([`k${index % 20}`], { now, lease: LEASE }));
    const given = (await Promise.all(reads)).map(({ leases }) => leases![0]);
    same(given.filter((lease) => lease !== undefined).length, 20);
  }),
);

serverTest("a batch that is too large for one request or one answer goes in several", async ({ server, raw }) => {
  const { tier } = opened(libsql(server.url, PATIENT));
  const large = Object.fromEntries(numbers(8).map((index) => [`k${index}`, String(index).repeat(3_000_000)]));
  await put(tier, large, ["t"]);
  equal(await raw.rows("SELECT count(*) AS n FROM journal"), [{ n: 2 }], "two requests");
  const keys = Object.keys(large);
  const { entries, sequence, leases } = await tier.getMany([...keys, "no"], { now, sequence: true, lease: LEASE });
  equal(
    entries.map((found) => found?.value === undefined),
    [...keys.map(() => false), true],
  );
  for (const [index, key] of keys.entries()) same(entries[index]!.value, large[key]);
  equal([sequence, leases!.map((lease) => lease !== undefined)], [0, [...keys.map(() => false), true]]);
  await tier.close!();
});

serverTest("a client of the caller's, over HTTP or a WebSocket, works and stays open", async ({ server }) => {
  for (const url of [server.url, server.wsUrl]) {
    for (const intMode of ["number", "bigint"] as const) {
      const client = createClient({ url, intMode });
      const { tier, reports } = opened(libsql(client, PATIENT));
      await put(tier, { a: [url, 2 ** 40, new Uint8Array([1, 2])] }, ["t"]);
      const { leases } = await tier.getMany(["no"], { now, lease: LEASE });
      ok(leases![0]);
      await tier.release!([{ key: "no" }]);
      equal(await values(tier, "a"), [[url, 2 ** 40, new Uint8Array([1, 2])]]);
      same(tier.client, client);
      await tier.close!();
      same((await client.execute("SELECT 1")).rows.length, 1, "the caller's client stays open");
      equal(reports, []);
      client.close();
    }
  }
});

serverTest("a tier from a ws: URL works, and close ends its connection", async ({ server }) => {
  const { tier } = opened(libsql(server.wsUrl, PATIENT));
  await put(tier, { a: 1 });
  equal(await values(tier, "a"), [1]);
  await tier.close!();
});
