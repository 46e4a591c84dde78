// Requests and replies stay within the size that the database takes.
import { redis } from "../../adapters/redis.ts";
import { upstash } from "../../adapters/upstash.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import {
  now,
  opened,
  openTier,
  PATIENCE,
  prefixes,
  put,
  served,
  serverTest,
  thrown,
  values,
} from "./upstash-fixture.ts";

/** The bridge refuses larger requests, and replies. */
const LIMIT = 150_000;

const servers = served(LIMIT);

const bounded = { maxRequestBytes: LIMIT };

/** Bytes that do not compress and are no text. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) bytes[index] = (state = (state * 48_271) % 2_147_483_647) >>> 8;
  return bytes;
}

serverTest(
  "a batch that is too large goes in several requests, each of which fits, and is read in several replies",
  async () => {
    const { tier, reports } = await openTier(servers.bridge, bounded);
    const entries = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`key ${index}`, noise(30_000, index + 1)]),
    );
    const keys = Object.keys(entries);
    await put(tier, { warm: 1 });
    let requests = servers.bridge.requests;
    await put(tier, entries, ["tag"]);
    const writes = servers.bridge.requests - requests;
    ok(writes >= 4 && writes <= 6, `4 to 6 requests for 480,000 bytes: ${writes}`);
    requests = servers.bridge.requests;
    const {
      entries: found,
      leases,
      sequence,
    } = await tier.getMany([...keys, "none"], { now, sequence: true, lease: 1_000 });
    const reads = servers.bridge.requests - requests;
    ok(reads >= 4 && reads <= 6, `4 to 6 requests for 480,000 bytes: ${reads}`);
    for (const [index, key] of keys.entries()) equal(found[index]?.value, entries[key], key);
    equal(leases!.map(Boolean), [...keys.map(() => false), true]);
    ok(sequence! > 0);
    equal(reports, []);
  },
);

serverTest("entries that are to be refreshed get their leases in whichever reply they come", async () => {
  const { tier } = await openTier(servers.bridge, bounded);
  const keys = Array.from({ length: 9 }, (_, index) => `key ${index}`);
  await put(tier, Object.fromEntries(keys.map((key, index) => [key, noise(30_000, index + 1)])));
  const { entries, leases } = await tier.getMany(keys, { now, lease: 1_000, refresh: true });
  ok(entries.every(Boolean));
  ok(leases!.every((lease) => lease! > 0));
  const { leases: again } = await tier.getMany(keys, { now, lease: 1_000, refresh: true });
  equal(
    again,
    keys.map(() => undefined),
    "they are taken",
  );
});

serverTest("metadata that is too large for one reply is read in several", async () => {
  const { tier, reports } = await openTier(servers.bridge, bounded);
  const tags = Array.from({ length: 40 }, (_, index) => `tag ${index} ${"t".repeat(100)}`);
  const keys = Array.from({ length: 60 }, (_, index) => `key ${index}`);
  await put(tier, Object.fromEntries(keys.map((key) => [key, "1"])), tags);
  const { entries } = await tier.getMany(["none", ...keys, "none"], { now, metaOnly: true });
  equal([entries[0], entries[61]], [undefined, undefined]);
  for (const entry of entries.slice(1, 61)) equal(entry?.tags, [...tags].sort());
  equal(reports, []);
});

serverTest(
  "thousands of long keys are listed, deleted, touched, released, pruned and cleared within the limit",
  async () => {
    const { tier } = await openTier(servers.bridge, bounded);
    const name = (index: number) => `${String(index).padStart(4, "0")}${"é\u0001".repeat(150)}`;
    const keys = Array.from({ length: 600 }, (_, index) => name(index));
    await put(tier, Object.fromEntries(keys.map((key) => [key, 1])));
    const listed = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await tier.scan!({ prefix: "", limit: 1_000, now, cursor });
      for (const key of page.keys) listed.add(key);
      cursor = page.cursor;
    } while (cursor !== undefined);
    same(listed.size, 600);
    const end = now + 1_800_000;
    const later = keys.slice(0, 300).map((key) => ({ key, freshUntil: end, staleUntil: end }));
    ok((await tier.touchMany!(later, now)).every(Boolean));
    await tier.release!(keys.map((key) => ({ key })));
    let pruned = 0;
    for (let round = 0; round < 40 && pruned < 300; round++) pruned += (await tier.prune!(1_000, end)).length;
    same(pruned, 300);
    ok((await tier.deleteMany(keys.slice(300, 500), now)).every(Boolean));
    same(await tier.size!("", now), 100);
    await tier.clear("", now);
    same(await tier.size!("", now), 0);
  },
);

serverTest("a journal that does not fit into a reply is told as if anything had changed", async () => {
  const prefix = prefixes();
  const { tier } = await openTier(servers.bridge, { ...bounded, prefix });
  const { tier: other } = await openTier(servers.bridge, { ...bounded, prefix });
  const { position } = await other.journal!();
  await put(tier, { key: 1 });
  equal((await other.journal!(position)).changes, [{ by: "keys", keys: ["key"] }]);
  await put(tier, Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}${"k".repeat(500)}`, 1])));
  same((await other.journal!(position)).changes, undefined);
});

serverTest("more tags than fit are invalidated all the same", async () => {
  const { tier } = await openTier(servers.bridge, bounded);
  const tags = Array.from({ length: 400 }, (_, index) => `tag ${index} ${"t".repeat(500)}`);
  await put(tier, { first: 1 }, tags.slice(0, 1));
  await put(tier, { last: 1 }, tags.slice(-1));
  await put(tier, { other: 1 }, ["other"]);
  const sequence = await tier.invalidate!({ tags, match: "any", mode: "delete", now, after: 0 });
  equal(await values(tier, "first", "last", "other"), [undefined, undefined, 1]);
  ok((await tier.invalidate!({ tags, match: "all", mode: "delete", now, after: 0 })) > sequence);
});

serverTest(
  "the largest value fits together with the script; one byte more is refused before anything is sent",
  async () => {
    const { tier } = await openTier(servers.bridge, bounded);
    const most = tier.capabilities.maxValueBytes!;
    const [write] = await tier.prepare!([{ key: "k", entry: entryOf(new Uint8Array(most - 20)) }]);
    const room = most - (write!.entry.value as Uint8Array).length;
    const largest = new Uint8Array(most - 20 + room).fill(7);
    await put(tier, { probe: 1 });
    await servers.wire.send("SCRIPT", "FLUSH");
    await put(tier, { k: largest }, ["some", "tags"]);
    equal((await values(tier, "k"))[0], largest);
    const requests = servers.bridge.requests;
    await rejects(() => put(tier, { k: new Uint8Array(largest.length + 1) }), "TIER_LIMIT");
    const tags = Array.from({ length: 50 }, (_, index) => `${index}${"t".repeat(500)}`);
    const error = await thrown(() => put(tier, { k: largest }, tags));
    same(error.code, "TIER_LIMIT");
    ok(/at most 150000 bytes: received 1[5-9]\d{4}$/.test(error.message), error.message);
    same(servers.bridge.requests, requests);
  },
);

serverTest("a record that is too large for any reply is a miss with a lease, and is not removed", async () => {
  const prefix = prefixes();
  const { tier: there } = await opened(redis(servers.redis.url, { prefix, timeout: PATIENCE }));
  const { tier, reports } = await openTier(servers.bridge, { ...bounded, prefix });
  const value = noise(200_000, 1);
  await put(there, { large: value, small: 1 });
  const { entries, leases } = await tier.getMany(["small", "large"], { now, lease: 1_000 });
  equal(
    entries.map((entry) => entry?.value),
    [1, undefined],
  );
  ok(leases![0] === undefined && leases![1]! > 0, "who waits for nobody may load");
  equal(
    reports.map(({ kind, key }) => [kind, key]),
    [["fault", "large"]],
  );
  equal(await values(there, "large"), [value]);
  await there.close!();
});

serverTest("maxRequestBytes is an integer that leaves room for the script", async () => {
  for (const maxRequestBytes of [0, 100_000, 200_000.5, NaN, Infinity, "1MB" as unknown as number])
    await rejects(async () => upstash({ url: "https://x", token: "t" }, { maxRequestBytes }), "CONFIG");
});

function entryOf(value: unknown) {
  const end = now + 1_000;
  const rest = { tags: [], sequence: undefined, version: undefined, loadTime: 0 };
  return { value, createdAt: now, freshUntil: end, staleUntil: end, ...rest };
}
