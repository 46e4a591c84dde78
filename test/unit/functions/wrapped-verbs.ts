import { ConfigError } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { STACKS, stackSuite } from "../cache/stacks.ts";
import { counted, users } from "./counted.ts";

const suites = stackSuite("helpers of wrapped functions", {
  "get, set, has and invalidate concern one call": async (open) => {
    const { cache } = open();
    const { fn, calls } = users();
    const find = cache.wrap(fn, { name: "find" });
    same(await find.get(1), undefined);
    same(await find.has(1), false);
    await find.set([1], { id: 1, name: "Ada" });
    equal(await find.get(1), { id: 1, name: "Ada" });
    equal(await find(1), { id: 1, name: "Ada" });
    same(await find.has(1), true);
    equal(calls, []);
    await find(2);
    same(await find.invalidate(1), true);
    same(await find.invalidate(1), false);
    same(await find.has(1), false);
    same(await find.has(2), true);
  },
  "has tells what a call would be served: nothing while the cache is off, and no other version": async (open) => {
    const { cache } = open();
    const find = cache.wrap(users().fn, { name: "find" });
    const versioned = cache.wrap(users().fn, { name: "versioned", version: "2" });
    await find(1);
    await versioned(1);
    equal([await find.has(1), await versioned.has(1)], [true, true]);
    await cache.disable();
    equal([await find.has(1), await versioned.has(1)], [false, false]);
    cache.enable();
    equal([await find.has(1), await versioned.has(1)], [true, true]);
    cache.configure({ version: "3" });
    equal([await find.has(1), await versioned.has(1)], [false, true]);
  },
  "clear and info concern the function alone": async (open) => {
    const { cache } = open();
    const get = cache.wrap(users().fn, { name: "get" });
    const getUser = cache.wrap(users().fn, { name: "getUser" });
    await cache.set("get", 1);
    for (const id of [0, 1, 2]) for (const fn of [get, getUser, get]) await fn(id);
    const { name, hits, misses, size } = await get.info();
    equal({ name, hits, misses, size }, { name: "get", hits: 3, misses: 3, size: 3 });
    await get.clear();
    same((await get.info()).size, 0);
    same((await getUser.info()).size, 3);
    same(await cache.get("get"), 1);
    await cache.clear();
    same((await getUser.info()).size, 0);
  },
  "invalidateMatching removes the calls whose first arguments are these": async (open) => {
    const { cache } = open();
    const { fn, calls } = counted((user: string | number, page?: number, filter?: object) => [user, page, filter]);
    const list = cache.wrap(fn, { name: "list" });
    const some: Parameters<typeof list>[] = [
      [1],
      [1, 1],
      [1, 2, { a: "*" }],
      [10],
      [10, 1],
      ["1", 1],
      ["ada"],
      ["ada", 1],
      ["ada*"],
      ["ada*", 1, { a: 1 }],
    ];
    const left = async (): Promise<unknown[]> => {
      const all = await Promise.all(some.map((args) => list.has(...args)));
      return some.filter((_, i) => all[i]);
    };
    for (const args of some) await list(...args);
    same(calls.length, some.length);
    same(await list.invalidateMatching(1), 3);
    equal(await left(), some.slice(3));
    same(await list.invalidateMatching("ada*"), 2);
    equal(await left(), some.slice(3, 8));
    same(await list.invalidateMatching("ada", 1), 1);
    same(await list.invalidateMatching(99), 0);
    same(await list.invalidateMatching(), 4);
    equal(await left(), []);
    const keyed = cache.wrap(fn, { name: "keyed", key: (user) => String(user) });
    await rejects(keyed.invalidateMatching(1), ConfigError);
  },
  "expire makes a result stale: grace and swr may serve it, a read does not": async (open) => {
    const { cache, clock } = open();
    let next: number | Error = 1;
    const read = async (): Promise<number> => {
      if (next instanceof Error) throw next;
      return next;
    };
    const graceful = cache.wrap(read, { name: "graceful", grace: "1h" });
    const plain = cache.wrap(read, { name: "plain" });
    for (const fn of [graceful, plain]) same(await fn(), 1);
    same(await graceful.expire(), true);
    same(await plain.expire(), true);
    same(await graceful.has(), false);
    same(await graceful.get(), undefined);
    next = new RangeError("down");
    same(await graceful(), 1);
    await rejects(plain(), RangeError);
    next = 2;
    same(await graceful(), 2);
    same(await graceful(), 2);
    const lazy = cache.wrap(read, { name: "lazy", swr: "1h", ttl: "1m" });
    same(await lazy(), 2);
    await lazy.expire();
    next = 3;
    same(await lazy(), 2);
    await clock.settle();
    same(await lazy(), 3);
    same(await lazy.invalidate(), true);
    same(await lazy.expire(), false);
  },
  "ttl, tags and shouldCache are told result and arguments, for calls and for set": async (open) => {
    const { cache, clock } = open();
    const seen: unknown[] = [];
    const { fn, calls } = counted((id: number, more?: string) => ({ id, more }));
    const find = cache.wrap(fn, {
      name: "find",
      ttl: ({ id }, args) => {
        seen.push(args);
        return id * 1000;
      },
      tags: ({ id }, [, more]) => [`user:${id}`, ...(more ? [more] : [])],
      shouldCache: ({ id }) => id !== 9,
    });
    await find(1);
    await find(2, "vip");
    await find(9);
    same(await find.has(9), false);
    equal(seen, [[1], [2, "vip"], [9]]);
    await clock.advance(1000);
    equal([await find.has(1), await find.has(2, "vip")], [false, true]);
    await find.set([3], { id: 3, more: undefined });
    equal(await find.get(3), { id: 3, more: undefined });
    await clock.advance(2999);
    same(await find.has(3), true);
    await clock.advance(1);
    same(await find.has(3), false);
    await find.set([4], { id: 4, more: undefined });
    await cache.namespace("fn:find").invalidateTags("user:4");
    same(await find.has(4), false);
    await find.set([9], { id: 9, more: undefined });
    same(await find.has(9), false);
    same(calls.length, 3);
    // Of a single call.
    await find.with({ ttl: 5000 })(1);
    await clock.advance(4999);
    same(await find.has(1), true);
  },
  "tags are those of where the function was wrapped, as of any entry there": async (open) => {
    const { cache } = open({ tags: ["app"] });
    const inner = cache.namespace("n");
    const options = { tags: (_: unknown, [id]: readonly unknown[]) => ["users", `user:${id}`] };
    const find = cache.wrap(users().fn, { name: "find", ...options });
    const other = cache.wrap(users().fn, { name: "other", ...options });
    const inside = inner.wrap(users().fn, { name: "find", ...options });
    const left = async () => [await find.has(1), await find.has(2), await other.has(1), await inside.has(1)];
    const ends: Record<string, [end: () => Promise<unknown>, left: boolean[]]> = {
      any: [() => cache.invalidateTags("user:1"), [false, true, false, true]],
      all: [() => cache.invalidateTags(["user:1", "app"], { match: "all" }), [false, true, false, true]],
      exact: [() => cache.invalidateTags(["users", "app", "user:1"], { match: "exact" }), [false, true, false, true]],
      "the cache's own": [() => cache.invalidateTags("app"), [false, false, false, true]],
      "of another namespace": [() => inner.invalidateTags("user:1"), [true, true, true, false]],
      "cleared of all": [() => cache.clear({ tags: "user:1" }), [false, true, false, true]],
      "cleared of one": [() => cache.clear({ tags: "users", fn: "find", ttl: "forever" }), [false, false, true, true]],
    };
    for (const [what, [end, expected]] of Object.entries(ends)) {
      for (const fn of [find, other, inside]) for (const id of [1, 2]) await fn(id);
      equal((await cache.namespace("fn:find").meta(find.keyFor(1)))?.tags, ["app", "user:1", "users"]);
      await end();
      equal(await left(), expected, what);
    }
  },
  "validate is asked before a result is served, by a call and by get": async (open) => {
    const { cache, clock } = open();
    const { fn, calls } = counted((_: string): number | undefined => undefined);
    const seen: unknown[] = [];
    const price = cache.wrap(fn, {
      name: "price",
      validate: ({ value, age }, [symbol]) => {
        seen.push([symbol, value]);
        return age < 1000;
      },
    });
    for (const _ of [1, 2]) same(await price("A"), undefined);
    same(calls.length, 1);
    same(await price.has("A"), true);
    await price.set(["A"], 5);
    same(await price.get("A"), 5);
    await clock.advance(1000);
    same(await price.get("A"), undefined);
    same(await price("A"), undefined);
    same(calls.length, 2);
    equal(seen, [
      ["A", undefined],
      ["A", 5],
      ["A", 5],
      ["A", 5],
    ]);
  },
  "version: results of another one are misses": async (open) => {
    const { cache } = open();
    const { fn, calls } = users();
    const old = cache.wrap(fn, { name: "find", version: "1" });
    const next = cache.wrap(fn, { name: "find", version: "2", reuse: true });
    for (const _ of [1, 2]) await old(1);
    same(calls.length, 1);
    equal([await old.has(1), await next.has(1), await next.get(1)], [true, false, undefined]);
    for (const _ of [1, 2]) await next(1);
    same(calls.length, 2);
  },
  "keyFor is the key in the namespace of the function": async (open) => {
    const { cache } = open();
    const find = cache.wrap(users().fn, { name: "find" });
    const text = cache.wrap(async (a: string, b?: object) => [a, b], { name: "text" });
    equal([find.keyFor(42), text.keyFor("ada"), text.keyFor("ada", { x: 1 })], ["(42)", "ada", '("ada",{"x":1})']);
    await find(42);
    const inside = cache.namespace("fn:find");
    equal(await inside.keys(), ["(42)"]);
    equal(await inside.get(find.keyFor(42)), { id: 42, name: "Person 42" });
    await inside.delete("(42)");
    same(await find.has(42), false);
    const keyed = cache.wrap(users().fn, { name: "keyed", key: (id) => ["user", id] });
    await keyed(1);
    equal(keyed.keyFor(1), ["user", 1]);
    equal(await cache.namespace("fn:keyed").keys(), [["user", 1]]);
  },
});

export const tests: TestCase[] = STACKS.filter(({ sync }) => !sync).flatMap((stack) => suites(stack));
