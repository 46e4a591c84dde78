import type { Cache, Tier } from "../../../mod.ts";
import { ConfigError, createCache, defineScopes, KeyError, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";

const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });

const STACKS: Record<string, () => Tier[]> = {
  memory: () => [memory()],
  "memory over map": () => [memory(), mapTier({ data: mapData() })],
};

const onEvery = (name: string, run: (tiers: () => Tier[]) => Promise<void>): [string, () => Promise<void>][] =>
  Object.entries(STACKS).map(([stack, tiers]) => [`${stack}: ${name}`, () => run(tiers)]);

export const tests: TestCase[] = suite("wrapped functions in scopes", {
  ...Object.fromEntries([
    ...onEvery(
      "arguments given positionally tell the scope: two users never receive each other's data",
      async (tiers) => {
        const cache = createCache({ scopes, tiers: tiers() });
        const calls: unknown[] = [];
        // What is loaded depends on the tenant, and the key alone would not tell.
        const load = cache.wrap(
          async (what: string, orgId: string, userId: number) => {
            calls.push([what, orgId, userId]);
            return `${what} of ${orgId}/${userId}`;
          },
          {
            name: "load",
            key: (what) => what,
            scope: "user",
            from: (_, orgId, userId) => ({ orgId, userId }),
          },
        );
        for (let round = 0; round < 3; round++) {
          for (const org of ["acme", "other"])
            for (const user of [1, 2]) same(await load("profile", org, user), `profile of ${org}/${user}`);
        }
        same(calls.length, 4);
        const { hits, misses, size } = await load.info();
        equal([hits, misses, size], [8, 4, 4]);
        const { hits: all } = cache.stats();
        same(all, 8);
      },
    ),
    ...onEvery("an invalidation of the scope, or of one above, ends its results alone", async (tiers) => {
      const cache = createCache({ scopes, tiers: tiers() });
      const load = cache.wrap(async (orgId: string, userId: number) => `${orgId}/${userId}`, {
        name: "load",
        scope: "organization.user",
        from: (orgId, userId) => ({ orgId, userId }),
      });
      const all: [string, number][] = [
        ["a", 1],
        ["a", 2],
        ["b", 1],
      ];
      const fill = () => Promise.all(all.map((args) => load(...args)));
      const there = () => Promise.all(all.map((args) => load.has(...args)));
      await fill();
      await cache.invalidateScope("user", { orgId: "a", userId: 1 });
      equal(await there(), [false, true, true]);
      await fill();
      await cache.invalidateScope("organization", { orgId: "a" });
      equal(await there(), [false, false, true]);
      await fill();
      await load.clear();
      equal(await there(), [false, false, false]);
      same((await load.info()).size, 0);
      await fill();
      same(await load.invalidate("a", 1), true);
      same(await load.invalidateMatching("b", 1), 1);
      equal(await there(), [false, true, false]);
    }),
    ...onEvery(
      "clear ends what all tenants have, of this function alone, and nothing of a run that began before",
      async (tiers) => {
        const clock = fakeClock();
        const cache = createCache({ scopes, tiers: tiers(), clock });
        const ids = (orgId: string) => ({ orgId });
        const one = cache.wrap(async (orgId: string) => orgId, { name: "one", scope: "organization", from: ids });
        const other = cache.wrap(async (orgId: string) => orgId, { name: "other", scope: "organization", from: ids });
        for (const orgId of ["a", "b"]) {
          await one(orgId);
          await other(orgId);
        }
        await cache.scope("organization", { orgId: "a" }).set("k", 1);
        let resolve!: (value: string) => void;
        const slow = cache.wrap(() => new Promise<string>((done) => (resolve = done)), {
          name: "slow",
          scope: "organization",
          from: () => ({ orgId: "a" }),
        });
        const call = slow();
        await clock.settle();
        await slow.clear();
        resolve("old");
        await call;
        same(await slow.has(), false);
        await one.clear();
        equal(
          [await one.has("a"), await one.has("b"), await other.has("a"), await other.has("b")],
          [false, false, true, true],
        );
        equal([(await one.info()).size, (await other.info()).size], [0, 2]);
        same(await cache.scope("organization", { orgId: "a" }).get("k"), 1);
      },
    ),
  ]),
  "ids may come from a context instead of the arguments": async () => {
    const cache = createCache({ scopes });
    let current: string | undefined;
    const load = cache.wrap(async (id: number) => `${current}:${id}`, {
      name: "load",
      scope: "organization",
      from: () => ({ orgId: current! }),
    });
    for (const org of ["a", "b", "a"]) {
      current = org;
      same(await load(1), `${org}:1`);
    }
    current = undefined;
    await rejects(load(1), KeyError);
    same((await load.info().then(({ hits }) => hits)) >= 1, true);
  },
  "ids that are none reject, or the call goes without the cache": async () => {
    const cache = createCache({ scopes });
    let runs = 0;
    const load = async (_: string): Promise<number> => ++runs;
    const from = (orgId: string) => ({ orgId });
    const strict = cache.wrap(load, { name: "strict", scope: "organization", from });
    for (const id of [undefined, null, "", {}, Number.NaN]) {
      const { message } = await rejects(strict(id as never), KeyError);
      ok(message.includes("orgId"), message);
    }
    same(runs, 0);
    const lenient = cache.wrap(load, { name: "lenient", scope: "organization", from, onKeyError: "bypass" });
    equal([await lenient("" as never), await lenient("" as never)], [1, 2]);
    equal([await lenient("a"), await lenient("a")], [3, 3]);
  },
  "a function of a view of a scope is of that scope; one that is bound there gets its ids from the view too":
    async () => {
      const cache = createCache({ scopes });
      const acme = cache.scope("organization", { orgId: "acme" });
      const load = acme.wrap(async (userId: number) => userId, {
        name: "load",
        scope: "user",
        from: (userId) => ({ userId }),
      });
      const plain = acme.wrap(async () => "plain", { name: "plain" });
      await load(1);
      await plain();
      equal([await load.has(1), await plain.has()], [true, true]);
      await cache.invalidateScope("organization", { orgId: "acme" });
      equal([await load.has(1), await plain.has()], [false, false]);
      await rejects(
        cache
          .scope("organization", { orgId: "other" })
          .wrap(async () => 1, { name: "load", scope: "user", from: () => ({ orgId: "acme", userId: 1 }) as never })(),
        KeyError,
      );
    },
  "two functions whose results could meet in a scope cannot have one name, whichever is first and however each is bound":
    async () => {
      const at = { organization: () => ({ orgId: "acme" }), user: () => ({ orgId: "acme", userId: 1 }) };
      const bound = (view: Cache<typeof scopes>, level: "organization" | "user", reuse = false) =>
        view.wrap(async () => level, { name: "report", scope: level, from: at[level] as never, reuse });
      const plain = (view: Pick<Cache, "wrap">, reuse = false) =>
        view.wrap(async () => "plain", { name: "report", reuse });
      const acme = (cache: Cache<typeof scopes>) => cache.scope("organization", { orgId: "acme" });
      const ada = (cache: Cache<typeof scopes>) => cache.scope("user", { orgId: "acme", userId: 1 });
      const open = () => createCache({ scopes }) as Cache<typeof scopes>;
      const pairs: ((cache: Cache<typeof scopes>) => unknown)[][] = [
        [(cache) => bound(cache, "organization"), (cache) => plain(acme(cache))],
        [(cache) => bound(cache, "user"), (cache) => plain(ada(cache))],
        [(cache) => bound(cache, "user"), (cache) => bound(acme(cache) as never, "user")],
        [(cache) => bound(acme(cache) as never, "user"), (cache) => plain(ada(cache))],
        [(cache) => bound(cache.namespace("n"), "user"), (cache) => plain(ada(cache.namespace("n") as never))],
      ];
      for (const pair of pairs) {
        for (const [one, other] of [pair, [...pair].reverse()]) {
          const cache = open();
          one!(cache);
          same((throws(() => other!(cache), ConfigError) as ConfigError).option, "name");
        }
      }
      // What was refused has taken nothing.
      const first = open();
      plain(acme(first));
      throws(() => bound(first, "organization"), ConfigError);
      plain(first.scope("organization", { orgId: "other" }));
      const cache = open();
      bound(cache, "organization");
      plain(acme(cache), true);
      // These have places of their own.
      plain(ada(cache));
      plain(acme(cache).namespace("n"));
      bound(acme(cache.namespace("n") as never) as never, "user");
      plain(cache.namespace("n").scope("user", { orgId: "other", userId: 1 }));
      bound(cache.namespace("n").scope("organization", { orgId: "other" }) as never, "organization");
    },
  "tags are the scope's": async () => {
    const cache = createCache({ scopes });
    const load = cache.wrap(async (orgId: string) => orgId, {
      name: "load",
      scope: "organization",
      from: (orgId) => ({ orgId }),
      tags: ["t"],
    });
    await load("a");
    await load("b");
    const inside = cache.scope("organization", { orgId: "a" }).namespace("fn:load");
    equal((await inside.meta("a"))?.tags, ["t"]);
    await inside.invalidateTags("t");
    equal([await load.has("a"), await load.has("b")], [false, true]);
  },
  "a level that there is not, or no from, is refused": () => {
    const cache = createCache({ scopes });
    const load = async (): Promise<number> => 1;
    for (const options of [{ scope: "nobody", from: () => ({}) }, { scope: "user" }, { scope: "user", from: 5 }])
      throws(() => cache.wrap(load, options as never), ConfigError);
    // Without its level the ids would be left out, and all tenants have one entry.
    const from = () => ({ orgId: "acme" });
    same((throws(() => cache.wrap(load, { from } as never), ConfigError) as ConfigError).option, "scope");
    throws(() => createCache().wrap(load, { from } as never), ConfigError);
    // None has taken the name.
    cache.wrap(load);
  },
});
