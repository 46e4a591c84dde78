import { type Cache, createCache, defineScopes, memory } from "../../../mod.ts";
import { equal, fakeClock, faultyTier, mapData, mapTier, ok, rejects, same, settle } from "../../contract/mod.ts";
import { stackSuite } from "../cache/stacks.ts";
import { deferred } from "../cache/tools.ts";

/** `clear` with conditions. */
export const clears = stackSuite("clear", {
  "by tags: any, all or exactly, and never by a part of a text": async (open) => {
    const { cache } = open();
    const fill = () =>
      cache.setMany([
        { key: "user", value: 1, tags: ["user"] },
        { key: "users", value: 1, tags: ["users"] },
        { key: "both", value: 1, tags: ["user", "org"] },
        { key: "more", value: 1, tags: ["user", "org", "x"] },
        { key: "user:none", value: 1 },
      ]);
    await fill();
    await cache.clear({ tags: "user" });
    equal((await cache.keys()).sort(), ["user:none", "users"]);
    await fill();
    await cache.clear({ tags: ["user", "org"], match: "all" });
    equal((await cache.keys()).sort(), ["user", "user:none", "users"]);
    await fill();
    await cache.clear({ tags: ["org", "user"], match: "exact" });
    equal((await cache.keys()).sort(), ["more", "user", "user:none", "users"]);
  },
  "by profile": async (open) => {
    const { cache } = open({ profile: "day" });
    await cache.set("a", 1);
    cache.configure({ profile: "night" });
    await cache.set("b", 1);
    cache.configure({ profile: undefined });
    await cache.set("c", 1);
    await cache.clear({ profile: "night" });
    equal((await cache.keys()).sort(), ["a", "c"]);
    same(cache.stats().evictions.profile, 1);
  },
  "by ttl, as it was written": async (open) => {
    const { cache, clock } = open();
    await cache.set("a", 1, { ttl: "5m" });
    await cache.set("b", 1, { ttl: "10m" });
    await cache.set("c", 1);
    await clock.advance("2m");
    await cache.clear({ ttl: 300_000 });
    equal((await cache.keys()).sort(), ["b", "c"]);
  },
  "by function": async (open) => {
    const { cache } = open();
    const one = cache.wrap(async (id: number) => id, { name: "one" });
    const other = cache.wrap(async (id: number) => id, { name: "one more" });
    await one(1);
    await other(1);
    await cache.set("k", 1);
    await cache.clear({ fn: "one" });
    equal([await one.has(1), await other.has(1), await cache.has("k")], [false, true, true]);
  },
  "by function and by exactly some tags, in scopes and from outside of them": async (open) => {
    const scopes = defineScopes({ org: { param: "orgId" } });
    const { cache } = open({ scopes } as object) as unknown as { cache: Cache<typeof scopes> };
    const read = cache.wrap((orgId: string) => orgId, { name: "read", scope: "org", from: (orgId) => ({ orgId }) });
    const acme = cache.scope("org", { orgId: "acme" });
    const fill = async () => {
      await read("acme");
      await acme.set("exactly", 1, { tags: ["t"] });
      await acme.set("more", 1, { tags: ["t", "u"] });
    };
    await fill();
    await cache.clear({ fn: "read" });
    equal([await read.has("acme"), await acme.has("exactly")], [false, true]);
    await fill();
    await acme.clear({ tags: ["t"], match: "exact" });
    equal([await acme.has("exactly"), await acme.has("more"), await read.has("acme")], [false, true, true]);
  },
  "by all conditions together": async (open) => {
    const { cache } = open();
    await cache.set("a", 1, { ttl: "5m", tags: ["t"] });
    await cache.set("b", 1, { ttl: "5m" });
    await cache.set("c", 1, { tags: ["t"] });
    const told: unknown[] = [];
    cache.on("invalidate", (event) => told.push(event));
    await cache.clear({ ttl: "5m", tags: "t" });
    equal((await cache.keys()).sort(), ["b", "c"]);
    equal(told, [{ by: "clear", what: "default: any of tags t and ttl 5m", count: 1 }]);
    same(cache.stats().evictions.tag, 1);
  },
  "in one tier alone": async (open, { depth }) => {
    const { cache, top, bottom } = open({ profile: "p" });
    await cache.setMany([
      { key: "a", value: 1, tags: ["t"] },
      { key: "b", value: 1 },
    ]);
    await cache.clear({ tier: top, tags: "t" });
    equal(await cache.keys({ tier: top }), ["b"]);
    equal((await cache.keys({ tier: bottom })).sort(), depth === 1 ? ["b"] : ["a", "b"]);
    await cache.clear({ tier: top });
    equal(await cache.keys({ tier: top }), []);
    equal((await cache.keys({ tier: bottom })).sort(), depth === 1 ? [] : ["a", "b"]);
    await rejects(cache.clear({ tier: "no such" }), "CONFIG");
  },
  "reaches what is inside of a namespace, and nothing beside it": async (open) => {
    const { cache } = open({ profile: "p" });
    const inner = cache.namespace("n");
    const innermost = inner.namespace("m");
    for (const view of [cache, inner, innermost, cache.namespace("other")]) await view.set("k", 1);
    await inner.clear({ profile: "p" });
    equal(
      [await cache.has("k"), await inner.has("k"), await innermost.has("k"), await cache.namespace("other").has("k")],
      [true, false, false, true],
    );
  },
  "keeps a load that began before from bringing back what it deletes": async (open) => {
    const { cache, clock } = open({ profile: "p" });
    await cache.set("k", 1, { ttl: 1_000, grace: "1m" });
    await clock.advance(1_000);
    const gate = deferred<number>();
    const load = cache.getOrSet("k", () => gate.promise);
    await clock.settle();
    await cache.clear({ profile: "p" });
    gate.resolve(2);
    same(await load, 2);
    same(await cache.has("k"), false);
    equal(await cache.keys(), []);
  },
  "who asks after it is given nothing of a load from before, nor is that kept": async (open) => {
    for (const condition of [{ tags: "t" }, { profile: "p" }, { fn: "f" }]) {
      const { cache, clock } = open({ profile: "p" });
      const gate = deferred();
      let source = "old";
      const load = async (): Promise<string> => {
        const read = source;
        await gate.promise;
        return read;
      };
      const wrapped = cache.wrap(load, { name: "f" });
      const ask = () => ("fn" in condition ? wrapped() : cache.getOrSet("k", load, { tags: ["t"] }));
      const before = ask();
      await clock.settle();
      source = "new";
      await cache.clear(condition);
      const after = ask();
      await clock.settle();
      gate.resolve();
      equal([await before, await after, await ask()], ["old", "new", "new"]);
    }
  },
  "leaves what it could not look at": async () => {
    const lower = mapTier({ data: mapData() });
    const tier = faultyTier(lower);
    const cache = createCache({ tiers: [tier], clock: fakeClock() });
    for (const [key, tags] of [
      ["a", ["t"]],
      ["b", ["u"]],
    ] as const)
      await cache.set(key, key, { tags });
    tier.faults.fail({ getMany: "throw" });
    await cache.clear({ tags: "t" });
    tier.faults.heal();
    same(await cache.get("b"), "b");
  },
  "leaves loads of other namespaces alone": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const loaded = cache.namespace("a").getOrSet("k", () => gate.promise);
    await clock.settle();
    const other = cache.namespace("b");
    await other.set("k", "k", { tags: ["t"] });
    await other.clear({ tags: "t" });
    await other.clear();
    await other.invalidatePattern("*");
    gate.resolve("loaded");
    await loaded;
    same(await cache.namespace("a").get("k"), "loaded");
  },
  "what another process loads meanwhile is not kept": async () => {
    const data = mapData();
    const [a, b] = [0, 1].map(() => createCache({ tiers: [memory(), mapTier({ data })], clock: fakeClock() }));
    const gate = deferred<string>();
    const loaded = a!.getOrSet("k", () => gate.promise, { tags: ["t"] });
    await settle();
    await b!.clear({ tags: "t" });
    gate.resolve("old");
    same(await loaded, "old");
    equal([await a!.get("k"), await b!.get("k")], [undefined, undefined]);
  },
  "refuses what is no condition, and then deletes nothing": async (open) => {
    const { cache } = open();
    await cache.set("k", 1, { tags: ["t"] });
    for (const wrong of [
      { tags: [] },
      { tags: null },
      { profile: "" },
      { fn: "" },
      { ttl: "soon" },
      { match: "some" },
      { match: "all" },
    ])
      await rejects(cache.clear(wrong as never), "CONFIG");
    await rejects(cache.clear({ tags: [""] }), "KEY");
    ok(await cache.has("k"));
  },
  "what could not be looked at is told, where faults are": async (open) => {
    const { cache, lower, bottom } = open({ onError: "throw", profile: "p" });
    if (!lower) return;
    await cache.set("k", 1);
    lower.faults.fail({ getMany: "throw" });
    await rejects(cache.clear({ tier: bottom, profile: "p" }), "TIER");
    lower.faults.heal();
    ok(await cache.has("k"));
    await cache.clear({ tier: bottom, profile: "p" });
    equal(await cache.keys({ tier: bottom }), []);
  },
  "without conditions it is the clear of everything": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    await cache.clear({});
    same(await cache.has("k"), false);
  },
});
