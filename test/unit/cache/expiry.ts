import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { gather } from "./tools.ts";

export const expiry: StackSuite = stackSuite("time to live", {
  "a number is milliseconds, never seconds": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 1, { ttl: 5 });
    await clock.advance(4);
    same(await cache.get("k"), 1);
    await clock.advance(1);
    same(await cache.get("k"), undefined);
  },
  "an entry lives for exactly its time, in every call and every tier": async (open) => {
    for (const ttl of [1, 1000, "1m", "1h30m", 86_400_000]) {
      const { cache, clock } = open();
      await cache.set("k", 1, { ttl });
      const ms = (await cache.meta("k"))!.ttl;
      await clock.advance(ms - 1);
      same(await cache.get("k"), 1);
      same(await cache.has("k"), true);
      equal(await cache.keys(), ["k"]);
      same(await cache.size(), 1);
      same((await cache.getMany(["k"])).size, 1);
      same((await gather(cache.entries())).length, 1);
      await clock.advance(1);
      same(await cache.get("k"), undefined);
      same(await cache.has("k"), false);
      same(await cache.meta("k"), undefined);
      equal(await cache.keys(), []);
      same(await cache.size(), 0);
      same((await cache.getMany(["k"])).size, 0);
      same((await gather(cache.entries())).length, 0);
      await rejects(
        cache.getOrSet("k", () => Promise.reject(new RangeError())),
        RangeError,
      );
    }
  },
  "the cache's ttl is the default, the call's wins, and forever is for ever": async (open) => {
    const { cache, clock } = open({ ttl: "10s" });
    await cache.set("default", 1);
    await cache.set("own", 1, { ttl: "20s" });
    await cache.set("forever", 1, { ttl: "forever" });
    await cache.set("infinite", 1, { ttl: Infinity });
    equal((await cache.meta("forever"))?.ttl, Infinity);
    await clock.advance("10s");
    equal((await cache.keys()).sort(), ["forever", "infinite", "own"]);
    await clock.advance("3650d");
    equal((await cache.keys()).sort(), ["forever", "infinite"]);
    same(await cache.get("infinite"), 1);
  },
  "without any ttl an entry does not expire": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 1);
    await clock.advance("3650d");
    same(await cache.get("k"), 1);
  },
  "a ttl of 0 or less stores nothing and deletes what was there": async (open) => {
    const { cache } = open({ ttl: "1h" });
    for (const ttl of [0, -1, "0s", -Infinity]) {
      await cache.set("k", "old");
      await cache.set("k", "new", { ttl });
      same(await cache.get("k"), undefined);
      await cache.set("k", "old");
      await cache.set("k", "new", { ttl: () => ttl });
      same(await cache.get("k"), undefined);
    }
    same(await cache.size(), 0);
  },
  "a load with a ttl of 0 is returned, and neither stored nor left as it was": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", "old", { ttl: "1s", grace: "1h" });
    await clock.advance("1s");
    same(await cache.getOrSet("k", () => "new", { ttl: 0 }), "new");
    same(await cache.meta("k"), undefined);
  },
  "a ttl or tags may depend on the value": async (open) => {
    const { cache } = open();
    const options = {
      ttl: (value: { seconds: number }, { key }: { key: unknown }) => `${value.seconds + String(key).length}s`,
      tags: (value: { seconds: number }, { key }: { key: unknown }) => [`t${value.seconds}`, `of ${key}`],
    };
    await cache.set("abc", { seconds: 4 }, options);
    equal([(await cache.meta("abc"))?.ttl, (await cache.meta("abc"))?.tags], [7000, ["of abc", "t4"]]);
    await cache.getOrSet("x", () => ({ seconds: 9 }), options);
    equal([(await cache.meta("x"))?.ttl, (await cache.meta("x"))?.tags], [10_000, ["of x", "t9"]]);
    await cache.setMany([{ key: "y", value: { seconds: 1 } }], options);
    equal([(await cache.meta("y"))?.ttl, (await cache.meta("y"))?.tags], [2000, ["of y", "t1"]]);
  },
  "a wrong ttl is refused and changes nothing": async (open) => {
    const { cache } = open();
    await cache.set("k", "old");
    for (const ttl of ["soon", "", "5", Number.NaN, "-5m", "1 m", true, {}] as never[]) {
      await rejects(cache.set("k", "new", { ttl }), "CONFIG");
      await rejects(cache.set("k", "new", { ttl: () => ttl }), "CONFIG");
      await rejects(cache.touch("k", { ttl }), "CONFIG");
      await rejects(cache.setMany([{ key: "k", value: 1, ttl }]), "CONFIG");
    }
    same(await cache.get("k"), "old");
  },
  "a time in the place of the options is refused, as it would be no time to live": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    for (const options of [5_000, "1h", true] as never[]) {
      const { message } = await rejects(cache.set("k", 2, options), "CONFIG");
      ok(message.startsWith("Cannot use options as it must be an object: received "), message);
      await rejects(cache.setMany([{ key: "k", value: 2 }], options), "CONFIG");
      await rejects(
        cache.getOrSet("other", () => 2, options),
        "CONFIG",
      );
    }
    same(await cache.get("k"), 1);
  },
  "jitter shortens by up to its fraction, and never lengthens": async (open) => {
    const draws = [0, 0.5, 0.999999];
    const { cache } = open({ ttl: 1000, jitter: 0.2, random: () => draws.shift() ?? 0.5 });
    const ttls: number[] = [];
    for (const key of ["a", "b", "c"]) {
      await cache.set(key, 1);
      ttls.push((await cache.meta(key))!.ttl);
    }
    same(ttls[0], 1000);
    same(ttls[1], 900);
    ok(ttls[2]! >= 800 && ttls[2]! < 801, String(ttls[2]));
    await cache.set("none", 1, { jitter: 0 });
    same((await cache.meta("none"))?.ttl, 1000);
    await cache.set("forever", 1, { ttl: "forever", jitter: 1 });
    same((await cache.meta("forever"))?.ttl, Infinity);
  },
  "stale values are for getOrSet alone": async (open) => {
    const { cache, clock } = open({ grace: "1h", swr: "1h" });
    await cache.set("k", 1, { ttl: "1s" });
    await clock.advance("1s");
    same(await cache.get("k"), undefined);
    same(await cache.getEntry("k"), undefined);
    same(await cache.has("k"), false);
    same((await cache.getMany(["k"])).size, 0);
    const meta = (await cache.meta("k"))!;
    equal([meta.stale, meta.ttl], [true, 0]);
  },
  "a stale entry is kept for grace or swr, whichever is longer, and not a millisecond more": async (open) => {
    for (const [grace, swr] of [
      [3000, 1000],
      [1000, 3000],
    ]) {
      const { cache, clock } = open();
      await cache.set("k", 1, { ttl: 1000, grace: grace!, swr: swr! });
      await clock.advance(3999);
      equal(await cache.keys(), ["k"]);
      await clock.advance(1);
      equal(await cache.keys(), []);
      same(await cache.delete("k"), false);
    }
  },
  "prune removes what has expired from every tier, and nothing else": async (open) => {
    const { cache, clock, lower } = open({ ttl: "forever" });
    if (lower && !lower.prune) return;
    await cache.setMany([
      { key: "short", value: 1, ttl: "1s" },
      { key: "graced", value: 1, ttl: "1s", grace: "1h" },
      { key: "long", value: 1, ttl: "1h" },
      { key: "forever", value: 1 },
      { key: ["array"], value: 1, ttl: "1s" },
    ]);
    equal(await cache.prune(), []);
    await clock.advance("1s");
    const pruned = await cache.prune();
    equal(pruned.map((key) => JSON.stringify(key)).sort(), ['"short"', '["array"]']);
    equal(await cache.prune(), []);
    equal((await cache.keys()).sort(), ["forever", "graced", "long"]);
  },
  "what has expired is told and counted once for every tier that a prune takes it from": async (open) => {
    const { cache, clock, top, bottom, lower } = open();
    if (lower && !lower.prune) return;
    await cache.set("k", 1, { ttl: 1000 });
    await clock.advance(1000);
    const told: string[] = [];
    cache.on("expire", ({ tier }) => told.push(tier));
    await cache.prune();
    equal(told, [...new Set([top, bottom])]);
    for (const { expiries } of cache.stats().tiers) same(expiries, 1);
  },
  "prune leaves another cache's entries and tells of them to nobody": async (open) => {
    const { cache, clock, peer, lower } = open();
    if (!peer || !lower?.prune) return;
    const other = peer({ name: "other" });
    await other.set("theirs", 1, { ttl: "1s" });
    await other.set("live", 1);
    await cache.set("ours", 1, { ttl: "1s" });
    await clock.advance("1s");
    equal(await cache.prune(), ["ours"]);
    same(await other.get("live"), 1);
  },
  "the sweep runs in the background, at its interval, and keeps no process alive": async (open) => {
    const { cache, clock, lower } = open({ sweepInterval: "10s" });
    if (lower && !lower.prune) return;
    const gone: unknown[] = [];
    cache.on("expire", ({ key }) => gone.push(key));
    same(clock.pendingTimers, 0);
    await cache.set("forever", 1);
    same(clock.pendingTimers, 0);
    await cache.set("k", 1, { ttl: "1s" });
    same(clock.pendingTimers, 1);
    same(clock.foregroundTimers, 0);
    await clock.advance(9999);
    equal(gone, []);
    await clock.advance(1);
    equal(new Set(gone), new Set(["k"]));
    await cache.set("again", 1, { ttl: "1s" });
    await clock.advance("10s");
    ok(gone.includes("again"));
    await cache.close();
    same(clock.pendingTimers, 0);
  },
  "no sweep at an interval of 0": async (open) => {
    const { cache, clock } = open({ sweepInterval: 0 });
    await cache.set("k", 1, { ttl: "1s" });
    same(clock.pendingTimers, 0);
  },
  "a wall clock that steps back neither revives nor makes immortal": async (open) => {
    const { cache, clock } = open();
    await cache.set("expired", 1, { ttl: "10s" });
    await clock.advance("10s");
    clock.stepWall(-3_600_000);
    same(await cache.get("expired"), undefined);
    same(await cache.size(), 0);
    await cache.set("k", 1, { ttl: "10s" });
    await clock.advance(9999);
    same(await cache.get("k"), 1);
    await clock.advance(1);
    same(await cache.get("k"), undefined);
  },
  "a wall clock that steps forward expires what is over by it": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 1, { ttl: "1h" });
    clock.stepWall(3_599_999);
    same(await cache.get("k"), 1);
    clock.stepWall(1);
    same(await cache.get("k"), undefined);
    // Stepping back again brings nothing back.
    clock.stepWall(-3_600_000);
    same(await cache.get("k"), undefined);
  },
  "entries from the future are misses unless the clocks differ by a minute at most": async (open) => {
    const { cache, clock, peer } = open();
    if (!peer) return;
    clock.stepWall(3_600_000);
    await cache.set("ahead", 1, { ttl: "1h" });
    await cache.set("forever", 1);
    const now = clock.now();
    const behind = (ms: number) => ({ now: () => now - ms, setTimer: clock.setTimer, clearTimer: clock.clearTimer });
    const near = peer({ clock: behind(60_000) } as never);
    same(await near.get("ahead"), 1);
    const far = peer({ clock: behind(60_001) } as never);
    same(await far.get("ahead"), undefined);
    same(await far.get("forever"), 1);
  },
});
