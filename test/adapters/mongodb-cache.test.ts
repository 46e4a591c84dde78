// What a user of the cache sees over MongoDB, what is asked of the server, and what is in the collection then. The driver is
// the real one, the server a fake: see mongodb-fake.ts.
import { after, before, beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { MongoClient } from "mongodb";
import { type MongoOptions, mongodb } from "../../adapters/mongodb.ts";
import { type Cache, type CacheEvents, type CacheOptions, createCache, memory, type TierError } from "../../mod.ts";
import { equal, type FakeClock, fakeClock, ok, same } from "../contract/mod.ts";
import { type FakeMongo, startFakeMongo } from "./mongodb-fake.ts";
import { until } from "./until.ts";

let fake: FakeMongo;
let client: MongoClient;

before(async () => {
  fake = await startFakeMongo();
  client = await new MongoClient(fake.url).connect();
});

beforeEach(() => {
  fake.documents.clear();
  fake.indexes.length = 0;
  fake.commands.length = 0;
});

after(async () => {
  await client?.close();
  await fake?.stop();
});

interface Opened {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly errors: CacheEvents["error"][];
  readonly corrupt: CacheEvents["corrupt"][];
}

/** A cache over the collection, without memory and an index unless told. */
function openCache(
  options: CacheOptions = {},
  tier: MongoOptions = {},
  { from = client, withMemory = false }: { from?: MongoClient; withMemory?: boolean } = {},
): Opened {
  const clock = fakeClock();
  const store = mongodb(from.db("app").collection("cache"), { timeout: "1000h", createIndex: false, ...tier });
  const cache = createCache({
    tiers: withMemory ? [memory(), store] : [store],
    clock,
    sweepInterval: 0,
    ...options,
  });
  const opened: Opened = { cache, clock, errors: [], corrupt: [] };
  cache.on("error", (event) => opened.errors.push(event));
  cache.on("corrupt", (event) => opened.corrupt.push(event));
  return opened;
}

function values(cache: Cache, ...keys: string[]): Promise<unknown[]> {
  return Promise.all(keys.map((key) => cache.get(key)));
}

/** What is asked of the server while `run` runs. */
async function asked(run: () => unknown): Promise<string[]> {
  fake.commands.length = 0;
  await run();
  return fake.commands.splice(0);
}

test("mongodb: one process sees what another wrote, deleted, cleared and invalidated", async () => {
  const [one, other] = [openCache({}, {}, { withMemory: true }), openCache()];
  const keys = ["set", "deleted", "tagged", "cleared/1"];
  for (const key of keys) await one.cache.set(key, "old", { tags: [key] });
  equal(await values(other.cache, ...keys), ["old", "old", "old", "old"]);
  await one.cache.set("set", { n: [1, new Uint8Array([2])] });
  await one.cache.delete("deleted");
  await one.cache.invalidateTags(["tagged"]);
  await one.cache.invalidatePattern("cleared/*");
  equal(await values(other.cache, ...keys), [{ n: [1, new Uint8Array([2])] }, undefined, undefined, undefined]);
  equal([one.errors, other.errors], [[], []]);
  await Promise.all([one.cache.close(), other.cache.close()]);
});

test("mongodb: each operation is one call, or two where tags or a lease need another", async () => {
  const { cache, errors } = openCache();
  const many = Array.from({ length: 100 }, (_, n) => ({ key: `k${n}`, value: n }));
  const names = many.map(({ key }) => key);
  equal(await asked(() => cache.set("k", 1)), ["update"]);
  equal(await asked(() => cache.setMany(many)), ["update"]);
  equal(await asked(() => cache.get("k")), ["find"]);
  equal(await asked(() => cache.getMany(names)), ["find"]);
  equal(await asked(() => cache.delete("k")), ["findAndModify"]);
  equal(await asked(() => cache.deleteMany(names)), ["find", "delete"]);
  // The head is made with the first of them.
  await cache.invalidateTags(["t"]);
  equal(await asked(() => cache.set("k", 1, { tags: ["t"] })), ["find", "update"]);
  equal(await asked(() => cache.get("k")), ["find", "find"]);
  equal(await asked(() => cache.invalidateTags(["t", "u"])), ["findAndModify", "update"]);
  equal(await asked(() => cache.getOrSet("loaded", () => 1, { tags: ["t"] })), ["find", "update", "update"]);
  equal(await asked(() => cache.getOrSet("loaded", () => 2)), ["find", "find"]);
  equal(await asked(() => cache.clear()), ["delete"]);
  equal(errors, []);
  await cache.close();
});

test("mongodb: clear touches this cache alone, and no mark of a tag", async () => {
  const [one, other] = [openCache({ name: "one" }), openCache({ name: "other" })];
  await one.cache.set("k", 1, { tags: ["t"] });
  await other.cache.set("k", 2);
  await one.cache.invalidateTags(["t"]);
  await one.cache.clear();
  equal([await one.cache.get("k"), await other.cache.get("k")], [undefined, 2]);
  equal([...fake.documents.keys()].sort(), ["head", "k:other:k", "t:one:t"]);
  await Promise.all([one.cache.close(), other.cache.close()]);
});

test("mongodb: the server removes what is over by an index that is made once, and nothing else", async () => {
  const { cache, clock } = openCache({}, { createIndex: undefined });
  await cache.set("short", 1, { ttl: 1_000, grace: 500 });
  await cache.set("forever", 1);
  await cache.set("tagged", 1, { tags: ["t"], ttl: "1d" });
  await cache.invalidateTags(["u"]);
  await until(() => fake.indexes.length > 0);
  equal(fake.indexes, [{ key: { expiresAt: 1 }, expireAfterSeconds: 60 }]);
  const end = clock.now() + 1_500;
  fake.expire(end + 59_999);
  ok(fake.documents.has("k:default:short"), "clocks differ by up to a minute");
  fake.expire(end + 60_000);
  equal([...fake.documents.keys()].sort(), ["head", "k:default:forever", "k:default:tagged", "t:default:u"]);
  clock.stepWall(86_400_000);
  equal(
    await cache.prune(),
    ["short", "tagged"].filter((key) => key === "tagged"),
  );
  fake.expire(Number.MAX_SAFE_INTEGER);
  same(await cache.get("forever"), 1);
  await cache.close();
});

test("mongodb: a lease does not make an entry without an end mortal, and has an end itself", async () => {
  const { cache, clock } = openCache({}, { createIndex: undefined });
  await cache.set("kept", "v");
  await until(() => fake.indexes.length > 0);
  // A load that brings nothing.
  await cache.getOrSet("loading", () => undefined);
  await cache.set("kept", "v", { tags: ["t"] });
  await cache.invalidateTags(["t"], { mode: "expire" });
  await cache.getOrSet("kept", () => undefined);
  fake.expire(clock.now() + 3_600_000);
  equal(
    [...fake.documents.keys()].filter((id) => id.startsWith("k:")),
    ["k:default:kept"],
  );
  await cache.close();
});

test("mongodb: without the right to make an index everything works, and it is told once", async () => {
  const { cache, errors } = openCache({}, { createIndex: undefined });
  fake.fail("createIndexes", { code: 13, codeName: "Unauthorized", errmsg: "not authorized on app" });
  for (const key of ["a", "b"]) await cache.set(key, key);
  await until(() => errors.length > 0);
  equal(await values(cache, "a", "b"), ["a", "b"]);
  equal(
    errors.map(({ error }) => (error as Error).message),
    ["MongoDB failed in createIndex: MongoServerError 13 Unauthorized"],
  );
  await cache.close();
});

test("mongodb: what nobody can read is a miss, is told of and removed", async () => {
  const { cache } = openCache();
  await cache.set("k", "v");
  await cache.set("whole", "v");
  const id = "k:default:k";
  const document = fake.documents.get(id)!;
  const bad: Record<string, unknown>[] = [
    { value: "text" },
    { value: undefined },
    { createdAt: "soon" },
    { sequence: null },
    { tags: [7] },
    { tags: { $gt: "" } },
    { lease: "mine" },
    { write: "text" },
    { write: { $gt: 0 } },
    { version: 7 },
  ];
  for (const change of bad) {
    const garbage = { ...document, ...change };
    if (change.value === undefined && "value" in change) delete garbage.value;
    fake.documents.set(id, garbage);
    const reader = openCache();
    equal(await values(reader.cache, "k", "whole"), [undefined, "v"], JSON.stringify(change));
    equal([reader.corrupt.map(({ key }) => key), reader.errors], [["k"], []], JSON.stringify(change));
    same(fake.documents.has(id), false, `removed: ${JSON.stringify(change)}`);
    await reader.cache.close();
  }
  fake.documents.set(id, { _id: id, theirs: true });
  const reader = openCache();
  same(await reader.cache.getOrSet("k", () => "loaded", { lease: false }), "loaded");
  await Promise.all([cache.close(), reader.cache.close()]);
});

test("mongodb: keys and tags are values, whatever is in them", async () => {
  const { cache, errors } = openCache();
  const odd = ["$where", "$gt", "a.b.c", '{"$ne":null}', "k:", "head", "t:x", "sleep(9)", "^.*$", "__proto__", "$$NOW"];
  for (const text of odd) await cache.set(text, text, { tags: [text], version: text });
  for (const text of odd) same(await cache.get(text, { version: text }), text, text);
  for (const text of odd) {
    await cache.invalidateTags([text]);
    same(await cache.get(text, { version: text }), undefined, text);
  }
  await cache.invalidateTags(["$a", "b.c"], { match: "all" });
  equal(errors, []);
  await cache.close();
});

test("mongodb: a server that refuses, hangs or is gone is a miss, and errors show neither values nor secrets", async () => {
  const other = await startFakeMongo();
  const url = other.url.replace("mongodb://", "mongodb://user:hunter2@");
  // Long enough for a machine with much to do: only what comes after the end of the server waits for it.
  const limits = { serverSelectionTimeoutMS: 3_000, appName: "hunter2" };
  const from = await new MongoClient(url.replace("user:hunter2@", ""), limits).connect();
  const opened = openCache({ lease: false }, { timeout: 1_000, breaker: false }, { from });
  const { cache, clock, errors } = opened;
  const secret = "4111 1111 1111 1111";
  await cache.set("k", "v");
  for (const command of ["find", "update"]) {
    const refusal = { code: 8000, codeName: "AtlasError", errmsg: `refused ${secret} at ${url}` };
    other.fail(command, refusal);
    same(await cache.getOrSet(`n ${command}`, () => secret), secret);
  }
  same(errors.length, 2);
  other.fail("find", "hang");
  other.commands.length = 0;
  const hung = cache.getOrSet("hung", () => secret);
  await until(() => other.commands.includes("find"));
  await clock.advance(1_000);
  same(await hung, secret);
  await other.stop();
  equal(await Promise.all([cache.getOrSet("gone", () => secret), cache.set("lost", secret)]), [secret, undefined]);
  ok(errors.length >= 5, `each must be told: ${errors.length}`);
  for (const event of errors) {
    const shown = inspect([event.error, (event.error as TierError).cause], { depth: 20, showHidden: true });
    ok(!/hunter2|4111|mongodb:/.test(shown), shown);
  }
  await cache.close();
  await from.close();
});

test("mongodb: two who make the same document at once are both served", async () => {
  const { cache, errors } = openCache();
  fake.fail("findAndModify", { code: 11_000, codeName: "DuplicateKey", errmsg: "E11000 duplicate key" });
  await cache.set("k", 1, { tags: ["t"] });
  await cache.invalidateTags(["t"]);
  same(await cache.get("k"), undefined);
  equal(errors, []);
  await cache.close();
});

test("mongodb: of more than 10,000 tags that were invalidated the oldest are forgotten, and nothing is revived", async () => {
  const { cache, clock, errors } = openCache({ random: () => 0 });
  for (const tag of ["dead", "stale", "live"]) await cache.set(tag, 1, { tags: [tag], grace: "1h" });
  await cache.invalidateTags(["dead"]);
  await cache.invalidateTags(["stale"], { mode: "expire" });
  await cache.set("new", 1, { tags: ["new"] });
  const { sequence } = fake.documents.get("head") as { sequence: number };
  for (let n = 0; n < 10_000; n++)
    fake.documents.set(`t:default:${n}`, { _id: `t:default:${n}`, deleted: sequence, last: sequence });
  const states = (): Promise<unknown[]> => values(cache, "dead", "stale", "live", "new");
  for (const pause of [60_000, 60_000]) {
    clock.stepWall(pause);
    await cache.invalidateTags(["another"]);
    // What is older than a forgotten tag counts as invalidated.
    equal(await states(), [undefined, undefined, undefined, 1]);
  }
  const marks = [...fake.documents.keys()].filter((id) => id.startsWith("t:"));
  ok(marks.length <= 10_000 && !marks.includes("t:default:dead"), `${marks.length} marks`);
  await cache.invalidateTags(["dead"], { mode: "expire" });
  same(await cache.getEntry("dead"), undefined, "it was deleted before it was expired");
  equal(errors, []);
  await cache.close();
});

test("mongodb: of more than 100 invalidations by several tags the oldest are forgotten, and nothing is revived", async () => {
  const { cache, errors } = openCache();
  await cache.set("hit", 1, { tags: ["a", "b"] });
  await cache.set("old", 1, { tags: ["x"] });
  await cache.invalidateTags(["a", "b"], { match: "all" });
  await cache.set("kept", 1, { tags: ["a", "b"] });
  for (let n = 0; n < 100; n++) await cache.invalidateTags(["a", `t${n}`], { match: "all" });
  same((fake.documents.get("head") as { rules: unknown[] }).rules.length, 100);
  // What is older than a forgotten invalidation, and tagged, counts as invalidated.
  equal(await values(cache, "hit", "old", "kept"), [undefined, undefined, 1]);
  await cache.set("new", 1, { tags: ["a", "b"] });
  equal(await values(cache, "new"), [1]);
  equal(errors, []);
  await cache.close();
});
