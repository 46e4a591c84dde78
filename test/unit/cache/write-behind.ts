import { createCache, defineTier, type MaybePromise, memory, type Tier, type TierOptions } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, faultyTier, mapData, mapTier, ok, rejects, same, suite } from "../../contract/mod.ts";
import { deferred, stateOf } from "./tools.ts";

const behind: TierOptions = { write: "behind" };

/** A tier over `data` whose values are encoded, as those of most stores are. */
function encoded(options: TierOptions = behind): Tier {
  return bytes(mapTier({ data: mapData(), ...options }) as Tier<Uint8Array>);
}

/** A tier in which nothing is done before the test says so; what it was told, and what is left of its work. */
function held(options: TierOptions = behind) {
  const inner = mapTier({ data: mapData() });
  const log: string[] = [];
  const gate = deferred();
  const slow =
    <A extends unknown[], R>(name: string, operation: (...args: A) => MaybePromise<R>) =>
    async (...args: A): Promise<R> => {
      const [first] = args as unknown as [readonly (string | { key: string; entry: { value: unknown } })[]];
      const what = Array.isArray(first)
        ? first.map((one) => (typeof one === "string" ? one : `${one.key}=${one.entry?.value}`)).join()
        : "";
      await gate.promise;
      log.push(`${name} ${what}`.trim().replaceAll("default:", ""));
      return operation(...args);
    };
  const { sync: _, journal: __, ...rest } = inner;
  const tier = defineTier<Tier>({
    ...rest,
    capabilities: { ...inner.capabilities, sync: false, leases: false, journal: false },
    options,
    setMany: slow("set", inner.setMany),
    deleteMany: slow("delete", inner.deleteMany),
    clear: slow("clear", inner.clear),
  });
  return { tier, log, go: () => gate.resolve() };
}

const whole = (key: string): string => `default:${key}`;

/** A cache over a tier that refuses some keys, however they come, and what its faults said. */
function refusing(keys: readonly string[]) {
  const clock = fakeClock();
  const data = mapData();
  const inner = mapTier({ data, write: "behind" });
  const lower = faultyTier({
    ...inner,
    setMany(writes, now) {
      if (writes.some(({ key }) => keys.map(whole).includes(key))) throw new Error("too large");
      return inner.setMany(writes, now);
    },
  });
  const cache = createCache({ tiers: [memory(), defineTier(lower)], clock, sweepInterval: 0 });
  const errors: string[] = [];
  cache.on("error", ({ error }) => errors.push((error as Error).message));
  return { cache, clock, data, lower, errors };
}

export const tests: TestCase[] = suite("write behind", {
  "what waits is read as the value that was set, tagged or not, and so gets into memory": async () => {
    const stacks: (() => readonly Tier[])[] = [
      () => [encoded()],
      () => [memory(), encoded()],
      () => [memory({ maxBytes: 1 }), encoded()],
      () => [encoded(), encoded({ name: "lower" })],
      () => [encoded(), encoded({ name: "lower", write: "behind" })],
    ];
    for (const [at, tiers] of stacks.entries()) {
      const clock = fakeClock();
      const cache = createCache({ tiers: tiers(), clock, sweepInterval: 0 });
      const names = cache.stats().tiers.map(({ name }) => name);
      await cache.set("tagged", { n: 1 }, { tags: ["t"] });
      await cache.set("plain", { n: 2 });
      await cache.getOrSet("loaded", async () => ({ n: 3 }), { tags: ["t"] });
      for (let time = 0; time < 3; time++) {
        if (names[0] === "memory") await cache.evictAll({ tier: "memory" });
        equal(
          [...(await cache.getMany(["tagged", "plain", "loaded"])).values()],
          [{ n: 1 }, { n: 2 }, { n: 3 }],
          `stack ${at}, ${time}`,
        );
        equal((await cache.meta("tagged"))?.tags, ["t"]);
        await clock.advance("1s");
      }
      await cache.invalidateTags("t");
      equal([...(await cache.getMany(["tagged", "plain", "loaded"])).keys()], ["plain"]);
      await cache.close();
    }
  },
  "a tier that is down is tried once a second, however much is written": async () => {
    const clock = fakeClock();
    const down = faultyTier(mapTier({ data: mapData(), write: "behind" }));
    const cache = createCache({ tiers: [memory(), down], clock, sweepInterval: 0 });
    down.faults.fail({ setMany: "reject", deleteMany: "reject" });
    for (let i = 0; i < 200; i++) {
      await cache.set(`k${i % 50}`, i);
      await clock.advance(1);
    }
    for (let second = 0; second < 5; second++) {
      down.faults.resetCalls();
      await clock.advance("1s");
      ok(down.faults.calls.setMany <= 2, `${down.faults.calls.setMany} attempts in a second`);
    }
    down.faults.heal();
    await clock.advance("1s");
    await cache.evictAll({ tier: "memory" });
    same((await cache.getMany(Array.from({ length: 50 }, (_, i) => `k${i}`))).size, 50);
    await cache.close();
    same(clock.pendingTimers, 0);
  },
  "a write is stored soon, whenever it comes": async () => {
    for (let steps = 0; steps < 60; steps++) {
      const clock = fakeClock();
      const data = mapData();
      const cache = createCache({ tiers: [memory(), mapTier({ data, write: "behind" })], clock, sweepInterval: 0 });
      await cache.set("a", 1);
      for (let step = 0; step < steps; step++) await undefined;
      await cache.set("b", 2);
      await clock.settle();
      equal([...data.entries.keys()].sort(), ["default:a", "default:b"], `${steps} steps`);
      await cache.close();
    }
  },
  "what takes its place among the invalidations keeps its place among the changes of its key": async () => {
    const after: [string, (cache: ReturnType<typeof createCache>) => Promise<unknown>, unknown][] = [
      ["set", (cache) => cache.set("a", 2), 2],
      ["delete", (cache) => cache.delete("a"), undefined],
      ["clear", (cache) => cache.clear(), undefined],
      ["tagged", (cache) => cache.set("a", 2, { tags: ["t"] }), 2],
    ];
    for (const isBusy of [false, true]) {
      for (const [name, later, expected] of after) {
        const { tier, go } = held();
        const cache = createCache({ tiers: [memory(), tier], clock: fakeClock(), sweepInterval: 0 });
        if (isBusy) void cache.delete("a");
        const first = cache.set("a", 1, { tags: ["t"] });
        const second = later(cache);
        go();
        await Promise.all([first, second]);
        same(await cache.get("a"), expected, `${name}, busy ${isBusy}`);
        await cache.evictAll({ tier: "memory" });
        same(await cache.get("a"), expected, `${name} below, busy ${isBusy}`);
        const closed = cache.close();
        await closed;
        same((await tier.getMany(["default:a"], { now: 0 })).entries[0]?.value, expected);
      }
    }
  },
  "a set after a clear or a deletion stays, though nobody has waited for that": async () => {
    for (const remove of ["clear", "delete"] as const) {
      const { tier, go } = held();
      const cache = createCache({ tiers: [tier], clock: fakeClock(), sweepInterval: 0 });
      await cache.set("k", 0);
      await cache.set("other", 0);
      const removed = remove === "clear" ? cache.clear() : cache.delete("k");
      const written = cache.set("k", 1);
      go();
      await Promise.all([removed, written]);
      same(await cache.get("k"), 1);
      await cache.close();
      same((await tier.getMany(["default:k"], { now: 0 })).entries[0]?.value, 1, remove);
    }
  },
  "a load that began before an invalidation is not read from what waits": async () => {
    for (const match of ["any", "all", "exact"] as const) {
      const clock = fakeClock();
      const lower = faultyTier(mapTier({ data: mapData(), write: "behind" }));
      const cache = createCache({ tiers: [memory(), lower], clock, sweepInterval: 0 });
      const gate = deferred<string>();
      const load = cache.getOrSet("a", () => gate.promise, { tags: ["t", "u"] });
      await clock.settle();
      await cache.invalidateTags(["u", "t"], { match });
      lower.faults.fail({ setMany: { delay: 50 } });
      gate.resolve("old");
      same(await load, "old");
      const read = cache.get("a");
      await clock.advance(100);
      same(await read, undefined, match);
      // Nor while the tier takes nothing.
      lower.faults.fail({ setMany: "reject" });
      const again = cache.getOrSet("b", () => "b", { tags: ["t", "u"] });
      await clock.advance(1);
      await again;
      await cache.evictAll({ tier: "memory" });
      same(await cache.get("b"), undefined);
      await cache.close();
    }
  },
  "who looks at all of the tier waits for what came before him": async () => {
    const { tier, log, go } = held();
    const clock = fakeClock();
    const cache = createCache({ tiers: [tier], clock, sweepInterval: 0 });
    await cache.set("a", 1);
    const size = cache.size();
    same(await stateOf(size, clock.settle), "pending");
    go();
    same(await size, 1);
    equal(log, ["set a=1"]);
    await cache.set("b", 1);
    await cache.close();
    equal(log, ["set a=1", "set b=1"]);
  },
  "no more than 10,000 changes wait for a tier that takes none, and what could not wait is a miss": async () => {
    const clock = fakeClock();
    const down = faultyTier(mapTier({ data: mapData(), write: "behind" }));
    const cache = createCache({ tiers: [down], clock, sweepInterval: 0, onError: "throw" });
    await cache.set("before", 0);
    await clock.settle();
    down.faults.fail({ setMany: "reject" });
    await cache.setMany(Array.from({ length: 10_000 }, (_, i) => ({ key: `k${i}`, value: i })));
    await clock.settle();
    const refused = await rejects(cache.set("before", 1), "TIER");
    same((refused.cause as { code?: string }).code, "TIER_LIMIT");
    same(await cache.get("k1"), 1);
    down.faults.heal();
    await clock.advance("10s");
    same(await cache.get("before"), undefined);
    same(await cache.get("k9999"), 9999);
    await cache.set("before", 2);
    same(await cache.get("before"), 2);
    await cache.close();
  },
  "operations that wait go to the tier together": async () => {
    const clock = fakeClock();
    const data = mapData();
    const lower = faultyTier(mapTier({ data, write: "behind", timeout: "2s" }));
    const cache = createCache({ tiers: [memory(), lower], clock, sweepInterval: 0 });
    lower.faults.fail({ setMany: { delay: 10 }, touchMany: { delay: 10 } });
    const sets = Array.from({ length: 300 }, (_, i) => cache.set(`k${i}`, i, { tags: ["t"] }));
    await clock.advance(50);
    await Promise.all(sets);
    same(data.entries.size, 300);
    const touches = Array.from({ length: 300 }, (_, i) => cache.touch(`k${i}`, { ttl: "1h" }));
    await clock.advance(50);
    ok((await Promise.all(touches)).every(Boolean));
    same(cache.stats().errors, 0);
    await cache.close();
  },
  "what waits for a tier that has failed once is seen by all that follows": async () => {
    const rig = async (tags = false) => {
      const clock = fakeClock();
      const { invalidate: _, ...rest } = mapTier({ data: mapData(), write: "behind" });
      const lower = faultyTier(
        tags
          ? mapTier({ data: mapData(), write: "behind" })
          : { ...rest, capabilities: { ...rest.capabilities, tags: false } },
      );
      const cache = createCache({ tiers: [memory(), defineTier(lower)], clock, sweepInterval: 0 });
      lower.faults.fail({ setMany: "reject" }, 1);
      await cache.set("a", "old", { tags: tags ? [] : ["t", "u"], ttl: "1h" });
      await clock.advance(10);
      ok(cache.stats().errors > 0);
      return { cache, clock, lower };
    };
    const listed = await rig();
    equal([await listed.cache.keys(), await listed.cache.size()], [["a"], 1]);
    const { cache, clock } = await rig();
    await cache.invalidateTags(["t", "u"], { match: "all" });
    await clock.advance("5s");
    same(await cache.get("a"), undefined);
    const touched = await rig();
    same(await touched.cache.touch("a", { ttl: 1500 }), true);
    await touched.clock.advance(1900);
    same(await touched.cache.get("a"), undefined);
    // The retry does not bring back what a tagged value has replaced meanwhile.
    const again = await rig(true);
    again.lower.faults.fail({ setMany: { delay: 60 } });
    await again.clock.advance(970);
    const written = again.cache.set("a", "new", { tags: ["t"] });
    await again.clock.advance(500);
    await written;
    await again.cache.evictAll({ tier: "memory" });
    same(await again.cache.get("a"), "new");
  },
  "what could not be changed for want of what waits is a miss": async () => {
    const clock = fakeClock();
    const data = mapData();
    const { invalidate: _, ...rest } = mapTier({ data, write: "behind" });
    const lower = faultyTier({ ...rest, capabilities: { ...rest.capabilities, tags: false } });
    const cache = createCache({ tiers: [memory(), defineTier(lower)], clock, sweepInterval: 0 });
    lower.faults.fail({ setMany: "reject" });
    await cache.set("a", 1, { tags: ["t", "u"] });
    await cache.set("b", 1);
    await clock.advance(10);
    await cache.invalidateTags(["t", "u"], { match: "all" });
    await cache.touch("b", { ttl: 300 });
    await clock.advance(400);
    equal([await cache.get("a"), await cache.get("b")], [undefined, undefined]);
    lower.faults.heal();
    await clock.advance("10s");
    equal([await cache.get("a"), await cache.get("b")], [undefined, undefined]);
    await cache.close();
  },
  "refusals open no breaker, and a breaker that is open keeps nothing from being stored by the close": async () => {
    const clock = fakeClock();
    const data = mapData();
    let closed = 0;
    const lower = faultyTier({
      ...mapTier({ data, write: "behind", breaker: { failures: 3 } }),
      close: () => void closed++,
    });
    const cache = createCache({ tiers: [memory(), defineTier(lower)], clock, sweepInterval: 0 });
    lower.faults.fail({ setMany: "reject" });
    await cache.setMany(Array.from({ length: 10_000 }, (_, i) => ({ key: `k${i}`, value: i })));
    await clock.settle();
    for (let i = 0; i < 6; i++) await cache.set(`more${i}`, i);
    same(cache.stats().tiers[1]!.breaker, "closed");
    lower.faults.fail({ getMany: "reject" }, 3);
    for (let i = 0; i < 3; i++) await cache.get(`none${i}`);
    same(cache.stats().tiers[1]!.breaker, "open");
    lower.faults.heal();
    await cache.close();
    equal([data.entries.size, closed, clock.pendingTimers], [10_000, 1, 0]);
  },
  "a change that the tier refuses for good keeps no other from being stored, whenever that comes": async () => {
    for (const refused of [["k7"], ["k0"], ["k3", "k4", "k5"], ["k1", "k3", "k5", "k7", "k9"]]) {
      const { cache, clock, data, errors } = refusing(refused);
      const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
      await cache.setMany(keys.map((key) => ({ key, value: 1 })));
      await clock.advance("1m");
      const expected = keys.filter((key) => !refused.includes(key));
      equal([...data.entries.keys()].sort(), expected.map(whole), `without ${refused}`);
      await cache.set("later", 1);
      await clock.advance("1s");
      ok(data.entries.has(whole("later")), "what comes later is stored");
      const closed = cache.close();
      await clock.advance("10s");
      await closed;
      equal([...data.entries.keys()].sort(), [...expected, "later"].map(whole));
      same(errors.at(-1), `Gave up storing what waits as the tier is closed: ${refused.length} changes are lost`);
    }
  },
  "the close stores all but what the tier refuses": async () => {
    const refused = ["k3", "k400", "k401", "k777"];
    const { cache, data } = refusing(refused);
    await cache.setMany(Array.from({ length: 1_000 }, (_, i) => ({ key: `k${i}`, value: i })));
    await cache.close();
    same(data.entries.size, 1_000 - refused.length);
  },
  "of a change that was refused the last one of its key is stored, and none after an invalidation": async () => {
    const refused = ["a", "b", "c"];
    const { cache, clock, data } = refusing(refused);
    await cache.setMany(["a", "b", "c", "d"].map((key) => ({ key, value: "old" })));
    await clock.advance("10s");
    await cache.set("a", "new");
    await cache.delete("b");
    await clock.advance("10s");
    refused.length = 0;
    await clock.advance("10s");
    equal([...data.entries.keys()].sort(), ["a", "c", "d"].map(whole));
    same(data.entries.get(whole("a"))?.value, "new");
    await cache.clear();
    await clock.advance("10s");
    same(data.entries.size, 0);
    await cache.close();
  },
  "a call that never ends keeps changes waiting for ten seconds, and is told": async () => {
    const { cache, clock, data, lower, errors } = refusing([]);
    lower.faults.fail({ setMany: "hang" }, 1);
    await cache.set("a", 1);
    await clock.settle();
    await cache.set("b", 2);
    await clock.advance("9s");
    equal([data.entries.size, errors.length], [0, 0]);
    await clock.advance("3s");
    equal([...data.entries.keys()].sort(), ["a", "b"].map(whole));
    equal(errors, ["Gave up storing what waits for tier map as a call must take at most 10000 ms"]);
    await cache.close();
    same(clock.pendingTimers, 0);
  },
  "what a call overwrites that was given up is stored once more": async () => {
    const later: [string, (cache: ReturnType<typeof createCache>) => Promise<unknown>, unknown][] = [
      ["nothing", async () => {}, 1],
      ["set", (cache) => cache.set("a", 2), 2],
      ["delete", (cache) => cache.delete("a"), undefined],
      ["clear", (cache) => cache.clear(), undefined],
      ["clear and set", (cache) => cache.clear().then(() => cache.set("a", 3)), 3],
    ];
    for (const [name, change, expected] of later) {
      const { cache, clock, data, lower } = refusing([]);
      lower.faults.fail({ setMany: "hang" }, 1);
      await cache.set("a", 1);
      await clock.advance("12s");
      await change(cache);
      await clock.advance("2s");
      lower.faults.release();
      await clock.advance("2s");
      same(data.entries.get(whole("a"))?.value, expected, name);
      await cache.close();
    }
  },
  "the close stores what waits though a call hangs": async () => {
    const { cache, clock, data, lower } = refusing([]);
    lower.faults.fail({ setMany: "hang" }, 1);
    await cache.set("a", 1);
    await clock.settle();
    await cache.set("b", 2);
    const closed = cache.close();
    await clock.advance("3s");
    same(await stateOf(closed, clock.settle), "resolved");
    equal([...data.entries.keys()].sort(), ["a", "b"].map(whole));
  },
  "a slow call that the close has not waited for does not bring an old value back": async () => {
    const later: [string, string[], (cache: ReturnType<typeof createCache>) => Promise<unknown>, unknown][] = [
      ["set", [], (cache) => cache.set("a", 2), 2],
      ["delete", [], (cache) => cache.delete("a"), undefined],
      ["clear", [], (cache) => cache.clear(), undefined],
      ["set after tagged", ["t"], (cache) => cache.set("a", 2), 2],
    ];
    for (const [name, tags, change, expected] of later) {
      const { cache, clock, data, lower } = refusing([]);
      lower.faults.fail({ setMany: { delay: 3_000 } }, 1);
      void cache.set("a", 1, { tags });
      await clock.advance(10);
      void change(cache);
      void cache.set("b", 1);
      const closed = cache.close({ timeout: "1m" });
      await clock.advance(2_500);
      ok(data.entries.has(whole("b")), `${name}: stored beside it`);
      await clock.advance("1s");
      same(await stateOf(closed, clock.settle), "resolved", name);
      same(data.entries.get(whole("a"))?.value, expected, name);
      same(clock.pendingTimers, 0);
    }
  },
  "the close waits ten seconds at most for a call that may overwrite what is newer": async () => {
    const { cache, clock, data, lower } = refusing([]);
    lower.faults.fail({ setMany: "hang" }, 1);
    await cache.set("a", 1);
    await clock.advance("1s");
    await cache.set("a", 2);
    const closed = cache.close({ timeout: "1m" });
    await clock.advance(8_900);
    equal([data.entries.get(whole("a"))?.value, await stateOf(closed, clock.settle)], [2, "pending"]);
    await clock.advance(200);
    same(await stateOf(closed, clock.settle), "resolved");
  },
  "what a late call overwrites while the newer value is on its way is stored once more": async () => {
    const { cache, clock, data, lower } = refusing([]);
    lower.faults.fail({ setMany: "hang" }, 1);
    await cache.set("a", 1);
    await clock.advance("9s");
    await cache.set("a", 2);
    await clock.advance(500);
    const first = lower.faults.held;
    lower.faults.fail({ setMany: "mute" }, 1);
    await clock.advance("1s");
    equal([first, lower.faults.held, data.entries.get(whole("a"))?.value], [1, 2, 2]);
    lower.faults.release();
    await clock.advance("2s");
    same(data.entries.get(whole("a"))?.value, 2);
    await cache.close();
  },
  "what is stored once more keeps its place before the operations that wait": async () => {
    const { cache, clock, data, lower } = refusing([]);
    lower.faults.fail({ setMany: "hang" }, 1);
    await cache.set("a", 1);
    await clock.advance("9s");
    await cache.set("a", 2);
    await clock.advance("2s");
    same(data.entries.get(whole("a"))?.value, 2);
    lower.faults.fail({ deleteMany: { delay: 500 } }, 1);
    const deleted = cache.delete("b");
    await clock.advance(10);
    const written = cache.set("a", 3, { tags: ["t"] });
    await clock.advance(10);
    lower.faults.release();
    await clock.advance("2s");
    await Promise.all([deleted, written]);
    same(data.entries.get(whole("a"))?.value, 3);
    await cache.close();
  },
  "what comes while a refused change is tried again is stored at once": async () => {
    const { cache, clock, data, lower } = refusing(["a"]);
    await cache.set("a", 1);
    await clock.advance(10);
    lower.faults.fail({ setMany: { delay: 100 } });
    await clock.advance(1_000);
    // It is being tried.
    lower.faults.resetCalls();
    await cache.set("b", 1);
    await clock.advance(300);
    ok(data.entries.has(whole("b")));
    same(lower.faults.calls.setMany, 1, "and the refused one is not tried again for that");
    lower.faults.heal();
    await cache.close();
  },
  "a listing has a key that is set anew meanwhile": async () => {
    const clock = fakeClock();
    const lower = faultyTier(mapTier({ data: mapData(), write: "behind" }));
    const cache = createCache({ tiers: [lower], clock, sweepInterval: 0 });
    lower.faults.fail({ setMany: { delay: 20 } });
    await cache.set("z", 0);
    await clock.advance(5);
    await cache.set("counter", 1);
    const keys = cache.keys();
    await cache.set("counter", 2);
    await clock.advance(100);
    equal(await keys, ["counter", "z"]);
    same(await cache.get("counter"), 2);
    await cache.close();
  },
  "an operation that never ends keeps later changes waiting for ten seconds, and a look for none": async () => {
    for (const operation of ["scan", "touchMany"] as const) {
      const clock = fakeClock();
      const data = mapData();
      const lower = faultyTier(mapTier({ data, write: "behind", timeout: 200 }));
      const cache = createCache({ tiers: [memory(), lower], clock, sweepInterval: 0 });
      await cache.set("z", 0);
      await clock.settle();
      lower.faults.fail({ [operation]: "hang" }, 1);
      const hung = operation === "scan" ? cache.keys() : cache.touch("z", { ttl: "1h" });
      await clock.advance(200);
      await hung;
      await cache.set("a", 1);
      await clock.advance(operation === "scan" ? 0 : 10_000);
      ok(data.entries.has("default:a"), operation);
      lower.faults.release();
      const closed = cache.close();
      await clock.advance("10s");
      await closed;
    }
  },
});
