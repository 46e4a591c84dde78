// What unstorage asks of a driver, without unstorage: keys as it normalises them, options as it hands them on.
import { unstorageDriver } from "../../../adapters/bridges.ts";
import { type CacheOptions, createCache, memory, type Tier } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import {
  equal,
  FAKE_START,
  fakeClock,
  mapTier,
  rejects,
  same,
  suite,
  type TestCase,
  throws,
} from "../../contract/mod.ts";

/** A tier that keeps values as bytes. */
const bytesTier = (): Tier => bytes(mapTier() as Tier<Uint8Array>);

function open(options: CacheOptions = {}, driverOptions = {}) {
  const clock = fakeClock();
  const cache = createCache({ name: "app", clock, sweepInterval: 0, ...options });
  return { cache, clock, driver: unstorageDriver(cache, driverOptions) };
}

export const tests: TestCase[] = suite("bridges: unstorage", {
  "gives back what was set, and null for what is not there": async () => {
    const { driver } = open();
    await driver.setItem("users:1", '{"name":"Ada"}');
    same(await driver.getItem("users:1"), '{"name":"Ada"}');
    same(await driver.getItem("users:2"), null);
    same(await driver.getItemRaw("users:2"), null);
    equal([await driver.hasItem("users:1"), await driver.hasItem("users:2")], [true, false]);
    await driver.removeItem("users:1");
    await driver.removeItem("users:1");
    same(await driver.hasItem("users:1"), false);
  },
  "is called without this": async () => {
    const { getItem, getItems, setItem, setItems, getKeys, getMeta, clear, dispose } = open().driver;
    await setItem("a", "1");
    await setItems([{ key: "b", value: "2" }]);
    equal([await getItem("a"), (await getItems([{ key: "b" }]))[0]?.value], ["1", "2"]);
    equal([(await getKeys()).sort(), (await getMeta("c")) === null], [["a", "b"], true]);
    await clear();
    dispose();
    same(await getItem("a"), null);
  },
  "takes a ttl in seconds; 0 is as none": async () => {
    const { driver, clock } = open();
    await driver.setItem("short", "1", { ttl: 2 });
    await driver.setItem("half", "1", { ttl: 0.5 });
    await driver.setItem("zero", "1", { ttl: 0 });
    await driver.setItemRaw("raw", "1", { ttl: 2 });
    await clock.advance(1_999);
    equal(await Promise.all(["short", "half", "zero", "raw"].map(driver.hasItem)), [true, false, true, true]);
    await clock.advance(1);
    equal(await Promise.all(["short", "zero", "raw"].map(driver.hasItem)), [false, true, false]);
  },
  "without a ttl it is that of the options, or that of the cache": async () => {
    const [plain, own] = [open({ ttl: 5_000 }), open({ ttl: 5_000 }, { ttl: "1m" })];
    for (const { driver } of [plain, own]) {
      await driver.setItem("k", "1");
      await driver.setItem("short", "1", { ttl: 1, tags: undefined });
    }
    const ttls = [plain, own].map(async ({ cache }) => [
      (await cache.meta("k"))?.ttl,
      (await cache.meta("short"))?.ttl,
    ]);
    equal(await Promise.all(ttls), [
      [5_000, 1_000],
      [60_000, 1_000],
    ]);
  },
  "many at a time, in the order asked, each with its options over those in common": async () => {
    const { driver, cache } = open();
    await driver.setItems(
      [
        { key: "a", value: "1" },
        { key: "b", value: "2", options: { ttl: 2 } },
      ],
      { ttl: 9 },
    );
    equal([(await cache.meta("a"))?.ttl, (await cache.meta("b"))?.ttl], [9_000, 2_000]);
    equal(await driver.getItems([{ key: "b" }, { key: "x" }, { key: "a" }]), [
      { key: "b", value: "2" },
      { key: "x", value: null },
      { key: "a", value: "1" },
    ]);
    await driver.setItems([{ key: "c", value: "3" }]);
    same(await driver.getItem("c"), "3");
    equal(await driver.getItems([]), []);
  },
  "bytes come back as bytes, alike from memory and from a tier of bytes, and as they were when they were set":
    async () => {
      for (const options of [{}, { tiers: [bytesTier()] }, { tiers: [memory(), bytesTier()] }]) {
        const { driver } = open(options);
        const given = new Uint8Array([9, 0, 255, 10, 9]);
        const part = given.subarray(1, 4);
        await driver.setItemRaw("part", part);
        await driver.setItemRaw("whole", given.buffer);
        given.fill(7);
        equal(await driver.getItemRaw("part"), new Uint8Array([0, 255, 10]));
        equal(await driver.getItemRaw("whole"), new Uint8Array([9, 0, 255, 10, 9]));
      }
    },
  "a text that was set is the same raw, and what the cache itself was given is there": async () => {
    const { driver, cache } = open();
    await driver.setItem("a", "null");
    same(await driver.getItemRaw("a"), "null");
    await cache.set("b", { own: true });
    equal(await driver.getItem("b"), { own: true } as never);
    await driver.setItemRaw("n", null);
    equal([await driver.hasItem("n"), await driver.getItemRaw("n")], [true, null]);
  },
  "lists the keys below a base, with its colon or without": async () => {
    const { driver, cache } = open();
    for (const key of ["users:1", "users:2:x", "users", "usersuffix", "u*:1", "[a]:1", "posts:1"])
      await driver.setItem(key, "1");
    await cache.set(["users", 1], 1);
    await cache.namespace("users").set("users:3", 1);
    const listed = async (base?: string) => (await driver.getKeys(base)).sort();
    equal(await listed("users:"), ["users:1", "users:2:x"]);
    equal(await listed("users"), ["users:1", "users:2:x"]);
    equal(await listed("u*"), ["u*:1"]);
    equal(await listed("[a]:"), ["[a]:1"]);
    equal(await listed("nothing"), []);
    const every = ["[a]:1", "posts:1", "u*:1", "users", "users:1", "users:2:x", "usersuffix"];
    equal([await listed(), await listed("")], [every, every]);
  },
  "clears what is below a base, or all, and nothing beside the cache that it was made of": async () => {
    const { cache } = open();
    const driver = unstorageDriver(cache.namespace("storage"));
    await cache.set("users:1", "mine");
    for (const key of ["users:1", "users:2", "usersuffix", "posts:1"]) await driver.setItem(key, "1");
    await driver.clear("users:");
    equal((await driver.getKeys()).sort(), ["posts:1", "usersuffix"]);
    await driver.clear("posts");
    equal(await driver.getKeys(), ["usersuffix"]);
    await driver.clear("");
    equal(await driver.getKeys(), []);
    same(await cache.get("users:1"), "mine");
  },
  "tells when an item was made and how long it has left": async () => {
    const { driver, clock } = open({ grace: "1h" });
    await driver.setItem("k", "1", { ttl: 60 });
    await driver.setItem("ever", "1");
    await clock.advance(15_000);
    equal(await driver.getMeta("k"), { mtime: new Date(FAKE_START), ttl: 45 });
    equal(await driver.getMeta("ever"), { mtime: new Date(FAKE_START) });
    same(await driver.getMeta("none"), null);
    await clock.advance(45_000);
    equal([await driver.getMeta("k"), await driver.getKeys()], [null, ["ever"]]);
  },
  "items have the tags of the driver, and those of their own": async () => {
    const { driver, cache } = open({}, { tags: ["storage"] });
    await driver.setItem("a", "1", { tags: ["users"] });
    await driver.setItemRaw("b", new Uint8Array(1));
    await driver.setItems([{ key: "c", value: "1" }], { tags: ["users"] });
    await cache.invalidateTags("users");
    equal(await driver.getKeys(), ["b"]);
    await cache.invalidateTags("storage");
    equal(await driver.getKeys(), []);
  },
  "is disposed of without closing the cache, which it gives to who asks": async () => {
    const { driver, cache } = open();
    await driver.setItem("a", "1");
    await driver.dispose();
    equal([cache.closed, await driver.getItem("a")], [false, "1"]);
    same(driver.getInstance(), cache as unknown);
    await cache.close();
    await rejects(driver.getItem("a"), "CLOSED");
  },
  "what it cannot do it does not have: unstorage tells those who watch by itself": () => {
    equal(["watch" in open().driver, open().driver.flags], [false, { ttl: true }]);
  },
  "refuses what is no cache, and wrong options by their name": () => {
    const { cache } = open();
    for (const wrong of [undefined, null, {}, "memory"]) throws(() => unstorageDriver(wrong as never), "CONFIG");
    for (const wrong of [null, { ttl: -1 }, { ttl: "soon" }, { tags: "t" }])
      throws(() => unstorageDriver(cache, wrong as never), "CONFIG");
  },
});
