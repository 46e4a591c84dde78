import { createCache, lru, memory } from "../../../mod.ts";
import { memoryPressure, memoryProbe, type Room } from "../../../src/observe/mod.ts";
import { profiles } from "../../../src/profiles/mod.ts";
import { equal, fakeClock, mapTier, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";

const MB = 1_048_576;

async function full(count = 100) {
  const clock = fakeClock();
  const cache = createCache({ clock, sweepInterval: 0, tiers: [memory({ maxEntries: 1_000, policy: lru() })] });
  for (let i = 0; i < count; i++) await cache.set(`${i}`, i);
  const room = { free: 1_000 * MB, total: 4_000 * MB };
  return { clock, cache, room, probe: (): Room[] => [room] };
}

export const tests: TestCase[] = suite("memory pressure", {
  "while too little is free the least valuable leave, in batches, with pauses": async () => {
    const { cache, clock, room, probe } = await full();
    const gone: string[] = [];
    cache.on("evict", ({ key, reason }) => gone.push(`${String(key)} ${reason}`));
    const pressure = memoryPressure(cache, { target: "500mb", interval: "5s", cooldown: "2s", probe });
    same(pressure.check(), 0);
    room.free = 499 * MB;
    same(pressure.check(), 10);
    equal(gone.slice(0, 2), ["0 memory-pressure", "1 memory-pressure"]);
    equal([pressure.check(), pressure.evicted], [0, 10]);
    await clock.advance("2s");
    equal([pressure.check(), pressure.evicted], [9, 19]);
    room.free = 501 * MB;
    await clock.advance("2s");
    equal([pressure.check(), cache.stats().evictions], [0, { "memory-pressure": 19 }]);
    await cache.close();
  },
  "it looks by itself until it is stopped or the cache closed": async () => {
    const { cache, clock, room, probe } = await full();
    const pressure = memoryPressure(cache, { target: 0.25, interval: "5s", cooldown: 0, probe });
    room.free = 1;
    await cache.set("k", 1);
    await clock.advance("5s");
    same(pressure.evicted, 11);
    await clock.advance("5s");
    same(pressure.evicted, 20);
    pressure.stop();
    await clock.advance("1h");
    equal([pressure.evicted, pressure.check()], [20, 0]);
    const another = memoryPressure(cache, { probe });
    await cache.set("k", 1);
    await cache.close();
    await clock.advance("1h");
    same(another.evicted, 0);
  },
  "it looks by itself though nothing is ever written": async () => {
    const { cache, clock, room, probe } = await full();
    const pressure = memoryPressure(cache, { interval: "5s", target: 100, probe });
    room.free = 0;
    await clock.advance("5s");
    same(pressure.evicted, 10);
    await cache.close();
  },
  "where no timer may be made yet, it begins with a later write": async () => {
    const clock = fakeClock();
    let mayWait = false;
    const setTimer: typeof clock.setTimer = (...args) => {
      if (!mayWait) throw new Error("Disallowed operation called within global scope");
      return clock.setTimer(...args);
    };
    const cache = createCache({ clock: { ...clock, setTimer }, sweepInterval: 0 });
    const probe = (): Room[] => [{ free: 0, total: 4_000 * MB }];
    const pressure = memoryPressure(cache, { interval: "5s", target: 100, probe });
    await cache.set("a", 1);
    mayWait = true;
    await cache.set("b", 1);
    await clock.advance("5s");
    same(pressure.evicted, 1);
    await cache.close();
  },
  "what is copied up from lower tiers is looked after as what is written": async () => {
    const { room, probe } = await full(0);
    const below = mapTier({ name: "below" });
    const cache = createCache({ clock: fakeClock(), sweepInterval: 0, tiers: [memory(), below] });
    for (let i = 0; i < 1_000; i++) await cache.set(`${i}`, i);
    await cache.evictAll({ tier: "memory" });
    const pressure = memoryPressure(cache, { interval: "1h", probe, target: 100 });
    room.free = 0;
    for (let i = 0; i < 1_000; i++) await cache.get(`${i}`);
    ok(pressure.evicted >= 99, `${pressure.evicted}`);
    await cache.close();
  },
  "a thousand writes are looked after at once": async () => {
    const { cache, room, probe } = await full(0);
    const pressure = memoryPressure(cache, { interval: "1h", probe, target: 100 });
    room.free = 0;
    for (let i = 0; i < 1_000; i++) cache.sync.set(`${i}`, i);
    same(pressure.evicted, 100);
    await cache.close();
  },
  "a probe that fails is told, and asked again": async () => {
    const { cache, clock, room } = await full();
    const told: unknown[] = [];
    cache.on("error", ({ error, operation }) => told.push([operation, (error as Error).message]));
    let probes = 0;
    const probe = (): Room[] => {
      if (++probes === 1) throw new RangeError("no answer");
      return [room];
    };
    room.free = 0;
    const pressure = memoryPressure(cache, { interval: "5s", probe });
    await cache.set("k", 1);
    await clock.advance("5s");
    equal([told, pressure.evicted], [[["memory pressure", "no answer"]], 0]);
    await clock.advance("5s");
    same(pressure.evicted, 11);
    await cache.close();
  },
  "never below the floor, and never-read keys go too": async () => {
    const { cache, clock, room, probe } = await full(20);
    const pressure = memoryPressure(cache, { floor: 15, batch: 1, cooldown: 1, probe });
    room.free = 0;
    same(pressure.check(), 5);
    await clock.advance(1);
    equal([pressure.check(), await cache.size()], [0, 15]);
    await cache.close();
  },
  "a room that is small keeps a quarter, and any room that is short counts": async () => {
    const { cache, room } = await full();
    const heap = { free: 20 * MB, total: 64 * MB };
    const pressure = memoryPressure(cache, { target: "500mb", cooldown: 0, probe: () => [room, heap] });
    same(pressure.check(), 0);
    heap.free = 15 * MB;
    same(pressure.check(), 10);
    await cache.close();
  },
  "the profile in force says whether, how much and how often": async () => {
    const { cache, clock, room, probe } = await full();
    const all = profiles(cache);
    await all.save({ name: "calm", memoryPressure: false });
    await all.save({ name: "tight", freeMemoryTarget: 900, memoryCheckInterval: "1s" });
    const pressure = memoryPressure(cache, { probe, profiles: all, cooldown: 0 });
    room.free = 800 * MB;
    same(pressure.check(), 0);
    await all.use("tight");
    await cache.set("k", 1);
    await clock.advance("1s");
    same(pressure.evicted, 11);
    await all.use("calm");
    same(pressure.check(), 0);
    await cache.close();
  },
  "a profile's target is megabytes, a fraction, or a text": async () => {
    const { cache, room, probe } = await full();
    const all = profiles(cache);
    const pressure = memoryPressure(cache, { probe, profiles: all, cooldown: 0, floor: 1, batch: 0.01 });
    room.total = 8_000 * MB;
    for (const [freeMemoryTarget, megabytes] of [
      [900, 900],
      ["900mb", 900],
      ["1.5 GB", 1536],
      [0.1, 800],
      ["512kb", 1],
    ] as const) {
      await all.save({ name: "default", freeMemoryTarget });
      room.free = megabytes * MB;
      equal([freeMemoryTarget, pressure.check()], [freeMemoryTarget, 0]);
      room.free--;
      equal([freeMemoryTarget, pressure.check()], [freeMemoryTarget, 1]);
    }
    await all.save({ name: "default", freeMemoryTarget: "0mb" });
    room.free = 0;
    same(pressure.check(), 0);
    await cache.close();
  },
  "after a profile that is never to look, one that is to look does": async () => {
    const { cache, clock, room, probe } = await full();
    const all = profiles(cache);
    await all.save({ name: "off", memoryCheckInterval: 0 });
    const pressure = memoryPressure(cache, { probe, profiles: all, cooldown: 0, target: 100 });
    await cache.set("k", 1);
    await all.use("off");
    await clock.advance("5s");
    await all.use("default");
    room.free = 0;
    await cache.set("k", 2);
    await clock.advance("5s");
    same(pressure.evicted, 11);
    await cache.close();
  },
  "wrong options are refused by name": async () => {
    const { cache, probe } = await full(0);
    for (const wrong of [
      { target: "much" },
      { target: -1 },
      { interval: -1 },
      { floor: 0.5 },
      { batch: 0 },
      { batch: 2 },
    ])
      throws(() => memoryPressure(cache, { probe, ...wrong }), "CONFIG");
    throws(() => memoryPressure(cache, { probe: 1 as never }), "CONFIG");
    await cache.close();
  },
  "a probe that tells no rooms is a typed error, of check and as an event, and no promise of it goes unhandled":
    async () => {
      const room = { free: 1, total: 100 };
      const wrong: (() => unknown)[] = [
        () => undefined,
        () => room,
        async () => [room],
        () => Promise.reject(new Error("no memory")),
        () => [null],
        () => [{ free: Number.NaN, total: 100 }],
        () => [{ free: "1", total: "2" }],
      ];
      for (const probe of wrong) {
        const { cache, clock } = await full();
        const errors: unknown[] = [];
        cache.on("error", ({ error, operation }) => errors.push([operation, (error as { code?: unknown }).code]));
        const pressure = memoryPressure(cache, { interval: "5s", probe: probe as never });
        const { message } = throws(() => pressure.check(), "CONFIG");
        ok(
          message.startsWith("Cannot use probe as it must be a function that tells a list of { free, total }"),
          message,
        );
        await clock.advance("5s");
        equal(errors, [["memory pressure", "CONFIG"]]);
        await cache.close();
      }
    },
  "the runtime's probe tells rooms that make sense, or there is none": () => {
    const probe = memoryProbe();
    const rooms = probe?.() ?? [];
    ok(probe === undefined || rooms.length > 0, "a probe tells something");
    for (const { free, total } of rooms) ok(free >= 0 && total > 0 && free <= total, `${free} of ${total}`);
    const { process } = globalThis as { process?: { release?: { name?: string } } };
    const { navigator } = globalThis as { navigator?: { userAgent?: string } };
    if (process?.release?.name === "node" && /^(?:Node|Bun|Deno)/.test(navigator?.userAgent ?? ""))
      ok(rooms.length > 0, "servers know their memory");
  },
});
