import { createCache, memory } from "../../../mod.ts";
import { type ProfileOptions, type ProfileStore, profiles } from "../../../src/profiles/mod.ts";
import {
  equal,
  fakeClock,
  mapData,
  mapTier,
  ok,
  rejects,
  same,
  suite,
  type TestCase,
  throws,
} from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";

function open(options: object = {}) {
  const clock = fakeClock();
  return { clock, cache: createCache({ clock, sweepInterval: 0, ...options }) };
}

/** A store whose answers are promises. */
function slowStore(all: ProfileOptions[] = []): ProfileStore & { all: ProfileOptions[]; broken?: boolean } {
  const store = {
    all,
    broken: false,
    load: async () => store.all,
    save: async (profile: ProfileOptions) => {
      if (store.broken) throw new RangeError("full");
      store.all = [...store.all.filter(({ name }) => name !== profile.name), profile];
    },
    delete: async (name: string) => {
      store.all = store.all.filter((one) => one.name !== name);
    },
  };
  return store;
}

const DEFAULT = {
  name: "default",
  ttl: 3_600_000,
  sweepInterval: 60_000,
  memoryPressure: true,
  freeMemoryTarget: 500,
  memoryCheckInterval: 5_000,
  maxEntries: undefined,
  tags: [],
};

export const tests: TestCase[] = suite("profiles", {
  "the default one is in force at once, and entries are marked with it": async () => {
    const { cache } = open();
    const all = profiles(cache);
    equal(all.current, DEFAULT);
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.profile, meta?.tags], [3_600_000, "default", []]);
    equal(await all.list(), [DEFAULT]);
    await cache.close();
  },
  "the default one may be given": async () => {
    const { cache } = open({ tags: ["app"] });
    const all = profiles(cache, { default: { name: "day", ttl: "5m", sweepInterval: 0 } });
    same(all.current.ttl, 300_000);
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.profile, meta?.tags], [300_000, "day", ["app"]]);
    throws(() => profiles(cache, { default: { name: "day", ttl: "soon" } }), "CONFIG");
    throws(() => profiles(cache, { store: {} as never }), "CONFIG");
  },
  "use puts all of a profile in force": async () => {
    const { cache } = open({ maxEntries: 50 });
    const all = profiles(cache);
    await all.save({ name: "sale", ttl: "30s", sweepInterval: 0, tags: ["sale"], maxEntries: 5 });
    for (let i = 0; i < 20; i++) await cache.set(`k${i}`, i);
    same((await all.use("sale")).ttl, 30_000);
    same(all.current.name, "sale");
    same(await cache.size(), 5);
    await cache.set("k", 1, { tags: ["own"] });
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.profile, meta?.tags], [30_000, "sale", ["own", "sale"]]);
    await cache.clear({ profile: "default" });
    equal(await cache.keys(), ["k"]);
    await all.use("default");
    equal([cache.tier("memory").usage!().maxEntries, all.current], [50, DEFAULT]);
    await cache.close();
  },
  "update changes fields, and what is in force with them": async () => {
    const { cache } = open();
    const all = profiles(cache);
    await all.save({ name: "a", ttl: 5, memoryPressure: false });
    await all.update("a", { tags: ["t"] });
    equal(await all.get("a"), { ...DEFAULT, name: "a", ttl: 5, memoryPressure: false, tags: ["t"] });
    await all.update("default", { ttl: 7 });
    await cache.set("k", 1);
    equal([(await cache.meta("k"))?.ttl, all.current.ttl], [7, 7]);
    await all.update("default", { ttl: undefined });
    same(all.current.ttl, 3_600_000);
    await rejects(all.update("a", { name: "b" } as never), "CONFIG");
    await rejects(all.update("a", { ttl: "soon" }), "CONFIG");
    same((await all.get("a")).ttl, 5);
    await cache.close();
  },
  "an unknown name tells those that there are": async () => {
    const { cache } = open();
    const all = profiles(cache);
    await all.save({ name: "a" });
    for (const call of [all.get("b"), all.use("b"), all.update("b", {}), all.delete("b")])
      ok((await rejects(call, "CONFIG")).message.includes('there is "default", "a"'));
    same(all.current.name, "default");
    await cache.close();
  },
  "the one in force and the default one cannot be deleted": async () => {
    const { cache } = open();
    const all = profiles(cache);
    await all.save({ name: "a" });
    await all.use("a");
    await rejects(all.delete("a"), "CONFIG");
    await rejects(all.delete("default"), "CONFIG");
    await all.use("default");
    await all.delete("a");
    equal(
      (await all.list()).map(({ name }) => name),
      ["default"],
    );
    await cache.close();
  },
  "wrong fields are refused, and name the field": async () => {
    const { cache } = open();
    const all = profiles(cache);
    const wrong: object[] = [
      { name: "" },
      { name: 5 },
      { name: "a", ttl: "x" },
      { name: "a", sweepInterval: -1 },
      { name: "a", memoryPressure: 1 },
      { name: "a", freeMemoryTarget: Infinity },
      { name: "a", freeMemoryTarget: -1 },
      { name: "a", freeMemoryTarget: "much" },
      // More than a store takes back.
      { name: "a", freeMemoryTarget: "10000000000000gb" },
      { name: "a", memoryCheckInterval: Number.NaN },
      { name: "a", maxEntries: 0 },
      { name: "a", tags: "t" },
      { name: "a", color: "red" },
    ];
    for (const profile of wrong) await rejects(all.save(profile as never), "CONFIG");
    await rejects(all.save(null as never), "CONFIG");
    equal(await all.list(), [DEFAULT]);
    await cache.close();
  },
  "what is no cache, profile or patch is refused": async () => {
    for (const wrong of [undefined, null, {}]) throws(() => profiles(wrong as never), "CONFIG");
    for (const options of [null, 5]) throws(() => profiles(createCache(), options as never), "CONFIG");
    const all = profiles(createCache({ sweepInterval: 0 }));
    for (const wrong of [undefined, null, 5]) await rejects(all.update("default", wrong as never), "CONFIG");
  },
  "export and import: another cache has the same, also from what another format gives": async () => {
    const one = open();
    const all = profiles(one.cache);
    await all.save({ name: "a", ttl: Infinity, tags: ["t"], maxEntries: 7 });
    const text = await all.export();
    const other = open();
    const theirs = profiles(other.cache);
    equal(await theirs.import(text), ["a", "default"]);
    equal(await theirs.list(), await all.list());
    equal(await theirs.import([{ name: "b", ttl: "1m" }]), ["b"]);
    same((await theirs.get("b")).ttl, 60_000);
    for (const wrong of ["no json", "{}", '[{"name":"c"},{"name":""}]', 5])
      await rejects(theirs.import(wrong as never), "CONFIG");
    equal(
      (await theirs.list()).map(({ name }) => name),
      ["a", "b", "default"],
    );
    await one.cache.close();
    await other.cache.close();
  },
  "a store of the caller's keeps them, and gives the default one back": async () => {
    const store = slowStore();
    const first = profiles(open().cache, { store });
    await first.update("default", { ttl: 5 });
    await first.save({ name: "a" });
    const { cache } = open();
    const again = profiles(cache, { store });
    same(again.current.ttl, 3_600_000);
    await again.ready;
    same(again.current.ttl, 5);
    equal(
      (await again.list()).map(({ name }) => name),
      ["a", "default"],
    );
  },
  "what is kept of the default one comes too late for who uses another by then": async () => {
    const store = slowStore([
      { name: "default", ttl: 1 },
      { name: "day", ttl: 2 },
    ]);
    const first = deferred<readonly ProfileOptions[]>();
    const { load } = store;
    let loads = 0;
    store.load = () => (++loads === 1 ? (first.promise as never) : load());
    const settings = profiles(open().cache, { store });
    await settings.use("day");
    first.resolve(store.all);
    await settings.ready;
    equal([settings.current.name, settings.current.ttl], ["day", 2]);
  },
  "what cannot be kept is not put in force": async () => {
    const store = slowStore();
    const { cache } = open();
    const all = profiles(cache, { store });
    store.broken = true;
    await rejects(all.update("default", { ttl: 5 }), RangeError);
    equal(all.current, DEFAULT);
    await cache.set("k", 1);
    same((await cache.meta("k"))?.ttl, 3_600_000);
    store.broken = false;
    await all.update("default", { ttl: 5 });
    same(all.current.ttl, 5);
  },
  "a store that fails at first is asked again, and nothing is rejected unseen": async () => {
    const store = slowStore();
    const { load } = store;
    store.load = () => Promise.reject(new RangeError("away"));
    const all = profiles(open().cache, { store });
    await rejects(all.ready, RangeError);
    await rejects(all.list(), RangeError);
    store.load = load;
    equal(await all.list(), [DEFAULT]);
  },
  "changes happen one after the other": async () => {
    const { cache } = open();
    const all = profiles(cache, { store: slowStore() });
    const calls = [
      all.save({ name: "a" }),
      all.use("a"),
      all.update("a", { ttl: 5 }),
      all.use("default"),
      all.delete("a"),
    ];
    await Promise.all(calls);
    equal(await all.list(), [DEFAULT]);
  },
  "a switch during 10,000 calls: none fails, no write is lost, and each ends under the profile that it began with":
    async () => {
      const { clock, cache } = open({ tiers: [memory({ maxEntries: 50_000 }), mapTier({ data: mapData() })] });
      const all = profiles(cache);
      await all.save({ name: "other", ttl: "1m", tags: ["other"] });
      const gate = deferred();
      const calls: Promise<unknown>[] = [];
      const began: string[] = [];
      const switches: Promise<unknown>[] = [];
      for (let i = 0; i < 10_000; i++) {
        began.push(all.current.name);
        const key = `k${i}`;
        if (i % 4 === 0) calls.push(cache.set(key, i));
        else if (i % 4 === 1) calls.push(cache.getOrSet(key, () => gate.promise.then(() => i)));
        else if (i % 4 === 2) calls.push(cache.getOrSet(key, () => i));
        else calls.push(cache.getOrSetMany([key], () => gate.promise.then(() => [i])));
        if (i % 2_000 === 999) {
          switches.push(all.use(all.current.name === "default" ? "other" : "default"));
          await Promise.all(switches);
        }
      }
      gate.resolve();
      await Promise.all(calls);
      await clock.settle();
      same(new Set(began).size, 2);
      let wrong = 0;
      for (let i = 0; i < 10_000; i++) {
        const entry = await cache.getEntry(`k${i}`);
        const isOther = began[i] === "other";
        const isRight =
          entry?.value === i &&
          entry.profile === began[i] &&
          entry.tags.length === (isOther ? 1 : 0) &&
          entry.ttl === (isOther ? 60_000 : 3_600_000);
        if (!isRight) wrong++;
      }
      same(wrong, 0);
      same(cache.stats().errors, 0);
      await cache.close();
    },
});
