import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { aged, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, unwanted } from "./tools.ts";

const down = () => Promise.reject(new RangeError("down"));

export const refresh: StackSuite = stackSuite("refreshing and failing", {
  "refreshAhead loads in the background from its fraction of the ttl on": async (open) => {
    for (const [age, refreshed] of [
      [799, false],
      [800, true],
      [999, true],
    ] as const) {
      const { cache, clock } = await aged(open, age, { refreshAhead: 0.8 });
      let runs = 0;
      same(await cache.getOrSet("k", () => `new ${++runs}`), "old");
      await clock.settle();
      same(runs, refreshed ? 1 : 0);
      same(await cache.get("k"), refreshed ? "new 1" : "old");
      same(cache.stats().hits, 2);
    }
    const { cache } = open({ refreshAhead: 0.5 });
    await cache.set("k", "for ever");
    same(await cache.getOrSet("k", unwanted), "for ever");
  },
  "a caller that joins gets no old value that its own options forbid": async (open) => {
    for (const expire of ["by time", "by tag"]) {
      for (const theirs of [{ swr: "1h" }, { grace: "1h" }]) {
        const { cache, clock } = open({ ttl: 1000 });
        await cache.set("k", "old", { tags: ["t"], swr: "1h", grace: "1h" });
        if (expire === "by time") await clock.advance(1000);
        else await cache.invalidateTags("t", { mode: "expire" });
        const gate = deferred<string>();
        const one = cache.getOrSet("k", () => gate.promise, theirs);
        const two = cache.getOrSet("k", () => "new");
        await clock.settle();
        if ("swr" in theirs) gate.resolve("theirs");
        else gate.reject(new RangeError("down"));
        same(await one, "old");
        ok((await two) !== "old", `${expire}, ${Object.keys(theirs)}`);
      }
    }
  },
  "nor the old value that another may be served while it is loaded": async (open) => {
    const { cache, clock } = open({ ttl: 1000 });
    await cache.set("k", "old", { swr: "1h", grace: "1h" });
    await clock.advance(1000);
    const gate = deferred<string>();
    const one = cache.getOrSet("k", () => gate.promise, { swr: "1h" });
    const two = cache.getOrSet("k", () => "new", { grace: "1h" });
    await clock.settle();
    gate.resolve("theirs");
    same(await one, "old");
    ok((await two) !== "old");
  },
  "nor one that it has refused itself": async (open) => {
    const { cache, clock } = await aged(open, 1000, { grace: "1h" });
    const gate = deferred<string>();
    const one = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    const two = cache.getOrSet("k", () => "new", { validate: ({ value }) => value !== "old" });
    await clock.settle();
    gate.reject(new RangeError("down"));
    same(await one, "old");
    same(await two, "new");
  },
  "refreshAhead loads once for many hits": async (open) => {
    const { cache, clock } = await aged(open, 900, { refreshAhead: 0.5 });
    const gate = deferred<string>();
    let runs = 0;
    const calls = Array.from({ length: 20 }, () =>
      cache.getOrSet("k", () => {
        runs++;
        return gate.promise;
      }),
    );
    equal(new Set(await Promise.all(calls)), new Set(["old"]));
    await clock.settle();
    same(runs, 1);
    gate.resolve("new");
    await clock.settle();
    same(await cache.get("k"), "new");
  },
  "earlyRefresh follows the formula: now - loadTime × β × ln(1 - random) reaches the expiry": async (open) => {
    // With a load of 100 ms and β = 2, ln(1 - random) = -1 is due 200 ms before the end.
    const random = 1 - Math.exp(-1);
    for (const [age, refreshed] of [
      [799, false],
      [801, true],
    ] as const) {
      const { cache, clock } = open({ ttl: 1000, earlyRefresh: 2, random: () => random });
      const first = cache.getOrSet("k", () => clock.sleep(100).then(() => "old"));
      await clock.advance(100);
      same(await first, "old");
      await clock.advance(age);
      let runs = 0;
      same(await cache.getOrSet("k", () => `new ${++runs}`), "old");
      await clock.settle();
      same(runs, refreshed ? 1 : 0, `at ${age}`);
    }
  },
  "earlyRefresh never fires without chance, a load time, or an end": async (open) => {
    const { cache, clock } = open({ earlyRefresh: 100, random: () => 0 });
    await cache.set("k", 1, { ttl: 1000 });
    await clock.advance(999);
    same(await cache.getOrSet("k", unwanted), 1);
    const luck = open({ earlyRefresh: 100, random: () => 0.999999 });
    await luck.cache.set("set", 1, { ttl: 1000 });
    await luck.clock.advance(999);
    same(await luck.cache.getOrSet("set", unwanted), 1);
    const slow = luck.cache.getOrSet("forever", () => luck.clock.sleep(100).then(() => 1));
    await luck.clock.advance(100);
    same(await slow, 1);
    same(await luck.cache.getOrSet("forever", unwanted), 1);
  },
  "negativeTtl remembers a failure for exactly its time": async (open) => {
    const { cache, clock } = open({ negativeTtl: 500 });
    let runs = 0;
    const error = new RangeError("down");
    const loader = () => {
      runs++;
      return Promise.reject(error);
    };
    same(await rejects(cache.getOrSet("k", loader), RangeError), error);
    await clock.advance(499);
    same(await rejects(cache.getOrSet("k", loader), RangeError), error);
    same(runs, 1);
    await clock.advance(1);
    await rejects(cache.getOrSet("k", loader), RangeError);
    same(runs, 2);
    same(await cache.get("k"), undefined);
    equal(await cache.keys(), []);
  },
  "a remembered failure ends with set, delete, clear and invalidatePattern": async (open) => {
    const { cache } = open({ negativeTtl: "1h" });
    const ends = [
      () => cache.delete("k"),
      () => cache.clear(),
      () => cache.invalidatePattern("k"),
      () => cache.set("k", 1, { ttl: 0 }),
    ];
    for (const end of ends) {
      await rejects(cache.getOrSet("k", down), RangeError);
      await rejects(cache.getOrSet("k", unwanted), RangeError);
      await end();
      same(await cache.getOrSet("k", () => "up"), "up");
      await cache.delete("k");
    }
    await rejects(cache.getOrSet("k", down), RangeError);
    await cache.set("k", "set");
    same(await cache.getOrSet("k", unwanted), "set");
  },
  "failures are not remembered unless asked, and for no other key": async (open) => {
    const { cache } = open();
    await rejects(cache.getOrSet("k", down), RangeError);
    same(await cache.getOrSet("k", () => "up"), "up");
    await rejects(cache.getOrSet("a", down, { negativeTtl: "1h" }), RangeError);
    same(await cache.getOrSet("b", () => "up"), "up");
    same(await cache.namespace("n").getOrSet("a", () => "up"), "up");
  },
  "a remembered failure is answered with the old value where there is grace": async (open) => {
    const { cache } = await aged(open, 1000, { grace: 30_000, negativeTtl: 500 });
    let runs = 0;
    const loader = () => {
      runs++;
      return down();
    };
    same(await cache.getOrSet("k", loader), "old");
    same(await cache.getOrSet("k", loader), "old");
    same(runs, 1);
  },
  "remembered failures are bounded": async (open) => {
    const { cache } = open({ negativeTtl: "1h" });
    for (let i = 0; i < 1100; i++) await cache.getOrSet(`k${i}`, down).catch(() => {});
    let runs = 0;
    for (let i = 0; i < 1100; i++) await cache.getOrSet(`k${i}`, () => ++runs).catch(() => {});
    ok(runs >= 100 && runs < 1100, String(runs));
  },
});
