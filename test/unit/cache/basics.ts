import { lru } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { gather, unwanted } from "./tools.ts";

const FALSY = [0, -0, Number.NaN, false, "", null];

export const basics: StackSuite = stackSuite("get and set", {
  "a miss is undefined, a hit is what was set": async (open) => {
    const { cache } = open();
    same(await cache.get("k"), undefined);
    const value = { deep: [1, { two: "2" }] };
    same(await cache.set("k", value), undefined);
    equal(await cache.get("k"), value);
    await cache.set("k", "another");
    same(await cache.get("k"), "another");
  },
  "falsy values in a lower tier are hits and not misses": async (open) => {
    const { cache } = open();
    for (const value of FALSY) {
      await cache.set("k", value);
      for (let round = 0; round < 2; round++) {
        same(await cache.get("k", { default: "miss" }), value);
        same(await cache.getOrSet("k", unwanted), value);
        same((await cache.getEntry("k"))?.value, value);
        equal(await cache.getMany(["k"]), new Map([["k", value]]));
        same(await cache.has("k"), true);
        if (round === 0 && (await cache.size()) === 1 && cache.stats().tiers.length > 1) await cache.evictAll();
      }
    }
  },
  "the default is for misses alone": async (open) => {
    const { cache } = open();
    same(await cache.get("k", { default: 7 }), 7);
    await cache.set("k", null);
    same(await cache.get("k", { default: 7 }), null);
    await cache.set("f", false);
    same(await cache.get("f", { default: true }), false);
  },
  "getEntry tells a hit from a miss and says what is known": async (open) => {
    const { cache, clock, top } = open();
    same(await cache.getEntry("k"), undefined);
    const createdAt = clock.now();
    await cache.set("k", null, { ttl: "10s", tags: ["b", "a", "b"], version: "2" });
    await clock.advance("4s");
    const { size: _, codec: _codec, ...entry } = (await cache.getEntry("k", { version: "2" }))!;
    equal(entry, {
      key: "k",
      tier: top,
      createdAt,
      ttl: 6000,
      stale: false,
      tags: ["a", "b"],
      version: "2",
      profile: undefined,
      value: null,
    });
  },
  "undefined and promises are refused and leave the old value": async (open) => {
    const { cache } = open();
    await cache.set("k", "old");
    await rejects(cache.set("k", undefined), "VALUE");
    await rejects(cache.set("k", Promise.resolve(1)), "VALUE");
    await rejects(
      cache.setMany([
        { key: "j", value: 1 },
        { key: "k", value: undefined },
      ]),
      "VALUE",
    );
    same(await cache.get("k"), "old");
    same(await cache.get("j"), undefined);
    same(cache.stats().sets, 1);
  },
  "another version is a miss, whoever asks": async (open) => {
    const { cache } = open();
    await cache.set("k", "two", { version: "2" });
    same(await cache.get("k"), undefined);
    same(await cache.get("k", { version: "1" }), undefined);
    same(await cache.get("k", { version: "2" }), "two");
    same(await cache.has("k"), false);
    same(await cache.getOrSet("k", () => "one", { version: "1" }), "one");
    same(await cache.get("k", { version: "1" }), "one");
    same(await cache.get("k", { version: "2" }), undefined);
    await cache.set("k", "none");
    same(await cache.get("k", { version: "1" }), undefined);
    same(await cache.get("k"), "none");
  },
  "the version of the cache is that of its entries": async (open) => {
    const { cache } = open({ version: "7" });
    await cache.set("k", 1);
    same(await cache.get("k"), 1);
    same(await cache.has("k"), true);
    same(await cache.get("k", { version: "6" }), undefined);
    same((await cache.meta("k"))?.version, "7");
    await cache.set("k", 2, { version: "6" });
    same(await cache.get("k"), undefined);
    same(await cache.has("k"), false);
    same(await cache.get("k", { version: "6" }), 2);
  },
  "delete says whether the key was there": async (open, stack) => {
    const { cache, clock } = open();
    await cache.set("k", 1);
    same(await cache.delete("k"), true);
    same(await cache.delete("k"), false);
    same(await cache.get("k"), undefined);
    same(await cache.delete("never"), false);
    await cache.set("k", 1, { ttl: "1s" });
    await clock.advance("1s");
    same(await cache.delete("k"), false);
    // A shared tier that keeps no tags cannot tell, and is not asked twice for it.
    if (stack.shared && !stack.tags) return;
    await cache.set("k", 1, { tags: ["t"] });
    await cache.invalidateTags(["t"]);
    same(await cache.delete("k"), false);
  },
  "has is not true after the tag was invalidated or the time is over": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", 1, { ttl: "1s", grace: "1h", tags: ["t"] });
    await clock.advance(999);
    same(await cache.has("k"), true);
    await clock.advance(1);
    same(await cache.has("k"), false);
    for (const mode of ["delete", "expire"] as const) {
      await cache.set("k", 1, { tags: ["t"], grace: "1h" });
      same(await cache.has("k"), true);
      await cache.invalidateTags(["t"], { mode });
      same(await cache.has("k"), false);
    }
  },
  "has, meta, keys, entries and size are not reads": async (open) => {
    const { cache } = open({ upper: { maxEntries: 2 } });
    await cache.set("a", 1);
    await cache.set("b", 2);
    const { hits, misses } = cache.stats();
    await cache.has("a");
    await cache.has("none");
    await cache.meta("a");
    await cache.keys();
    await cache.size();
    await gather(cache.entries());
    await gather(cache.metas());
    const after = cache.stats();
    equal([after.hits, after.misses], [hits, misses]);
    equal([after.tiers[0]!.hits, after.tiers[0]!.misses], [0, 0]);
  },
  "looking at a key keeps it in memory no longer": async (open) => {
    const { cache, top } = open({ upper: { maxEntries: 2, policy: lru() } });
    if (cache.stats().tiers[0]?.maxEntries === undefined) return;
    await cache.set("old", 1);
    await cache.set("new", 2);
    await cache.has("old");
    await cache.meta("old");
    await gather(cache.entries());
    await cache.set("newest", 3);
    same(await cache.meta("old", { tier: top }), undefined);
    ok(await cache.meta("new", { tier: top }));
  },
  "touch gives a new time to live from now on, and says whether the key was there": async (open) => {
    const { cache, clock } = open();
    same(await cache.touch("k", { ttl: "1h" }), false);
    await cache.set("k", "v", { ttl: "10s", tags: ["t"], version: "1" });
    await clock.advance("9s");
    // Another version is another value.
    same(await cache.touch("k", { ttl: "10s" }), false);
    await cache.set("k", "v", { ttl: "10s", tags: ["t"] });
    await clock.advance("9s");
    same(await cache.touch("k", { ttl: "10s" }), true);
    await clock.advance("9999ms");
    same(await cache.get("k"), "v");
    equal((await cache.meta("k"))?.tags, ["t"]);
    await clock.advance(1);
    same(await cache.get("k"), undefined);
    same(await cache.touch("k", { ttl: "10s" }), false);
  },
  "touch can shorten, end and delete": async (open) => {
    const { cache, clock } = open();
    await cache.set("k", "v");
    same(await cache.touch("k", { ttl: "1s" }), true);
    same((await cache.meta("k"))?.ttl, 1000);
    await clock.advance("1s");
    same(await cache.get("k"), undefined);
    await cache.set("k", "v", { ttl: "1s" });
    same(await cache.touch("k", { ttl: "forever" }), true);
    await clock.advance("365d");
    same(await cache.get("k"), "v");
    same(await cache.touch("k", { ttl: 0 }), true);
    same(await cache.get("k"), undefined);
    equal(await cache.keys(), []);
  },
  "touch does not make fresh again what was invalidated and whose time has ended since": async (open) => {
    const { cache, clock } = open({ grace: "1h" });
    await cache.set("k", "v", { tags: ["t"], ttl: 1000 });
    await cache.invalidateTags(["t"], { mode: "expire" });
    await clock.advance(1000);
    same(await cache.touch("k", { ttl: "2h" }), false);
    same(await cache.get("k"), undefined);
  },
  "touch does not make fresh again what was invalidated": async (open) => {
    const { cache } = open({ grace: "1h" });
    for (const match of ["any", "all", "exact"] as const) {
      await cache.set("k", "old", { ttl: "1h", tags: ["t", "u"] });
      await cache.invalidateTags(["t", "u"], { match, mode: "expire" });
      same(await cache.touch("k", { ttl: "2h" }), false, match);
      same(await cache.get("k"), undefined, match);
      same(await cache.getOrSet("k", () => "new"), "new", match);
    }
  },
  "values come back however odd the key": async (open) => {
    const { cache } = open();
    const keys = [
      "",
      " ",
      "@a:b",
      "[1]",
      "\\",
      "\\#",
      "ключ",
      "😀",
      "a\nb",
      "__proto__",
      "constructor",
      "%",
      "x:y/z",
      "'\"`;--",
    ];
    for (const key of keys) await cache.set(key, `value of ${key}`);
    for (const key of keys) same(await cache.get(key), `value of ${key}`, JSON.stringify(key));
    equal([...(await cache.keys())].sort(), [...keys].sort());
    equal([...(await cache.getMany(keys)).keys()], keys);
    same(await cache.deleteMany(keys), keys.length);
    same(await cache.size(), 0);
  },
  "array keys are told from strings, from one another, and by value": async (open) => {
    const { cache } = open();
    await cache.set(["user", 42], "array");
    await cache.set('["user",42]', "string");
    await cache.set(["user", "42"], "text");
    await cache.set(["user", { b: 1, a: [2n, undefined, null] }], "object");
    same(await cache.get(["user", 42]), "array");
    same(await cache.get('["user",42]'), "string");
    same(await cache.get(["user", "42"]), "text");
    same(await cache.get(["user", { a: [2n, undefined, null], b: 1 }]), "object");
    same(await cache.get(["user", { a: [2n, null, null], b: 1 }]), undefined);
    equal(new Set((await cache.keys()).map((key) => typeof key)), new Set(["object", "string"]));
  },
  "keys that are none are refused by every call": async (open) => {
    const { cache } = open();
    for (const key of [
      "a\0b",
      "\ud800",
      "x\udc00y",
      7,
      undefined,
      null,
      {},
      ["ok", () => {}],
      [new Map()],
      [Symbol("s")],
    ] as never[]) {
      await rejects(cache.get(key), "KEY");
      await rejects(cache.set(key, 1), "KEY");
      await rejects(cache.getMany(["fine", key]), "KEY");
      await rejects(
        cache.setMany([
          { key: "fine", value: 1 },
          { key, value: 1 },
        ]),
        "KEY",
      );
      await rejects(cache.delete(key), "KEY");
      await rejects(cache.deleteMany([key]), "KEY");
      await rejects(cache.has(key), "KEY");
      await rejects(cache.touch(key, { ttl: 1 }), "KEY");
      await rejects(cache.getOrSet(key, unwanted), "KEY");
      await rejects(cache.getOrSetMany([key], unwanted), "KEY");
      await rejects(cache.meta(key), "KEY");
      await rejects(cache.evict(key), "KEY");
    }
    same(await cache.size(), 0);
  },
  "tags that are none are refused and nothing is stored": async (open) => {
    const { cache } = open();
    for (const tag of ["", "\0", "\ud800", 7, null] as never[]) {
      await rejects(cache.set("k", 1, { tags: ["fine", tag] }), "KEY");
      await rejects(cache.invalidateTags([tag]), "KEY");
    }
    same(await cache.get("k"), undefined);
  },
});
