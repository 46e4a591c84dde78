import type { Cache } from "../../../mod.ts";
import { createCache, memory, nullTier } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, rejects, same, suite } from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";
import { users } from "./counted.ts";

export const tests: TestCase[] = suite("where wrapped functions keep results", {
  "only the tiers that it is told": async () => {
    const data = mapData();
    const cache = createCache({ tiers: [memory(), mapTier({ data, name: "disk" })] });
    const { fn, calls } = users();
    const here = cache.wrap(fn, { name: "here", tiers: ["memory"] });
    const there = cache.wrap(fn, { name: "there", tiers: ["disk"] });
    const inTier = (tier: string, name: string): Promise<number> => cache.namespace(`fn:${name}`).size({ tier });
    for (const _ of [1, 2]) for (const find of [here, there]) await find(1);
    same(calls.length, 2);
    equal([await inTier("memory", "here"), await inTier("disk", "here")], [1, 0]);
    equal([await inTier("memory", "there"), await inTier("disk", "there")], [0, 1]);
    await here.set([2], { id: 2, name: "set" });
    await there.refresh(2);
    equal([await inTier("disk", "here"), await inTier("memory", "there")], [0, 0]);
    equal([(await here(2)).name, (await there.get(2))?.name], ["set", "Person 2"]);
    // What another process has stored under the name in a tier of no concern is not looked at.
    await cache.namespace("fn:here").set("(3)", { id: 3, name: "foreign" });
    await cache.namespace("fn:here").evict("(3)", { tier: "memory" });
    equal([await here.get(3), await here.has(3)], [undefined, false]);
    same((await here(3)).name, "Person 3");
    equal([await here.invalidate(1), await there.invalidate(1)], [true, true]);
    equal([await here.has(1), await there.has(1)], [false, false]);
  },
  "maxEntries of a function are exact, and the one used least lately gives way": async () => {
    const cache = createCache();
    const evicted: unknown[] = [];
    cache.on("evict", ({ key, reason }) => evicted.push([key, reason]));
    const { fn, calls } = users();
    const find = cache.wrap(fn, { name: "find", maxEntries: 3 });
    const other = cache.wrap(users().fn, { name: "other" });
    for (const id of [1, 2, 3]) {
      await find(id);
      await other(id);
    }
    await find(1);
    await find(4);
    same((await find.info()).size, 3);
    equal([await find.has(1), await find.has(2), await find.has(3), await find.has(4)], [true, false, true, true]);
    for (let id = 5; id < 50; id++) await find(id);
    same((await find.info()).size, 3);
    same((await other.info()).size, 3);
    same(evicted.length, 46);
    equal(evicted[0], ["(2)", "capacity"]);
    // Room that an invalidation makes is used before another gives way.
    await find.invalidate(49);
    await find(60);
    equal([await find.has(47), await find.has(48), await find.has(60)], [true, true, true]);
    await find.clear();
    await find.set([1], { id: 1, name: "Ada" });
    same((await find.info()).size, 1);
    same(calls.length, 50);
  },
  "only what is still there gives way to maxEntries": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    const evicted: unknown[] = [];
    cache.on("evict", ({ key }) => evicted.push(key));
    const find = cache.wrap(users().fn, { name: "find", maxEntries: 2, ttl: 10 });
    await find(1);
    await find(2);
    await clock.advance(10);
    await cache.prune();
    await find(3);
    await find(4);
    await cache.clear();
    await find(5);
    await clock.settle();
    equal(evicted, []);
    same(cache.stats().evictions.capacity, undefined);
    await find(6);
    await find(7);
    await clock.settle();
    equal(evicted, ["(5)"]);
  },
  "a subset of tiers that gives no leases is waited for by nobody": async () => {
    const data = mapData();
    const open = (): Cache => createCache({ tiers: [memory(), mapTier({ data })] }) as Cache;
    const [one, other] = [open(), open()];
    const { fn, calls } = users();
    const here = [one, other].map((cache) => cache.wrap(fn, { name: "here", tiers: ["memory"] }));
    for (const find of here) equal(await find(1), { id: 1, name: "Person 1" });
    same(calls.length, 2);
  },
  "what is waited for in another process is copied up into no tier of no concern": async () => {
    const data = mapData();
    const clock = fakeClock();
    const open = () => createCache({ tiers: [memory(), mapTier({ data, name: "disk" })], clock });
    const [one, other] = [open(), open()];
    const { promise, resolve } = deferred<number>();
    const [first, second] = [one, other].map((cache) => cache.wrap(() => promise, { name: "slow", tiers: ["disk"] }));
    const call = first!();
    await clock.settle();
    const waiting = second!();
    await clock.settle();
    resolve(5);
    same(await call, 5);
    await clock.advance("1s");
    same(await waiting, 5);
    same(other.stats().loads, 0);
    same(await other.namespace("fn:slow").size({ tier: "memory" }), 0);
  },
  "over tiers that keep nothing the function runs each time, and its helpers go on working": async () => {
    const { fn, calls } = users();
    const find = createCache({ tiers: [nullTier()] }).wrap(fn, { name: "find", maxEntries: 5 });
    for (const _ of [1, 2]) same((await find(1)).id, 1);
    same((await find.refresh(1)).id, 1);
    same(calls.length, 3);
    await find.set([1], { id: 1, name: "Ada" });
    equal([await find.get(1), await find.has(1), (await find.info()).size], [undefined, false, 0]);
    equal([await find.invalidate(1), await find.expire(1), await find.invalidateMatching(1)], [false, false, 0]);
    await find.clear();
  },
  "after close a call rejects": async () => {
    const cache = createCache();
    const find = cache.wrap(users().fn, { name: "find" });
    await find(1);
    await cache.close();
    await rejects(find(1), "CLOSED");
    await rejects(find.clear(), "CLOSED");
    await rejects(find.refresh(1), "CLOSED");
    equal(await find.with({ mode: "bypass" })(1), { id: 1, name: "Person 1" });
  },
});
