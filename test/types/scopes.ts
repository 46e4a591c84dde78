import type { AnyScopes, Cache, InScope, NoScopes, ScopeIds, ScopeName, ScopePath } from "../../mod.ts";
import { createCache, defineScopes } from "../../mod.ts";
import { claim, type Same } from "./exact.ts";

const scopes = defineScopes({
  organization: {
    param: "orgId",
    children: { user: { param: "userId", children: { session: { param: "sessionId" } } }, team: { param: "teamId" } },
  },
  region: { param: "region" },
});
type Tree = (typeof scopes)["tree"];
const cache = createCache({ scopes });

// Names, paths and ids come from the definition.
claim<Same<ScopeName<Tree>, "organization" | "user" | "session" | "team" | "region">>();
claim<
  Same<ScopePath<Tree>, ScopeName<Tree> | "organization.user" | "organization.team" | "organization.user.session">
>();
{
  const ids: ScopeIds<Tree, "session"> = { orgId: "acme", userId: 42, sessionId: 7n };
  cache.scope("session", ids);
  cache.scope("organization.user.session", ids);
  cache.scope("region", { region: "eu" });
  await cache.invalidateScope("organization", { orgId: "acme" }, { mode: "expire" });
  await cache.invalidateScope("organization.team", { orgId: "acme", teamId: 1 });
  const levels = scopes.levels();
  claim<Same<typeof levels, readonly ScopeName<Tree>[]>>();
  const parent = scopes.parent("organization.user");
  claim<Same<typeof parent, "organization">>();
  const top = scopes.parent("region");
  claim<Same<typeof top, undefined>>();
  const params = scopes.params("user");
  claim<Same<typeof params, readonly ("orgId" | "userId")[]>>();
  scopes.prefix("user", { orgId: "acme", userId: "42" }).length;
  scopes.isDescendant("session", "organization");
}

// A view has the whole API, and is asked with what it does not know yet.
{
  const acme = cache.scope("organization", { orgId: "acme" });
  const size: number = await acme.size();
  acme.scope("user", { userId: size });
  acme.scope("user", { orgId: "acme", userId: size });
  acme.namespace("n").scope("user", { orgId: "acme", userId: 1 });
  await acme.invalidateScope("session", { userId: 1, sessionId: 2 });
  const value = await acme.getOrSet("k", () => 5);
  claim<Same<typeof value, number>>();
  // @ts-expect-error the id that the view does not know
  acme.scope("user", {});
  // @ts-expect-error another hierarchy
  acme.scope("region", { region: "eu" });
  // @ts-expect-error a namespace begins anew
  acme.namespace("n").scope("user", { userId: 1 });
  // @ts-expect-error above the view
  cache.scope("user", { orgId: "a", userId: 1 }).invalidateScope("organization", { orgId: "a" });
}

// A level that is known at run time only.
{
  const level = Math.random() > 0.5 ? "organization" : "user";
  // @ts-expect-error not enough for one of them
  cache.scope(level, {});
  cache.scope(level, level === "user" ? { orgId: 1, userId: 2 } : { orgId: 1 });
}

// The same among the options of a call, of either face.
{
  const user = { scope: "user", ids: { orgId: "acme", userId: 42 } } as const;
  await cache.set("k", 5, { ttl: (value: number) => value, ...user });
  await cache.set("k", 5, { ttl: "1h", tags: ["t"], scope: "organization.user", ids: { orgId: "acme", userId: 42n } });
  const read = await cache.get<number>("k", user);
  claim<Same<typeof read, number | undefined>>();
  const filled = await cache.get<number>("k", { default: 0, ...user });
  claim<Same<typeof filled, number>>();
  const nothing = await cache.get<number>("k", { default: null, ...user });
  claim<Same<typeof nothing, number | null>>();
  const unknown = await cache.get("k", user);
  claim<Same<typeof unknown, unknown>>();
  const loaded = await cache.getOrSet("k", ({ stale }) => (stale === undefined ? 1 : 2), { ttl: "1h", ...user });
  claim<Same<typeof loaded, 1 | 2>>();
  const many = await cache.getOrSetMany(["k", "l"], (keys) => keys.map(({ length }) => length), user);
  claim<Same<typeof many, Map<"k" | "l", number>>>();
  const hits = await cache.getMany<string, "k" | "l">(["k", "l"], user);
  claim<Same<typeof hits, Map<"k" | "l", string>>>();
  const entry = await cache.getEntry<number>("k", user);
  claim<Same<NonNullable<typeof entry>["value"], number>>();
  await cache.setMany([{ key: "k", value: 1 }], { ttl: "1h", ...user });
  for await (const { value } of cache.entries<number>({ pattern: "*", ...user })) value.toFixed();
  for await (const { ttl } of cache.metas({ limit: 1, ...user })) ttl.toFixed();
  await cache.has("k", { signal: new AbortController().signal, ...user });
  await Promise.all([cache.delete("k", user), cache.deleteMany(["k"], user), cache.touch("k", { ttl: 1, ...user })]);
  await Promise.all([cache.keys(user), cache.size(user), cache.meta("k", { tier: "memory", ...user })]);
  await Promise.all([cache.evict("k", user), cache.evictAll(user), cache.explain("k", user)]);
  await Promise.all([cache.invalidateTags("t", { match: "any", ...user }), cache.invalidatePattern("*", user)]);
  await cache.clear({ tags: "t", ...user });
  const { sync } = cache;
  sync.set("k", 5, user);
  const now = sync.getOrSet("k", () => 5, user);
  claim<Same<typeof now, number>>();
  const zero = sync.get<number>("k", { default: 0, ...user });
  claim<Same<typeof zero, number>>();
  sync
    .getOrSetMany(["k"], () => [5], user)
    .get("k")
    ?.toFixed();
  sync.has("k", user) && sync.delete("k", user) && sync.touch("k", { ttl: 1, ...user });
  // @ts-expect-error a missing id
  sync.set("k", 5, { scope: "user", ids: { orgId: "acme" } });
  // @ts-expect-error a level that there is not
  sync.size({ scope: "usr", ids: {} });

  // @ts-expect-error a missing id
  cache.set("k", 5, { scope: "user", ids: { userId: 42 } });
  // @ts-expect-error no ids
  cache.get("k", { scope: "user" });
  // @ts-expect-error ids alone
  cache.get("k", { ids: { orgId: "acme" } });
  // @ts-expect-error an id too many
  cache.get("k", { scope: "organization", ids: { orgId: "acme", userId: 1 } });
  // @ts-expect-error an id that may be missing
  cache.has("k", { scope: "organization", ids: { orgId: undefined as string | undefined } });
  // @ts-expect-error a level that there is not
  cache.getOrSet("k", () => 5, { scope: "usr", ids: { userId: 42 } });
  // @ts-expect-error the ids of another level
  cache.clear({ scope: "region", ids: { orgId: "acme" } });
  // @ts-expect-error items have one scope
  cache.setMany([{ key: "k", value: 1, ...{ ttl: 5 }, scope: "region", ids: { region: "eu" } }]);
  // @ts-expect-error a view is asked for that
  cache.get("k", { ...user, inherit: true });

  const acme = cache.scope("organization", { orgId: "acme" });
  await acme.get("k", { scope: "user", ids: { userId: 1 } });
  await acme.has("k", { scope: "organization", ids: {} });
  // @ts-expect-error the id that the view does not know
  acme.get("k", { scope: "user", ids: {} });
  // @ts-expect-error another hierarchy
  acme.has("k", { scope: "region", ids: { region: "eu" } });
  await cache.namespace("n").set("k", 5, user);

  const level = Math.random() > 0.5 ? ("organization" as const) : ("user" as const);
  // @ts-expect-error not enough for one of them
  cache.has("k", { scope: level, ids: {} });
  const chosen: InScope<typeof scopes> = level === "user" ? user : { scope: level, ids: { orgId: "acme" } };
  await cache.set("k", 5, chosen);
  await cache.size(chosen);

  // One of several views is asked as each of them.
  const either = level === "user" ? cache.scope("user", user.ids) : Math.random() > 0.5 ? acme : cache;
  const value = await either.getOrSet("k", ({ stale }) => (stale === undefined ? 1 : 2), { ttl: "1h" });
  claim<Same<typeof value, 1 | 2>>();
  await either.set("k", 5, { tags: (given) => [given.toFixed()] });
  await either.has("k", { signal: new AbortController().signal });
  const known = await either.get<number>("k", { default: 0 });
  claim<Same<typeof known, number>>();
}

// Misuse.
// @ts-expect-error a level that there is not
cache.scope("usr", { orgId: "acme", userId: "42" });
// @ts-expect-error a path that there is not
cache.scope("region.user", { region: "eu", orgId: "acme", userId: "42" });
// @ts-expect-error a path from the middle
cache.scope("user.session", { orgId: "acme", userId: "42", sessionId: 1 });
// @ts-expect-error a missing id
cache.scope("user", { userId: "42" });
// @ts-expect-error no ids
cache.scope("user");
// @ts-expect-error an id too many
cache.scope("organization", { orgId: "acme", userId: "42" });
// @ts-expect-error a misspelt id
cache.scope("user", { orgId: "acme", userID: "42" });
// @ts-expect-error an id that may be missing
cache.scope("organization", { orgId: undefined as string | undefined });
// @ts-expect-error null is no id
cache.scope("organization", { orgId: null });
// @ts-expect-error nor an object
cache.scope("organization", { orgId: { id: 1 } });
// @ts-expect-error nor a boolean
cache.scope("organization", { orgId: true });
// @ts-expect-error true, false or "all"
cache.scope("region", { region: "eu" }, { inherit: "parents" });
// @ts-expect-error a missing id here too
cache.invalidateScope("user", { orgId: "acme" });
// @ts-expect-error delete or expire
cache.invalidateScope("region", { region: "eu" }, { mode: "soft" });
// @ts-expect-error a level that there is not
scopes.path("usr");
// @ts-expect-error ids of the level
scopes.prefix("user", { orgId: "acme" });

// Definitions.
// @ts-expect-error a level has a param
defineScopes({ organization: {} });
// @ts-expect-error which is text
defineScopes({ organization: { param: 5 } });
// @ts-expect-error scopes are made by defineScopes
createCache({ scopes: { organization: { param: "orgId" } } });

// Without scopes there are none, and caches of either kind go where a cache is wanted.
{
  const plain = createCache({ ttl: "5m" });
  claim<Same<typeof plain, Cache<NoScopes, never, "sync">>>();
  // @ts-expect-error no scopes are defined
  plain.scope("user", { orgId: "acme", userId: "42" });
  // @ts-expect-error no scopes are defined
  plain.namespace("n").invalidateScope("organization", { orgId: "acme" });
  // @ts-expect-error no scopes are defined
  plain.set("k", 5, { scope: "user", ids: { orgId: "acme", userId: "42" } });
  // @ts-expect-error no scopes are defined
  plain.size({ scope: "user", ids: { orgId: "acme", userId: "42" } });
  // @ts-expect-error nor ids
  plain.getOrSet("k", () => 5, { ids: {} });
  const anyScopes: Cache<AnyScopes>[] = [plain, cache, cache.namespace("n")];
  for (const one of anyScopes) await one.set("k", 5);
  const anyCache: Cache = cache;
  const view: Cache = cache.scope("region", { region: "eu" });
  const typed: Cache<typeof scopes> = cache;
  const read = (one: Cache): Promise<unknown> => one.get("k");
  await read(cache.scope("user", { orgId: "acme", userId: "42" }));
  for (const one of [anyCache, view, typed, plain]) await read(one);
}
