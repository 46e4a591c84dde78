import type { Cache, NoScopes, ScopeIds, ScopeName, ScopePath } from "../../mod.ts";
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
  const anyCache: Cache = cache;
  const view: Cache = cache.scope("region", { region: "eu" });
  const typed: Cache<typeof scopes> = cache;
  const read = (one: Cache): Promise<unknown> => one.get("k");
  await read(cache.scope("user", { orgId: "acme", userId: "42" }));
  for (const one of [anyCache, view, typed, plain]) await read(one);
}
