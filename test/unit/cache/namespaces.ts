import type { Cache, Key } from "../../../mod.ts";
import { equal, rejects, same, throws } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { gather } from "./tools.ts";

async function fill(cache: Cache, keys: readonly Key[]): Promise<void> {
  await cache.setMany(keys.map((key) => ({ key, value: JSON.stringify(key) })));
}

const sorted = (keys: readonly Key[]): string[] => keys.map((key) => JSON.stringify(key)).sort();

export const namespaces: StackSuite = stackSuite("patterns and namespaces", {
  "keys by pattern: star, question mark, classes, escapes": async (open) => {
    const { cache } = open();
    await fill(cache, [
      "user:1",
      "user:2",
      "user:10",
      "users",
      "post:1",
      "a*b",
      "axb",
      "[x]",
      "@x",
      "\\x",
      ["user", 1],
    ]);
    const cases: [string | RegExp, Key[]][] = [
      ["*", ["user:1", "user:2", "user:10", "users", "post:1", "a*b", "axb", "[x]", "@x", "\\x", ["user", 1]]],
      ["user:*", ["user:1", "user:2", "user:10"]],
      ["user:?", ["user:1", "user:2"]],
      ["user:[2-9]", ["user:2"]],
      ["user:[!2]", ["user:1"]],
      ["*:1", ["user:1", "post:1"]],
      ["a\\*b", ["a*b"]],
      ["a*b", ["a*b", "axb"]],
      ["\\[x]", ["[x]"]],
      ["@*", ["@x"]],
      ["\\\\*", ["\\x"]],
      ['\\["user",*]', [["user", 1]]],
      ["?x", ["@x", "\\x"]],
      ["user:1", ["user:1"]],
      ["nothing*", []],
      ["USER*", []],
      [/^user:\d$/, ["user:1", "user:2"]],
      [/:1/g, ["user:1", "user:10", "post:1"]],
      [/^\[/, ["[x]", ["user", 1]]],
    ];
    for (const [pattern, keys] of cases) {
      equal(sorted(await cache.keys({ pattern })), sorted(keys), String(pattern));
      equal(sorted((await gather(cache.entries({ pattern }))).map(({ key }) => key)), sorted(keys), String(pattern));
    }
    equal((await cache.keys({ pattern: "user*", limit: 2 })).length, 2);
    equal(await cache.keys({ limit: 0 }), []);
  },
  "a pattern's literal prefix is taken literally": async (open) => {
    const { cache } = open();
    await fill(cache, ["a%b1", "axb1", "a_b1", "a.b1", "A.b1", "a%"]);
    equal(await cache.keys({ pattern: "a%b*" }), ["a%b1"]);
    equal(await cache.keys({ pattern: "a_b*" }), ["a_b1"]);
    equal(await cache.keys({ pattern: "a.b*" }), ["a.b1"]);
  },
  "invalidatePattern deletes what matches, everywhere, and says how many": async (open) => {
    const { cache } = open();
    await fill(cache, ["user:1", "user:2", "users", ["user:", 3]]);
    same(await cache.invalidatePattern("user:*"), 2);
    equal(sorted(await cache.keys()), sorted(["users", ["user:", 3]]));
    equal([...(await cache.getMany(["user:1", "user:2", "users"])).keys()], ["users"]);
    same(await cache.invalidatePattern("user:*"), 0);
    same(await cache.invalidatePattern(/user/), 2);
    same(await cache.size(), 0);
  },
  "invalidatePattern reaches what only the lower tier has, once": async (open, { depth }) => {
    const { cache } = open();
    if (depth === 1) return;
    await fill(cache, ["a1", "a2", "b"]);
    await cache.evict("a1");
    same(await cache.invalidatePattern("a*"), 2);
    equal(await cache.keys(), ["b"]);
  },
  "long keys that match the pattern are invalidated too": async (open) => {
    const { cache } = open();
    const long = `user:${"x".repeat(2000)}`;
    await fill(cache, [long, "user:1", `post:${"y".repeat(2000)}`]);
    await cache.invalidatePattern("user:*");
    same(await cache.get(long), undefined);
    equal((await cache.getMany([`post:${"y".repeat(2000)}`])).size, 1);
  },
  "a pattern that is none is refused": async (open) => {
    const { cache } = open();
    await rejects(cache.keys({ pattern: "a[b" }), "KEY");
    await rejects(cache.invalidatePattern("["), "KEY");
    for (const pattern of [7, {}, null] as never[]) {
      await rejects(cache.keys({ pattern }), "KEY");
      await rejects(cache.invalidatePattern(pattern), "KEY");
    }
    await rejects(cache.invalidatePattern(undefined as never), "KEY");
    for (const limit of [-1, Number.NaN, "5"] as never[]) await rejects(cache.keys({ limit }), "CONFIG");
  },
  "a namespace has its own keys, tags, size and counts": async (open) => {
    const { cache } = open({ name: "app" });
    const users = cache.namespace("users");
    const posts = cache.namespace("posts");
    same(users.name, "app/users");
    await cache.set("k", "root", { tags: ["t"] });
    await users.set("k", "user", { tags: ["t"] });
    await posts.set("k", "post", { tags: ["t"] });
    equal([await cache.get("k"), await users.get("k"), await posts.get("k")], ["root", "user", "post"]);
    equal(await users.keys(), ["k"]);
    equal(await cache.keys(), ["k"]);
    equal([await cache.size(), await users.size()], [1, 1]);
    await users.invalidateTags(["t"]);
    equal([await cache.get("k"), await users.get("k"), await posts.get("k")], ["root", undefined, "post"]);
    await cache.invalidateTags(["t"]);
    equal([await cache.get("k"), await posts.get("k")], [undefined, "post"]);
    equal([users.stats().hits, users.stats().misses, posts.stats().hits], [1, 1, 3]);
    // The root counts everything.
    equal([cache.stats().hits, cache.stats().misses], [6, 2]);
  },
  "patterns of a namespace see its own keys without its name": async (open) => {
    const { cache } = open();
    const users = cache.namespace("users");
    await fill(cache, ["x1", "x2"]);
    await fill(users, ["x3", "y1", "@x"]);
    equal(await users.keys({ pattern: "x*" }), ["x3"]);
    equal(await users.keys({ pattern: "users*" }), []);
    equal(await cache.keys({ pattern: "*users*" }), []);
    same(await cache.invalidatePattern("*"), 2);
    same(await users.size(), 3);
    same(await users.invalidatePattern("x*"), 1);
    equal((await users.keys()).sort(), ["@x", "y1"]);
  },
  "clear of a namespace leaves the root, its siblings and those with a longer name": async (open) => {
    const { cache } = open();
    const spaces = ["a", "ab", "a:", "a/b", "%61"].map((name) => cache.namespace(name));
    const inner = cache.namespace("a").namespace("b");
    for (const space of [cache, ...spaces, inner]) await fill(space, ["k", ["k"]]);
    await spaces[1]!.clear();
    same(await spaces[1]!.size(), 0);
    for (const space of [cache, spaces[0]!, spaces[2]!, spaces[3]!, spaces[4]!, inner])
      same(await space.size(), 2, space.name);
    // That of a namespace clears those inside.
    await spaces[0]!.clear();
    same(await inner.size(), 0);
    same(await spaces[2]!.size(), 2);
    await cache.clear();
    for (const space of [cache, ...spaces, inner]) same(await space.size(), 0, space.name);
  },
  "evictAll and prune of a namespace": async (open, { depth }) => {
    const { cache, top } = open();
    const users = cache.namespace("users");
    await fill(cache, ["k"]);
    await fill(users, ["k"]);
    if (depth === 2) {
      await users.evictAll();
      same(await users.meta("k", { tier: top }), undefined);
      same((await cache.meta("k", { tier: top }))?.tier, top);
      same(await users.get("k"), '"k"');
    }
  },
  "keys of the root never collide with those of a namespace": async (open) => {
    const { cache } = open();
    const users = cache.namespace("users");
    const nested = users.namespace("x");
    await users.set("k", "in users");
    await nested.set("k", "in x");
    for (const key of ["@users:k", "users:k", "users/k", "\\@users:k", "@users:@x:k"]) {
      same(await cache.get(key), undefined, key);
      await cache.set(key, "root");
    }
    same(await users.get("@x:k"), undefined);
    await users.set("@x:k", "in users");
    same(await users.get("k"), "in users");
    same(await nested.get("k"), "in x");
    await cache.deleteMany(["@users:k", "@users:@x:k"]);
    same(await users.get("k"), "in users");
  },
  "a namespace needs a name": (open) => {
    const { cache } = open();
    for (const name of ["", "a\0", "\udc00", 5, undefined] as never[]) throws(() => cache.namespace(name), "KEY");
  },
  "a prefix parts the keys, and a new one invalidates all that was there": async (open) => {
    const { cache, peer } = open({ prefix: "v1:" });
    if (!peer) return;
    await fill(cache, ["k", "x"]);
    const next = peer({ prefix: "v2:" });
    same(await next.get("k"), undefined);
    equal(await next.keys(), []);
    await next.set("k", "new");
    same(await cache.get("k"), '"k"');
    await next.clear();
    same(await cache.size(), 2);
    same(await peer({ prefix: "v1:" }).get("k"), '"k"');
  },
  "no key under one prefix is a key under another": async (open) => {
    const { cache, peer } = open({ prefix: "v1" });
    if (!peer) return;
    await cache.set("0:k", "old");
    same(await peer({ prefix: "v10:" }).get("k"), undefined);
    same(await peer().get("v10:k"), undefined);
    same(await peer({ prefix: "v" }).get("10:k"), undefined);
    await cache.set(":x", "old");
    same(await peer({ prefix: "v1:" }).get("x"), undefined);
    same(await peer({ prefix: "v1/" }).get("x"), undefined);
    await cache.delete(":x");
    await peer({ prefix: "v" }).clear();
    await peer().clear();
    same(await cache.size(), 1);
  },
  "caches of other names share a store and nothing in it": async (open) => {
    const { cache, peer } = open({ name: "a" });
    if (!peer) return;
    const other = peer({ name: "a.b" });
    const longer = peer({ name: "ab" });
    await fill(cache, ["k", "b:k"]);
    await fill(other, ["k"]);
    await fill(longer, ["k"]);
    await cache.invalidatePattern("*");
    await cache.clear();
    same(await other.get("k"), '"k"');
    same(await longer.get("k"), '"k"');
    await other.set("t", 1, { tags: ["t"] });
    await cache.invalidateTags(["t"]);
    same(await other.get("t"), 1);
    equal(await cache.keys(), []);
  },
});
