// The whole cache over storages of unstorage: what it leaves alone, what goes wrong, and what drivers cannot do.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createStorage, type Driver, prefixStorage, type Storage } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import httpDriver from "unstorage/drivers/http";
import memoryDriver from "unstorage/drivers/memory";
import nullDriver from "unstorage/drivers/null";
import redisDriver from "unstorage/drivers/redis";
import { type UnstorageOptions, unstorage } from "../../adapters/unstorage.ts";
import { type Cache, type CacheEvents, type CacheOptions, ConfigError, createCache, memory } from "../../mod.ts";
import { equal, ok, same, throws } from "../contract/assert.ts";
import { type FakeClock, fakeClock } from "../contract/mod.ts";
import { reasonFor } from "../servers/available.ts";
import { startRedis } from "../servers/redis.ts";

interface Opened {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly corrupt: CacheEvents["corrupt"][];
  readonly errors: CacheEvents["error"][];
}

/** A cache over a storage. */
function open(storage: Storage, options: UnstorageOptions = {}, cacheOptions: CacheOptions = {}): Opened {
  const clock = fakeClock();
  const tiers = [unstorage(storage, { breaker: false, ...options })];
  const cache = createCache({ clock, sweepInterval: 0, tiers, ...cacheOptions });
  const corrupt: CacheEvents["corrupt"][] = [];
  const errors: CacheEvents["error"][] = [];
  cache.on("corrupt", (event) => corrupt.push(event));
  cache.on("error", (event) => errors.push(event));
  return { cache, clock, corrupt, errors };
}

/** The items of a cache named `default`. */
async function itemOf(storage: Storage, key: string): Promise<string> {
  const found = (await storage.getKeys("tiercel")).filter((item) => item.endsWith(`default__${key}`));
  if (found.length !== 1) throw new Error(`expected one item, received ${found.length}`);
  return found[0]!;
}

test("refuses what is no storage, and wrong options by their name", () => {
  for (const storage of [undefined, null, {}, new Map(), "memory"])
    throws(() => unstorage(storage as never), ConfigError);
  const storage = createStorage();
  const wrong: object[] = [
    { base: "" },
    { base: "a::b" },
    { base: "a/b" },
    { base: "..:a" },
    { base: "a?b" },
    { raw: 1 },
    { expire: "yes" },
    { durable: 1 },
    { shared: 0 },
    { maxKeyLength: 0 },
    { maxItemBytes: 100 },
    { maxItemBytes: Number.NaN },
    { ttl: "soon" },
    { codec: {} },
  ];
  for (const options of wrong) {
    const { option } = throws(() => unstorage(storage, options), ConfigError) as ConfigError;
    ok(option in options, `${option} of ${JSON.stringify(options)}`);
  }
  throws(() => unstorage(storage, null as never), ConfigError);
});

test("does nothing to the storage before it is used, and never disposes of it", async () => {
  const calls: string[] = [];
  const driver = memoryDriver();
  const spied = Object.fromEntries(
    Object.entries(driver).map(([name, value]) => [
      name,
      typeof value === "function"
        ? (...args: unknown[]) => {
            calls.push(name);
            return (value as (...args: unknown[]) => unknown)(...args);
          }
        : value,
    ]),
  ) as unknown as Driver;
  const storage = createStorage({ driver: spied });
  const { cache } = open(storage);
  equal(calls, []);
  await cache.set("k", 1);
  await cache.close();
  equal(calls, ["setItem"]);
  same(((await storage.getKeys()) as string[]).length, 1);
});

test("leaves alone all items that are not its own, in and beside its base", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-unstorage-"));
  for (const driver of [memoryDriver(), fsDriver({ base: folder })] as Driver[]) {
    const storage = createStorage({ driver });
    const foreign = [
      "readme",
      "tiercelX:k",
      "tiercel2:kdefault__a",
      "tiercel:Notes",
      "tiercel:notes",
      "tiercel:sub:kx",
    ];
    for (const item of foreign) await storage.setItem(item, "text");
    const { cache, corrupt, errors } = open(storage);
    const { cache: other } = open(storage, {}, { name: "other" });
    await cache.setMany(["a", "b", "user:1"].map((key) => ({ key, value: key })));
    await other.set("a", "of the other");
    equal([...(await cache.keys())].sort(), ["a", "b", "user:1"]);
    await cache.clear();
    equal([...(await cache.keys())], []);
    same(await other.get("a"), "of the other");
    equal(
      (await storage.getKeys()).sort(),
      [...foreign, await itemOf(storage, "x").catch(() => "tiercel:kother__a")].sort(),
    );
    for (const item of foreign) same(await storage.getItem(item), "text", item);
    equal([corrupt, errors], [[], []]);
  }
  rmSync(folder, { recursive: true });
});

test("works below a prefix of the storage, on a mount, and in a base of several parts", async () => {
  const whole = createStorage();
  whole.mount("cache:deep", memoryDriver());
  for (const [storage, base] of [
    [prefixStorage(whole, "app"), "tiercel"],
    [whole, "cache:deep"],
    [whole, "a:b.c:d-e_f"],
  ] as const) {
    const { cache, errors } = open(storage, { base });
    await cache.setMany(["a", "b"].map((key) => ({ key, value: `${base} ${key}` })));
    equal(
      [...(await cache.getMany(["b", "no", "a"]))],
      [
        ["b", `${base} b`],
        ["a", `${base} a`],
      ],
    );
    equal([...(await cache.keys())].sort(), ["a", "b"]);
    equal(errors, []);
  }
  same((await whole.getKeys()).length, 6);
});

test("keys that are too long for a file name are listed, counted and cleared", async () => {
  const { cache, errors } = open(createStorage());
  const keys = ["x".repeat(300), "y".repeat(300), `x${"😀".repeat(100)}`, "x"];
  await cache.setMany(keys.map((key) => ({ key, value: key.length })));
  equal([...(await cache.keys())].sort(), [...keys].sort());
  same(await cache.size(), 4);
  equal([...(await cache.keys({ pattern: "x*" }))].length, 3);
  await cache.invalidatePattern("x*");
  equal([...(await cache.keys())], ["y".repeat(300)]);
  await cache.clear();
  same(await cache.size(), 0);
  equal(errors, []);
});

test("whatever else is in the place of an item is a miss and an event, and is removed", async () => {
  const storage = createStorage();
  const { cache, corrupt, errors } = open(storage);
  await cache.set("other", "of the other");
  await cache.set("k", "value");
  const item = await itemOf(storage, "k");
  const [whole, foreign] = [
    (await storage.getItem(item)) as string,
    await storage.getItem(await itemOf(storage, "other")),
  ];
  const garbage: unknown[] = [
    "garbage",
    "",
    "base64:",
    "base64:!!!",
    whole.slice(0, -8),
    `${whole.slice(0, 40)}A${whole.slice(41)}`.replace(whole, "base64:AAAA"),
    foreign,
    { json: true },
    7,
    true,
    [1],
  ];
  for (const [index, value] of garbage.entries()) {
    await storage.setItem(item, value as string);
    same(await cache.get("k"), undefined, `garbage ${index}`);
    equal(
      corrupt.map(({ key }) => key),
      Array(index + 1).fill("k"),
    );
    same(await storage.hasItem(item), false, `garbage ${index} must be removed`);
  }
  await storage.setItem(item, whole);
  equal(
    [...(await cache.getMany(["k", "other"]))],
    [
      ["k", "value"],
      ["other", "of the other"],
    ],
  );
  equal(errors, []);
});

test("reads as text what was written raw where the driver keeps bytes, and the other way round", async () => {
  const storage = createStorage({ driver: memoryDriver() });
  const [text, raw] = [open(storage), open(storage, { raw: true })];
  await text.cache.set("text", "t");
  await raw.cache.set("raw", "r");
  equal([await raw.cache.get("text"), await text.cache.get("raw")], ["t", "r"]);
  equal([text.corrupt, raw.corrupt], [[], []]);
});

test("a reader's changes of bytes do not get into a store that keeps references", async () => {
  const { cache } = open(createStorage(), { raw: true });
  await cache.set("k", new Uint8Array([1, 2, 3]));
  ((await cache.get("k")) as Uint8Array).fill(9);
  equal(await cache.get("k"), new Uint8Array([1, 2, 3]));
});

test("ten writes of one key at once end with the last, also in a driver for files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-unstorage-"));
  const storage = createStorage({ driver: fsDriver({ base: folder }) as Driver });
  const { cache, corrupt } = open(storage, {}, { tiers: [memory(), unstorage(storage)] });
  const values = Array.from({ length: 10 }, (_, value) => String(value).repeat(200_000 - value * 10_000));
  await Promise.all(values.map((value) => cache.set("k", value)));
  await cache.evictAll();
  same(await cache.get("k"), values[9]);
  equal(corrupt, []);
  rmSync(folder, { recursive: true });
});

test("a half-written file of the fs driver is a miss", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-unstorage-"));
  const { cache, corrupt } = open(createStorage({ driver: fsDriver({ base: folder }) as Driver }));
  await cache.set("k", "value");
  const path = join(folder, "tiercel", "kdefault__k");
  writeFileSync(path, readFileSync(path).subarray(0, 30));
  equal([...(await cache.keys())], [], "what is listed is read");
  same(await cache.get("k"), undefined);
  ok(corrupt.length > 0);
  rmSync(folder, { recursive: true });
});

test("values larger than the driver takes are refused before anything is written, tags and base64 counted", async () => {
  for (const raw of [false, true]) {
    const storage = createStorage();
    const { cache } = open(storage, { raw, maxItemBytes: 20_000 });
    await cache.set("fits", "x".repeat(raw ? 18_000 : 13_000));
    const [item] = await storage.getKeys();
    const stored = raw ? ((await storage.getItemRaw(item!)) as Uint8Array) : ((await storage.getItem(item!)) as string);
    ok(stored.length > 17_000 && stored.length <= 20_000, `must use what there is: ${stored.length}`);
    for (const [value, tags] of [
      ["x".repeat(20_000), []],
      ["x".repeat(raw ? 18_000 : 13_000), Array.from({ length: 200 }, (_, tag) => `a tag with a name ${tag}`)],
    ] as const) {
      const error = await cache.set("k", value, { tags }).catch((caught) => caught);
      same(error?.code, "TIER_LIMIT");
    }
    equal(await storage.getKeys(), [item]);
  }
});

test("a driver that cannot list what it has makes clear fail, and serves nothing old after it", async () => {
  const blind = { ...memoryDriver(), getKeys: () => [] } as Driver;
  const { cache, errors } = open(createStorage({ driver: blind }));
  await cache.set("k", "old");
  same(await cache.get("k"), "old");
  await cache.clear();
  same(errors[0]?.operation, "clear");
  same(await cache.get("k"), undefined);
  const { cache: nothing, errors: none } = open(createStorage({ driver: nullDriver() as Driver }));
  await nothing.set("k", 1);
  await nothing.clear();
  equal([await nothing.get("k"), none], [undefined, []]);
});

test("a driver that lists a part is cleared of all, and does not list what it cannot", async () => {
  const driver = memoryDriver();
  const partly = {
    ...driver,
    getKeys: async () => ((await driver.getKeys("", {})) as string[]).slice(0, 1_000),
  } as Driver;
  const storage = createStorage({ driver: partly });
  const { cache, errors } = open(storage);
  await cache.setMany(Array.from({ length: 2_500 }, (_, value) => ({ key: `k${value}`, value })));
  await cache.keys();
  ok(errors.length === 1, "a list that is not whole is a fault");
  await cache.clear();
  equal(await storage.getKeys(), []);
  same(errors.length, 1);
});

test("an error of a driver is a miss and an event without anything of what the driver says", async () => {
  const secret = "s3cret";
  const failing = {
    ...memoryDriver(),
    getItem: () => Promise.reject(new Error(`GET https://user:${secret}@example.com/k`)),
    setItem: () => Promise.reject(Object.assign(new Error(`SET k "${secret}"`), { code: "E_FULL" })),
  } as Driver;
  const { cache, errors } = open(createStorage({ driver: failing }));
  await cache.set("k", secret);
  same(await cache.get("k"), undefined);
  same(await cache.getOrSet("k", () => "loaded"), "loaded");
  ok(errors.length >= 2);
  for (const { error } of errors) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      ok(!`${cause.stack}${JSON.stringify(cause)}`.includes(secret), cause.message);
    }
  }
  ok(String((errors[0]!.error as Error).cause).includes("E_FULL"), "the code must be told");
});

test("nobody who listens is a miss within the budget, with no secret of the URL in the event", async () => {
  const storage = createStorage({ driver: httpDriver({ base: "http://user:s3cret@127.0.0.1:9" }) as Driver });
  const { cache, errors } = open(
    storage,
    {},
    { clock: undefined as never, tiers: [unstorage(storage, { timeout: 1_000 })] },
  );
  same(await cache.get("k"), undefined);
  same(errors.length, 1);
  for (let cause = errors[0]!.error; cause instanceof Error; cause = cause.cause) {
    ok(!`${cause.stack}${JSON.stringify(cause)}`.includes("s3cret"), cause.message);
  }
});

test("two caches on one storage see each other's writes, deletions and clears", async () => {
  const storage = createStorage();
  const [one, two] = [open(storage), open(storage)];
  await one.cache.set("k", "of one");
  same(await two.cache.get("k"), "of one");
  await two.cache.set("k", "of two");
  same(await one.cache.get("k"), "of two");
  same(await two.cache.delete("k"), true);
  same(await one.cache.get("k"), undefined);
  await one.cache.set("k", 1, { tags: ["t"] });
  await one.cache.invalidateTags(["t"]);
  same(await one.cache.get("k"), undefined);
  await one.cache.set("k", 2);
  await two.cache.clear();
  same(await one.cache.get("k"), undefined);
});

test("Redis is told when an entry ends, and a server that is gone is a miss until it is back", {
  skip: reasonFor("redis"),
}, async () => {
  const server = await startRedis();
  const driver = redisDriver({
    host: "127.0.0.1",
    port: server.port,
    retryStrategy: () => 20,
    maxRetriesPerRequest: 1,
  });
  const redis = driver.getInstance!() as {
    ttl(key: string): Promise<number>;
    on(event: string, listener: () => void): void;
  };
  redis.on("error", () => {});
  const asked: unknown[] = [];
  const listening: Driver = {
    ...(driver as Driver),
    setItem(key, value, options) {
      asked.push(options?.ttl);
      return driver.setItem!(key, value, options);
    },
  };
  const storage = createStorage({ driver: listening });
  const { cache, errors } = open(storage);
  try {
    await cache.set("brief", 1, { ttl: 90_500 });
    await cache.set("forever", 1);
    equal(asked, [91, undefined], "the end must be rounded up");
    const left = await redis.ttl("tiercel:kdefault__brief");
    ok(left > 0 && left <= 91, `Redis must know of it: ${left}`);
    same(await redis.ttl("tiercel:kdefault__forever"), -1);
    await cache.set("k", "old");
    await server.kill();
    same(await cache.get("k"), undefined);
    same(await cache.getOrSet("k", () => "loaded"), "loaded");
    await cache.delete("brief");
    ok(errors.length > 0 && errors.every(({ tier }) => tier === "unstorage"));
    await server.restart();
    await cache.set("k", "new");
    const end = performance.now() + 30_000;
    while ((await cache.get("k")) !== "new" && performance.now() < end) await cache.set("k", "new");
    same(await cache.get("k"), "new");
  } finally {
    await cache.close();
    await storage.dispose();
    await server.stop();
  }
});
