import type { CacheEvents } from "../../../mod.ts";
import { equal, rejects, same, throws } from "../../contract/mod.ts";
import { type Scoped, scoped } from "./scopes.ts";
import { type Open, type StackSuite, stackSuite } from "./stacks.ts";
import { unwanted } from "./tools.ts";

const IDS = { orgId: "acme", userId: 1 };

/** A user's view that inherits, and where it inherits from. */
function family(open: Open, options = {}) {
  const rig = scoped(open, options);
  const { cache } = rig;
  return {
    ...rig,
    org: cache.scope("organization", { orgId: "acme" }),
    own: cache.scope("user", IDS),
    heir: cache.scope("user", IDS, { inherit: true }),
    heirOfAll: cache.scope("user", IDS, { inherit: "all" }),
  };
}

/** What each kind of read answers for `k`; a miss is `undefined`. */
async function reads(view: Scoped | ReturnType<Scoped["scope"]>): Promise<unknown[]> {
  return [
    await view.get("k"),
    await view.get("k", { default: undefined }),
    (await view.getEntry("k"))?.value,
    (await view.getMany(["x", "k"])).get("k"),
    (await view.has("k")) || undefined,
    (await view.meta("k"))?.stale === false || undefined,
    await view.getOrSet("k", ({ skip }) => skip() as undefined),
    (await view.getOrSetMany(["x", "k"], () => [])).get("k"),
  ];
}

const all = (value: unknown): unknown[] => [value, value, value, value, value && true, value && true, value, value];

export const scopesInherit: StackSuite = stackSuite("scopes that inherit", {
  "every read looks in the parents, the nearest first": async (open) => {
    const { cache, org, own, heir, heirOfAll } = family(open);
    equal(await reads(heirOfAll), all(undefined));
    await cache.set("k", "of the root");
    equal(await reads(heir), all(undefined));
    equal(await reads(heirOfAll), all("of the root"));
    await org.set("k", "of the organization");
    equal(await reads(heir), all("of the organization"));
    equal(await reads(heirOfAll), all("of the organization"));
    equal(await reads(own), all(undefined));
    await own.set("k", "own");
    for (const view of [heir, heirOfAll, own]) equal(await reads(view), all("own"));
    equal(await reads(org), all("of the organization"));
  },
  "writes and deletions are the scope's own": async (open) => {
    const { org, own, heir } = family(open);
    await org.setMany(["k", "l"].map((key) => ({ key, value: "inherited" })));
    same(await heir.delete("k"), false);
    same(await heir.touch("k", { ttl: 1 }), false);
    equal(await heir.keys(), []);
    same(await heir.size(), 0);
    await heir.clear();
    await heir.invalidatePattern("*");
    same(await heir.get("k"), "inherited");
    await heir.set("k", "own");
    equal([await heir.get("k"), await own.get("k"), await org.get("k")], ["own", "own", "inherited"]);
    same(await heir.getOrSet("m", () => "loaded"), "loaded");
    equal([await own.get("m"), await org.get("m")], ["loaded", undefined]);
    await heir.delete("k");
    same(await heir.get("k"), "inherited");
    equal(
      [...(await heir.getOrSetMany(["n", "l", "n", "m"], (keys) => keys.map((key) => `new ${key}`)))],
      [
        ["n", "new n"],
        ["l", "inherited"],
        ["m", "loaded"],
      ],
    );
    equal((await own.keys()).sort(), ["m", "n"]);
  },
  "another tenant's scope is no parent": async (open) => {
    const { cache, heirOfAll } = family(open);
    for (const other of [
      cache.scope("organization", { orgId: "acm" }),
      cache.scope("user", { orgId: "acme", userId: 2 }),
      cache.scope("user", { orgId: "acm", userId: 1 }),
      cache.scope("region", { region: "acme" }),
      cache.namespace("n"),
      cache.scope("organization", { orgId: "acme" }).namespace("n"),
      cache.namespace("n").scope("organization", { orgId: "acme" }),
    ])
      await other.set("k", "not yours");
    equal(await reads(heirOfAll), all(undefined));
  },
  "in a namespace, outside of scopes is the namespace": async (open) => {
    const { cache } = scoped(open);
    const namespace = cache.namespace("n");
    await cache.set("k", "of the root");
    const heir = namespace.scope("user", IDS, { inherit: "all" });
    same(await heir.get("k"), undefined);
    await namespace.set("k", "of the namespace");
    same(await heir.get("k"), "of the namespace");
    // What is inside of a view that inherits does not.
    same(await heir.namespace("m").get("k"), undefined);
    const org = namespace.scope("organization", { orgId: "acme" }, { inherit: "all" });
    same(await org.scope("user", { userId: 1 }).get("k"), undefined);
    same(await org.scope("user", { userId: 1 }, { inherit: "all" }).get("k"), "of the namespace");
  },
  "what is invalid or over in a scope is looked for above it": async (open) => {
    const { cache, clock, org, own, heir } = family(open, { grace: "1h", swr: "1h" });
    await org.set("k", "of the organization", { ttl: "1h" });
    await own.set("k", "own", { ttl: "1m", tags: ["t"], version: "2" });
    same(await heir.get("k", { version: "2" }), "own");
    same(await heir.getOrSet("k", unwanted), "of the organization");
    await own.set("k", "own", { ttl: "1m", tags: ["t"] });
    await clock.advance("2m");
    // A fresh value of a parent goes before an old one of the scope itself.
    equal(await reads(heir), all("of the organization"));
    await own.set("k", "own", { ttl: "1h", tags: ["t"] });
    await own.invalidateTags("t", { mode: "expire" });
    equal(await reads(heir), all("of the organization"));
    same(await heir.touch("k", { ttl: "1h" }), false);
    await own.delete("k");
    await clock.advance("1h");
    // A stale one of a parent is none; that of the scope itself is served as ever.
    same((await org.meta("k"))?.stale, true);
    same(await heir.getOrSet("k", ({ stale }) => `loaded after ${stale}`), "loaded after undefined");
    await own.delete("k");
    same(await heir.get("k"), undefined);
    await own.set("k", "own", { ttl: "1m" });
    await clock.advance("2m");
    same(await heir.getOrSet("k", () => "new"), "own");
    await clock.settle();
    same(await heir.get("k"), "new");
    await cache.invalidateScope("organization", { orgId: "acme" });
    equal(await reads(heir), all(undefined));
  },
  "an invalidated parent is no parent": async (open) => {
    const { cache, org, heir, heirOfAll } = family(open);
    for (const invalidate of [
      () => cache.invalidateScope("organization", { orgId: "acme" }),
      () => org.invalidateTags("t"),
      () => org.delete("k"),
      () => org.clear(),
    ]) {
      await cache.set("k", "of the root");
      await org.set("k", "of the organization", { tags: ["t"] });
      equal(await reads(heir), all("of the organization"));
      await invalidate();
      equal(await reads(heir), all(undefined));
      equal(await reads(heirOfAll), all("of the root"));
    }
  },
  "a caller that comes after a parent was changed does not get what it was before": async (open, { depth }) => {
    const { clock, org, heir, lower } = family(open, { lower: { timeout: "1h" } });
    if (!lower) return;
    await org.set("k", "old");
    if (depth > 1) await org.evict("k");
    // The look at the scope itself answers, that at its parents does not.
    lower.faults.fail({ getMany: "mute" }, 2);
    const early = heir.getOrSet("k", unwanted);
    await clock.settle();
    same(lower.faults.release("getMany"), 1);
    await clock.settle();
    same(lower.faults.held, 1);
    await org.set("k", "new");
    same(await heir.getOrSet("k", unwanted), "new");
    lower.faults.release();
    same(await early, "old");
    same(await heir.getOrSet("k", unwanted), "new");
  },
  "one load for all who ask at once, after the parents": async (open) => {
    const { heir } = family(open);
    let loads = 0;
    const values = await Promise.all(Array.from({ length: 20 }, () => heir.getOrSet("k", async () => ++loads)));
    equal(new Set(values), new Set([1]));
    same(loads, 1);
    same(await heir.getOrSet("k", unwanted), 1);
  },
  "an inherited hit counts as one of the view": async (open) => {
    const { cache, org, own, heir } = family(open);
    await org.set("k", 1, { tags: ["t"] });
    const told: CacheEvents["hit"][] = [];
    cache.on("hit", (event) => void told.push(event));
    await heir.get("k");
    await heir.getOrSet("k", unwanted);
    await heir.getOrSetMany(["k"], unwanted);
    await heir.getMany(["k", "x"]);
    await heir.has("k");
    equal([heir.stats().hits, heir.stats().misses], [4, 1]);
    equal([own.stats().hits, org.stats().hits, cache.stats().hits], [4, 0, 4]);
    equal(
      told.map(({ key }) => key),
      ["k", "k", "k", "k"],
    );
    equal((await heir.getEntry("k"))?.tags, ["t"]);
    equal((await heir.getEntry("k"))?.key, "k");
  },
  "options and mistakes count for inherited values too": async (open) => {
    const { org, heir } = family(open);
    await org.set("k", 1);
    await rejects(heir.getOrSet("k", 5 as never), "CONFIG");
    await rejects(heir.getOrSetMany(["k"], undefined as never), "CONFIG");
    await rejects(heir.get(5 as never), "KEY");
    await rejects(heir.has(5 as never), "KEY");
    await rejects(
      heir.getOrSet("a\0", () => 1),
      "KEY",
    );
    const signal = AbortSignal.abort(new RangeError("gone"));
    await rejects(heir.getOrSet("k", unwanted, { signal }), RangeError);
    await rejects(heir.has("k", { signal }), RangeError);
    same(await heir.get("k", { version: "other" }), undefined);
    same(await heir.get("x", { default: 7 }), 7);
    await rejects(
      heir.getOrSet("x", () => Promise.reject(new RangeError())),
      RangeError,
    );
    for (const inherit of ["parents", 1, null] as never[])
      throws(() => org.scope("user", { userId: 1 }, { inherit }), "CONFIG");
  },
  "a closed cache rejects inherited reads": async (open) => {
    const { cache, org, heir } = family(open);
    await org.set("k", "of the organization");
    await cache.close();
    for (const call of [
      () => heir.touch("k", { ttl: 1 }),
      () => heir.getOrSet("k", unwanted),
      () => heir.getOrSetMany(["k"], unwanted),
      () => heir.get("k"),
    ])
      await rejects(call, "CLOSED");
  },
  "what the scope itself has in memory asks nothing below": async (open, { depth }) => {
    const { own, heir, lower } = family(open);
    if (!lower || depth === 1) return;
    await own.set("k", "own");
    // Another invalidation ends the shortest path.
    await own.invalidateTags("other");
    const { getMany } = lower.faults.calls;
    equal(await reads(heir).then((values) => values.slice(0, 3)), all("own").slice(0, 3));
    const asked = lower.faults.calls.getMany;
    await heir.get("k", { promote: true });
    await heir.getOrSet("k", unwanted);
    await heir.has("k");
    same(lower.faults.calls.getMany, asked);
    // The other reads asked for x alone, which is nowhere.
    same(asked > getMany, true);
  },
});
