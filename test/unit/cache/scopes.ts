import type { Cache, CacheEvents } from "../../../mod.ts";
import { defineScopes } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type Open, type Rig, type RigOptions, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, gather, unwanted } from "./tools.ts";

export const SCOPES: ReturnType<typeof define> = define();

function define() {
  return defineScopes({
    organization: { param: "orgId", children: { user: { param: "userId" } } },
    region: { param: "region" },
  });
}

/** A cache with the scopes above. */
export type Scoped = Cache<typeof SCOPES>;

/** A rig whose caches have the scopes above. */
export function scoped(
  open: Open,
  options: RigOptions = {},
): Omit<Rig, "cache" | "peer"> & { cache: Scoped; peer: (() => Scoped) | undefined } {
  const all = { ...options, scopes: SCOPES as never };
  const { cache, peer, ...rest } = open(all);
  return { ...rest, cache: cache as Cache as Scoped, peer: peer && (() => peer(all) as Cache as Scoped) };
}

/** Places that have the key `k` each, some of them inside others. */
function placesIn(cache: Scoped): Record<string, Cache> {
  const acme = cache.scope("organization", { orgId: "acme" });
  const ada = cache.scope("user", { orgId: "acme", userId: 1 });
  return {
    root: cache,
    acme,
    ada,
    "ada's namespace": ada.namespace("n").namespace("m"),
    bob: cache.scope("user", { orgId: "acme", userId: 11 }),
    "acme's namespace": acme.namespace("user=1"),
    acm: cache.scope("organization", { orgId: "acm" }),
    "ada of acm": cache.scope("user", { orgId: "acm", userId: 1 }),
    region: cache.scope("region", { region: "acme" }),
    namespace: cache.namespace("organization=acme"),
    "acme in a namespace": cache.namespace("n").scope("organization", { orgId: "acme" }),
  };
}

async function fill(places: Record<string, Cache>, options = {}): Promise<void> {
  for (const [name, place] of Object.entries(places)) await place.set("k", `of ${name}`, options);
}

/** Names of the places that have a fresh `k`, which is always their own. */
async function left(places: Record<string, Cache>): Promise<string[]> {
  const names: string[] = [];
  for (const [name, place] of Object.entries(places)) {
    const value = await place.get("k");
    if (value !== undefined) {
      same(value, `of ${name}`);
      names.push(name);
    }
  }
  return names;
}

const without = (names: readonly string[], gone: readonly string[]): string[] =>
  names.filter((name) => !gone.includes(name));

const IN_ADA = ["ada", "ada's namespace"];
const IN_ACME = ["acme", ...IN_ADA, "bob", "acme's namespace"];

export const scopes: StackSuite = stackSuite("scopes", {
  "one key in many places is as many entries": async (open) => {
    const { cache } = scoped(open);
    const places = placesIn(cache);
    await fill(places);
    equal(await left(places), Object.keys(places));
    for (const [name, place] of Object.entries(places)) {
      equal(await place.keys(), ["k"], name);
      same(await place.size(), 1, name);
      equal(
        (await gather(place.entries())).map(({ key, value }) => [key, value]),
        [["k", `of ${name}`]],
      );
    }
    await places.ada!.delete("k");
    equal(await left(places), without(Object.keys(places), ["ada"]));
  },
  "a name or a path, of the root or of a view above, is one scope": async (open) => {
    const { cache } = scoped(open, { name: "app" });
    const acme = cache.scope("organization", { orgId: "acme" });
    const views = [
      cache.scope("user", { orgId: "acme", userId: "42" }),
      cache.scope("organization.user", { orgId: "acme", userId: 42 }),
      acme.scope("user", { userId: 42n }),
      acme.scope("organization.user", { orgId: "acme", userId: "42" }),
      cache.scope("user", { orgId: "acme", userId: 42 }).scope("user", {}),
    ];
    for (const view of views) {
      await view.set("k", 1);
      for (const other of views) same(await other.get("k"), 1);
      same(view.name, "app/organization=acme/user=42");
      await view.delete("k");
    }
    equal(
      views.map((view) => view.stats().sets),
      [5, 5, 5, 5, 5],
    );
    same(acme.stats().sets, 0);
    same(cache.stats().sets, 5);
    await rejects(async () => acme.scope("user", { orgId: "other", userId: 1 }), "KEY");
    await rejects(async () => acme.scope("region" as never, { region: "eu" } as never), "CONFIG");
    await rejects(async () => views[0]!.scope("organization" as never, {} as never), "CONFIG");
  },
  "the whole API works in a scope": async (open) => {
    const { cache } = scoped(open);
    const view = cache.scope("user", { orgId: "a", userId: "b" });
    same(await view.getOrSet("k", () => 1), 1);
    same(await view.getOrSet("k", unwanted), 1);
    equal(
      [...(await view.getOrSetMany(["k", "l"], (keys) => keys.map((key) => `loaded ${key}`)))],
      [
        ["k", 1],
        ["l", "loaded l"],
      ],
    );
    await view.setMany([{ key: ["m", 1], value: 2 }]);
    equal([...(await view.getMany(["k", ["m", 1]])).values()], [1, 2]);
    same(await view.has("k"), true);
    same(await view.touch("k", { ttl: "1h" }), true);
    same((await view.meta("k"))?.ttl, 3_600_000);
    same(await view.invalidatePattern("l*"), 1);
    same(await view.deleteMany(["k", "nothing"]), 1);
    equal(await view.keys(), [["m", 1]]);
    await view.clear();
    same(await view.size(), 0);
    const { hits, misses, sets, loads, deletes } = view.stats();
    equal([hits, misses, sets, loads, deletes], [4, 2, 3, 2, 1]);
    view.resetStats();
    same(view.stats().hits, 0);
  },
  "clear reaches what is inside, and nothing else": async (open) => {
    const { cache } = scoped(open);
    const places = placesIn(cache);
    await fill(places);
    await places.acme!.clear();
    equal(await left(places), without(Object.keys(places), IN_ACME));
    await cache.clear();
    equal(await left(places), []);
  },
  "invalidateScope hits the scope and what is below, and nothing else, by delete and by expire": async (
    open,
    { depth },
  ) => {
    for (const mode of ["delete", "expire"] as const) {
      const { cache, top } = scoped(open, { grace: "1h" });
      const places = placesIn(cache);
      await fill(places, { ttl: "1m" });
      const all = Object.keys(places);
      await cache.invalidateScope("user", { orgId: "acme", userId: 1 }, { mode });
      equal(await left(places), without(all, IN_ADA), mode);
      await cache.invalidateScope("organization", { orgId: "acme" }, { mode });
      equal(await left(places), without(all, IN_ACME), mode);
      // Also what comes from below.
      if (depth > 1) await cache.evictAll({ tier: top });
      equal(await left(places), without(all, IN_ACME), mode);
      for (const name of all) {
        const isGone = IN_ACME.includes(name);
        const old = isGone && mode === "delete" ? "no" : `of ${name}`;
        const value = await places[name]!.getOrSet("k", ({ stale }) => `new after ${stale ?? "no"}`);
        same(value, isGone ? `new after ${old}` : old, mode);
      }
    }
  },
  "invalidateScope of a view concerns its own place": async (open) => {
    const { cache } = scoped(open);
    const places = placesIn(cache);
    const all = Object.keys(places);
    await fill(places);
    await cache.namespace("n").invalidateScope("organization", { orgId: "acme" });
    equal(await left(places), without(all, ["acme in a namespace"]));
    const acme = cache.scope("organization", { orgId: "acme" });
    await acme.invalidateScope("organization.user", { userId: "1" });
    equal(await left(places), without(all, [...IN_ADA, "acme in a namespace"]));
    await acme.namespace("user=1").invalidateScope("organization", { orgId: "acme" });
    equal(await left(places), without(all, [...IN_ADA, "acme in a namespace"]));
    await acme.invalidateScope("organization", {});
    equal(await left(places), without(all, [...IN_ACME, "acme in a namespace"]));
    await rejects(acme.invalidateScope("organization", { orgId: "acm" }), "KEY");
    await rejects(cache.invalidateScope("organization", {} as never), "KEY");
    await rejects(cache.invalidateScope("user" as never, { orgId: "acme" } as never), "KEY");
    await rejects(cache.invalidateScope("nobody" as never, {} as never), "CONFIG");
    await rejects(cache.invalidateScope("region", { region: "a" }, { mode: "soft" as never }), "CONFIG");
  },
  "a scope that is inside a scope of the same name is invalidated with either": async (open) => {
    const { cache } = scoped(open);
    const outer = cache.scope("region", { region: "x" }).namespace("n");
    const inner = outer.scope("region", { region: "x" });
    for (const invalidate of [
      () => outer.invalidateScope("region", { region: "x" }),
      () => cache.invalidateScope("region", { region: "x" }),
    ]) {
      await inner.set("k", 1);
      await invalidate();
      same(await inner.get("k"), undefined);
    }
    await inner.set("k", 1);
    await cache.namespace("n").invalidateScope("region", { region: "x" });
    same(await inner.get("k"), 1);
  },
  "an invalidation costs the same, however many entries there are": async (open, { tags }) => {
    const { cache, lower } = scoped(open);
    if (!lower || !tags) return;
    for (let i = 0; i < 50; i++) await cache.scope("user", { orgId: "acme", userId: i }).set("k", i);
    const before = { ...lower.faults.calls };
    await cache.invalidateScope("organization", { orgId: "acme" });
    same(lower.faults.calls.invalidate, before.invalidate + 1);
    for (const operation of ["getMany", "setMany", "deleteMany", "scan", "clear", "touchMany"] as const)
      same(lower.faults.calls[operation], before[operation], operation);
    same(await cache.scope("user", { orgId: "acme", userId: 7 }).get("k"), undefined);
  },
  "what a load brings that began before the invalidation is nobody's who asks after it": async (open) => {
    for (const mode of ["delete", "expire"] as const) {
      const { cache, clock } = scoped(open, { grace: "1h" });
      const view = cache.scope("user", { orgId: "acme", userId: 1 });
      const gate = deferred<string>();
      const early = view.getOrSet("k", () => gate.promise);
      await clock.settle();
      await cache.invalidateScope("organization", { orgId: "acme" }, { mode });
      const late = view.getOrSet("k", () => "new");
      await clock.settle();
      gate.resolve("old");
      same(await early, "old");
      same(await late, "new");
      same(await view.get("k"), "new");
      // Without anybody who asks meanwhile it does not come to light either.
      const value = await view.getOrSet("l", async () => {
        await cache.invalidateScope("user", { orgId: "acme", userId: 1 }, { mode });
        return "old";
      });
      same(value, "old");
      same(await view.get("l"), undefined, mode);
      await view.getOrSetMany(["m"], async () => {
        await cache.invalidateScope("user", { orgId: "acme", userId: 1 }, { mode });
        return ["old"];
      });
      same(await view.get("m"), undefined, mode);
      // Another tenant's load is not in vain.
      const other = cache.scope("user", { orgId: "acm", userId: 1 });
      await other.getOrSet("k", async () => {
        await cache.invalidateScope("organization", { orgId: "acme" }, { mode });
        return "kept";
      });
      same(await other.get("k"), "kept");
    }
  },
  "another process's invalidation is seen at once below, and above within the time of coherence": async (
    open,
    { tags },
  ) => {
    const { cache, peer, clock, top, bottom } = scoped(open);
    if (!peer || !tags) return;
    const other = peer();
    const mine = placesIn(cache);
    const theirs = placesIn(other);
    for (const mode of ["delete", "expire"] as const) {
      await fill(mine);
      equal(await left(theirs), Object.keys(theirs));
      await other.invalidateScope("organization", { orgId: "acme" }, { mode });
      equal(await left(theirs), without(Object.keys(theirs), IN_ACME));
      if (top !== bottom) await clock.advance("1s");
      equal(await left(mine), without(Object.keys(mine), IN_ACME));
    }
  },
  "tags of a scope are its own; none but they are shown": async (open) => {
    const { cache } = scoped(open);
    const places = placesIn(cache);
    const all = Object.keys(places);
    const told: CacheEvents["set"][] = [];
    cache.on("set", (event) => void told.push(event));
    await fill(places, { tags: ["b", "a"] });
    for (const { tags } of told) equal(tags, ["a", "b"]);
    for (const place of Object.values(places)) {
      equal((await place.meta("k"))?.tags, ["a", "b"]);
      equal((await place.getEntry("k"))?.tags, ["a", "b"]);
      for (const { tags } of await gather(place.entries())) equal(tags, ["a", "b"]);
    }
    const { ada } = places;
    await ada!.set("plain", 1);
    equal((await ada!.meta("plain"))?.tags, []);
    await cache.invalidateTags("a");
    equal(await left(places), without(all, ["root"]));
    await ada!.invalidateTags("a");
    equal(await left(places), without(all, ["root", "ada"]));
    same(await ada!.get("plain"), 1);
  },
  "any, all and exact mean the user's tags alone": async (open) => {
    for (const mode of ["delete", "expire"] as const) {
      for (const [match, expected] of [
        ["any", ["none", "c"]],
        ["all", ["none", "a", "c"]],
        ["exact", ["none", "a", "abc", "c"]],
      ] as const) {
        const { cache } = scoped(open);
        const ada = cache.scope("user", { orgId: "acme", userId: 1 });
        const bob = cache.scope("user", { orgId: "acme", userId: 2 });
        const inside = ada.namespace("n");
        for (const view of [cache, ada, bob, inside])
          for (const tags of ["", "a", "ab", "abc", "c"]) await view.set(tags || "none", 1, { tags: [...tags] });
        await ada.invalidateTags(["b", "a"], { match, mode });
        await ada.invalidateTags([], { match, mode });
        const keys = ["none", "a", "ab", "abc", "c"];
        equal([...(await ada.getMany(keys)).keys()], expected, `${match} ${mode}`);
        for (const view of [cache, bob, inside]) same((await view.getMany(keys)).size, 5, `${match} ${mode}`);
        await ada.invalidateTags("c", { match: "exact", mode });
        same(await ada.has("c"), false);
      }
    }
  },
  "no tag of a user is that of a scope": async (open) => {
    const { cache } = scoped(open);
    const acme = cache.scope("organization", { orgId: "acme" });
    const ada = acme.scope("user", { userId: 1 });
    await ada.set("k", 1);
    const forged = [
      "@organization=acme:",
      "organization=acme",
      "@user=1:",
      "\\@user=1:",
      "@organization=acme:@user=1:",
    ];
    for (const view of [cache, acme, ada, cache.namespace("organization=acme")]) {
      for (const match of ["any", "exact"] as const) await view.invalidateTags(forged, { match });
      for (const tag of forged) await view.invalidateTags(tag, { match: "exact" });
      await rejects(view.invalidateTags(""), "KEY");
    }
    same(await ada.get("k"), 1);
    await cache.set("k", 1, { tags: forged });
    await cache.invalidateScope("organization", { orgId: "acme" });
    same(await cache.get("k"), 1);
    equal((await cache.meta("k"))?.tags.length, forged.length);
  },
  "however an entry came, its scope has it": async (open, { depth }) => {
    const { cache, clock, top, bottom } = scoped(open, { swr: "1h" });
    const view = cache.scope("user", { orgId: "acme", userId: 1 });
    const ways: Record<string, () => Promise<unknown>> = {
      "tags of the loader": () =>
        view.getOrSet("k", ({ setTags }) => {
          setTags(["t"]);
          return 1;
        }),
      "no tags of the loader": () =>
        view.getOrSet("k", ({ setTags }) => {
          setTags([]);
          return 1;
        }),
      setMany: () =>
        view.setMany(
          [
            { key: "k", value: 1, tags: [] },
            { key: "l", value: 1 },
          ],
          { tags: ["t"] },
        ),
      getOrSetMany: () => view.getOrSetMany(["k"], () => [1], { tags: (value) => [`${value}`] }),
      touch: async () => {
        await view.set("k", 1, { ttl: "1m" });
        await view.touch("k", { ttl: "1h" });
      },
      refresh: async () => {
        await view.set("k", 0, { ttl: "1m" });
        await clock.advance("2m");
        await view.getOrSet("k", () => 1, { ttl: "1h" });
        await clock.settle();
      },
      promotion: async () => {
        await view.set("k", 1);
        if (depth > 1) await view.evict("k");
        await view.get("k");
        await clock.settle();
      },
    };
    for (const [way, bring] of Object.entries(ways)) {
      await view.clear();
      await bring();
      same(await view.get("k"), 1, way);
      await cache.invalidateScope("organization", { orgId: "acme" });
      same(await view.get("k"), undefined, way);
      if (top !== bottom) await view.evictAll();
      same(await view.getOrSet("k", ({ stale }) => stale ?? "gone"), "gone", way);
    }
  },
  "an event tells of the scope, and none of its entries": async (open) => {
    const { cache } = scoped(open);
    const told: CacheEvents["invalidate"][] = [];
    cache.on("invalidate", (event) => void told.push(event));
    await cache.scope("user", { orgId: "a c", userId: 1 }).set("k", "secret");
    await cache.invalidateScope("organization", { orgId: "a c" });
    await cache.namespace("n").invalidateScope("user", { orgId: 1, userId: 2 });
    equal(told, [
      { by: "scope", what: SCOPES.prefix("organization", { orgId: "a c" }) },
      { by: "scope", what: `@n:${SCOPES.prefix("user", { orgId: 1, userId: 2 })}` },
    ]);
  },
  "however long the ids, there is room for a key of any length": async (open) => {
    const { cache } = scoped(open);
    const view = cache.scope("user", { orgId: "o".repeat(10_000), userId: "😀".repeat(10_000) });
    await view.set("k".repeat(2_000), 1);
    same(await view.get("k".repeat(2_000)), 1);
    ok(SCOPES.prefix("user", { orgId: "o".repeat(10_000), userId: "😀".repeat(10_000) }).length < 150);
  },
});
