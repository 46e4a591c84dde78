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
  "an operation waits for what came before it, and not for what comes after": async () => {
    const { tier, log, go } = held();
    const clock = fakeClock();
    const cache = createCache({ tiers: [tier], clock, sweepInterval: 0 });
    await cache.set("a", 1);
    const size = cache.size();
    await cache.set("b", 1);
    same(await stateOf(size, clock.settle), "pending");
    go();
    same(await size, 1);
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
});
