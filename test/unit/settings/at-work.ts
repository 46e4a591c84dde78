import { type Cache, createCache, defineTier, lru, memory, nullTier } from "../../../mod.ts";
import { createRegistry } from "../../../src/registry.ts";
import { equal, fakeClock, mapData, mapTier, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";

const HUNDRED = Array.from({ length: 100 }, (_, i) => `k${i}`);

async function fill(cache: Cache): Promise<void> {
  for (const key of HUNDRED) await cache.set(key, key);
}

export const tests: TestCase[] = suite("settings at work", {
  "the sweep follows its interval": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, sweepInterval: "1m", ttl: "1s" });
    await cache.set("k", 1);
    cache.configure({ sweepInterval: "2s" });
    same(clock.pendingTimers, 1);
    await clock.advance("2s");
    same(cache.stats().evictions.ttl, 1);
    cache.configure({ sweepInterval: 0 });
    same(clock.pendingTimers, 0);
    await cache.set("k", 1);
    same(clock.pendingTimers, 0);
    cache.configure({ sweepInterval: "5s" });
    await clock.advance("5s");
    same(cache.stats().evictions.ttl, 2);
    cache.configure({ sweepInterval: undefined });
    same(clock.pendingTimers, 1);
    await cache.close();
    same(clock.pendingTimers, 0);
  },
  "who changes settings when told of what had to leave for others loses neither": async () => {
    const cache = createCache({ clock: fakeClock(), tiers: [memory({ maxEntries: 100 })], ttl: "1m" });
    await fill(cache);
    const off = cache.on("evict", () => {
      off();
      cache.configure({ ttl: "5s" });
    });
    cache.configure({ maxEntries: 10, profile: "small" });
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.profile, cache.stats().size], [5_000, "small", 10]);
  },
  "other settings leave the sweep alone": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock, sweepInterval: "1m", ttl: "1s" });
    cache.configure({ ttl: "2s" });
    same(clock.pendingTimers, 0);
    await cache.set("k", 1);
    await clock.advance("50s");
    cache.configure({ ttl: "3s" });
    await clock.advance("10s");
    same(cache.stats().evictions.ttl, 1);
    await cache.close();
  },
  "coherence: a shorter one looks at once, also when it was forever": async () => {
    const clock = fakeClock();
    const data = mapData();
    const open = () =>
      createCache({ clock, sweepInterval: 0, tiers: [memory(), mapTier({ data })], coherence: "forever" });
    const [one, other] = [open(), open()];
    await one.set("k", 1);
    same(await one.get("k"), 1);
    await other.set("k", 2);
    same(await one.get("k"), 1);
    one.configure({ coherence: 0 });
    same(await one.get("k"), 2);
    one.configure({ coherence: "1s" });
    same(await one.get("k"), 2);
    await other.set("k", 3);
    same(await one.get("k"), 2);
    await clock.advance(1_000);
    same(await one.get("k"), 3);
  },
  waitUntil: async () => {
    const kept: Promise<unknown>[] = [];
    const cache = createCache({ sweepInterval: 0 });
    cache.configure({ waitUntil: (work) => void kept.push(work) });
    const gate = deferred<number>();
    const load = cache.getOrSet("k", () => gate.promise);
    ok(kept.length > 0);
    gate.resolve(1);
    same(await load, 1);
  },
  "maxEntries: a lower bound evicts at once, for reason capacity, and a higher one makes room": async () => {
    const clock = fakeClock();
    const told: string[] = [];
    const cache = createCache({ clock, maxEntries: 100, sweepInterval: 0 });
    cache.on("evict", ({ reason }) => told.push(reason));
    await fill(cache);
    same(await cache.size(), 100);
    cache.configure({ maxEntries: 10 });
    equal([await cache.size(), told.length, new Set(told)], [10, 90, new Set(["capacity"])]);
    same(cache.tier("memory").usage!().maxEntries, 10);
    await fill(cache);
    same(await cache.size(), 10);
    cache.configure({ maxEntries: 1_000 });
    for (let i = 0; i < 10; i++) for (const key of HUNDRED) await cache.set(`${key}:${i}`, i);
    same(await cache.size(), 1_000);
    cache.configure({ maxEntries: undefined });
    same(await cache.size(), 100);
  },
  "maxEntries: a patch that is wrong in another part evicts nothing": async () => {
    const cache = createCache({ maxEntries: 10, sweepInterval: 0 });
    for (let i = 0; i < 10; i++) await cache.set(`k${i}`, i);
    throws(() => cache.configure({ maxEntries: 1, ttl: "soon" }), "CONFIG");
    same(await cache.size(), 10);
  },
  "maxEntries of every policy: shrinking and growing keep the books": async () => {
    for (const policy of [undefined, lru()]) {
      const clock = fakeClock();
      const tier = memory({ maxEntries: 64, ...(policy && { policy }) });
      const cache = createCache({ clock, sweepInterval: 0, tiers: [tier] });
      const bounds = [64, 8, 128, 1, 500, 3, 64];
      for (const [round, maxEntries] of bounds.entries()) {
        cache.configure({ maxEntries });
        ok((await cache.size()) <= maxEntries);
        for (let i = 0; i < 600; i++) {
          await cache.set(`${round}:${i}`, i);
          same(await cache.get(`${round}:${i}`), i);
          if (i % 7 === 0) await cache.delete(`${round}:${i - 3}`);
        }
        const size = await cache.size();
        ok(size <= maxEntries && size >= Math.min(maxEntries, 500) - 1, `${size} of ${maxEntries}`);
      }
    }
  },
  "maxBytes: of a tier that was made with it": async () => {
    const cache = createCache({
      clock: fakeClock(),
      sweepInterval: 0,
      tiers: [memory({ maxBytes: 1_000, sizeOf: () => 10 })],
    });
    await fill(cache);
    same(await cache.size(), 100);
    cache.configure({ maxBytes: 200 });
    same(await cache.size(), 20);
    cache.configure({ maxEntries: 5 });
    same(await cache.size(), 5);
    cache.configure({ maxEntries: undefined, maxBytes: undefined });
    await fill(cache);
    same(await cache.size(), 100);
    const plain = createCache({ sweepInterval: 0 });
    throws(() => plain.configure({ maxBytes: 5 }), "CONFIG");
  },
  "bounds need a memory tier, and a bound of a rule stays": async () => {
    const none = createCache({ sweepInterval: 0, tiers: [nullTier()] });
    throws(() => none.configure({ maxEntries: 5 }), "CONFIG");
    none.configure({ maxEntries: undefined });
    const cache = createCache({ sweepInterval: 0, tiers: [memory({ policy: lru(10) })] });
    cache.configure({ maxEntries: 50 });
    await fill(cache);
    same(await cache.size(), 10);
    same(defineTier(mapTier()).resize, undefined);
  },
  "what createCache was given is not changed by who changes the object later": async () => {
    const given = { ttl: 1_000, sweepInterval: 0, tags: ["a"], clock: fakeClock() };
    const cache = createCache(given);
    given.ttl = 5;
    given.tags.push("b");
    cache.configure({ grace: 1 });
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.tags], [1_000, ["a"]]);
  },
  "the synchronous face follows what is set and switched off": async () => {
    const cache = createCache({ clock: fakeClock(), sweepInterval: 0 });
    cache.configure({ ttl: 5, tags: ["t"], profile: "p" });
    cache.sync.set("k", 1);
    cache.sync.getOrSet("l", () => 1);
    equal([cache.sync.meta("k")?.ttl, cache.sync.meta("l")?.profile], [5, "p"]);
    const off = cache.disable({ tags: "t" });
    equal([cache.sync.get("k"), cache.sync.getOrSet("k", () => 2)], [undefined, 2]);
    equal(
      cache.sync.getOrSetMany(["k"], () => [3]),
      new Map([["k", 3]]),
    );
    off.enable();
    same(cache.sync.get("k"), 1);
    cache.sync.clear({ profile: "q" });
    same(cache.sync.size(), 2);
    cache.sync.clear({ profile: "p", tags: ["t"] });
    same(cache.sync.size(), 0);
  },
  "a registry switches all its caches off, those of libraries and of later too": async () => {
    const caches = createRegistry();
    const make = (name: string, of = caches) => of.create({ name, clock: fakeClock(), sweepInterval: 0 });
    const early = make("early");
    const library = caches.isolate("lib");
    const theirs = make("theirs", library);
    const off = caches.disable();
    const late = make("late");
    const laterLibrary = caches.isolate("later");
    const all = [early, theirs, late, make("x", laterLibrary), caches.register(createCache({ name: "y" }))];
    equal([caches.isDisabled, library.isDisabled], [true, true]);
    same(
      all.every(({ isDisabled }) => isDisabled),
      true,
    );
    caches.disable();
    off.enable();
    off[Symbol.dispose]();
    ok(early.isDisabled && caches.isDisabled);
    caches.enable();
    caches.enable();
    same(
      all.some(({ isDisabled }) => isDisabled),
      false,
    );
    equal([caches.isDisabled, library.isDisabled, laterLibrary.isDisabled], [false, false, false]);
  },
  "a registry that is switched off holds on to no cache that it has forgotten": async () => {
    const caches = createRegistry();
    const switched: string[] = [];
    const make = () => {
      const cache = {
        name: "a",
        closed: false,
        disable: () => ({ enable: () => void switched.push("on") }),
        close: async () => void (cache.closed = true),
      };
      return caches.register(cache as never) as typeof cache;
    };
    caches.disable();
    for (let i = 0; i < 3; i++) await make().close();
    make();
    caches.register(caches.get("a"), "the same");
    caches.enable();
    equal(switched, ["on"]);
    caches.disable();
    await caches.closeAll();
    same(caches.isDisabled, true);
    caches.enable();
    equal(switched, ["on"]);
  },
  "a registry switches off by tag": async () => {
    const caches = createRegistry();
    const cache = caches.create({ name: "a", clock: fakeClock(), sweepInterval: 0 });
    await cache.set("k", 1, { tags: ["t"] });
    caches.disable({ tags: "t" });
    equal([caches.isDisabled, await cache.get("k")], [false, undefined]);
    caches.enable({ tags: ["t"] });
    same(await cache.get("k"), 1);
    throws(() => caches.disable({ tags: [""] }), "CONFIG");
    caches.disable();
    caches.reset();
    equal([cache.isDisabled, caches.isDisabled], [false, false]);
  },
});
