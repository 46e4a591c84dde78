import { ConfigError, createCache, defineScopes } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, suite, throws } from "../../contract/mod.ts";

const scopes = defineScopes({
  organization: {
    param: "orgId",
    children: { user: { param: "userId", children: { session: { param: "sessionId" } } }, team: { param: "teamId" } },
  },
  region: { param: "orgId" },
});

/** Definitions that cannot be used, and what their errors name. */
const WRONG: [tree: unknown, names: string][] = [
  ...[undefined, null, 5, "a", [], ["a"]].map((tree): [unknown, string] => [tree, "scopes"]),
  ...["", "1a", "a b", "a.b", "a:b", "a=b", "é", "_a", "-a", "__proto__", "x".repeat(33)].map(
    (name): [unknown, string] => [
      JSON.parse(JSON.stringify({ x: 0 }).replace('"x"', JSON.stringify(name)).replace("0", '{"param":"a"}')),
      `"${name}"`,
    ],
  ),
  ...[undefined, null, 5, "a", []].map((level): [unknown, string] => [{ user: level }, "scopes.user"]),
  ...[undefined, null, 5, "", {}].map((param): [unknown, string] => [{ user: { param } }, "scopes.user.param"]),
  [{ user: { param: "a", childs: {} } }, '"childs"'],
  [{ user: { param: "a", children: 5 } }, "scopes.user"],
  [{ user: { param: "a", children: null } }, "scopes.user"],
  [{ user: { param: "a", children: { session: { param: "a" } } } }, "scopes.user.session.param"],
  [{ user: { param: "a", children: { user: { param: "b" } } } }, '"user"'],
  [
    { a: { param: "a", children: { user: { param: "b" } } }, b: { param: "c", children: { user: { param: "d" } } } },
    '"user"',
  ],
  [{ a: { param: "a", children: { b: { param: "b", children: { c: { param: "a" } } } } } }, "scopes.a.b.c.param"],
];

export const tests: TestCase[] = suite("definitions of scopes", {
  "a definition that cannot be used is refused, and the message says where": () => {
    for (const [tree, names] of WRONG) {
      const error = throws(() => defineScopes(tree as never), ConfigError) as ConfigError;
      ok(error.message.includes(names), `${error.message} must name ${names}`);
      ok(error.option.startsWith("scopes"), error.option);
    }
    const circular: Record<string, unknown> = { param: "a" };
    circular.children = { b: { param: "b", children: { a: circular } } };
    throws(() => defineScopes({ a: circular } as never), ConfigError);
  },
  "levels, their parents, paths and parameters": () => {
    equal(scopes.levels(), ["organization", "user", "session", "team", "region"]);
    equal(
      scopes.levels().map((level) => scopes.parent(level)),
      [undefined, "organization", "user", "organization", undefined],
    );
    equal(
      scopes.levels().map((level) => scopes.path(level)),
      ["organization", "organization.user", "organization.user.session", "organization.team", "region"],
    );
    equal(scopes.params("session"), ["orgId", "userId", "sessionId"]);
    equal(scopes.params("organization.user.session"), ["orgId", "userId", "sessionId"]);
    same(scopes.parent("organization.user.session"), "user");
    same(scopes.path("organization.team"), "organization.team");
  },
  "who is below whom": () => {
    const below = scopes.levels().flatMap((level) =>
      scopes
        .levels()
        .filter((of) => scopes.isDescendant(level, of))
        .map((of) => `${level} ${of}`),
    );
    equal(below, ["user organization", "session organization", "session user", "team organization"]);
    same(scopes.isDescendant("organization.user", "organization"), true);
    same(scopes.isDescendant("organization.user", "user"), false);
  },
  "helpers refuse a level that there is not": () => {
    for (const call of [
      () => scopes.path("nobody" as never),
      () => scopes.parent("toString" as never),
      () => scopes.params("__proto__" as never),
      () => scopes.isDescendant("user", "nobody" as never),
      () => scopes.isDescendant("nobody" as never, "user"),
      () => scopes.prefix("nobody" as never, {} as never),
    ])
      throws(call, "CONFIG");
  },
  "the definition is a frozen copy": () => {
    const own = { a: { param: "id", children: { b: { param: "other" } } } };
    const defined = defineScopes(own);
    own.a.param = "changed";
    equal(defined.tree, { a: { param: "id", children: { b: { param: "other" } } } });
    for (const part of [defined.tree, defined.tree.a, defined.tree.a.children, defined.tree.a.children.b])
      ok(Object.isFrozen(part));
    (defined.levels() as string[]).push("c");
    equal(defined.levels(), ["a", "b"]);
  },
  "names that an object has anyway are levels like any other": () => {
    const odd = defineScopes({
      constructor: { param: "toString", children: { valueOf: { param: "hasOwnProperty" } } },
    });
    same(odd.prefix("valueOf", { toString: "a", hasOwnProperty: "b" }), "@constructor=a:@valueOf=b:");
    throws(() => odd.prefix("valueOf", { hasOwnProperty: "b" } as never), "KEY");
  },
  "one definition serves many caches": async () => {
    const caches = [createCache({ scopes }), createCache({ scopes })] as const;
    await caches[0].scope("region", { orgId: 1 }).set("k", 1);
    same(await caches[1].scope("region", { orgId: 1 }).get("k"), undefined);
  },
  "without scopes there are none, and what is no definition is refused": async () => {
    const cache = createCache();
    ok(throws(() => cache.scope("user" as never, {} as never), "CONFIG").message.includes("defineScopes"));
    for (const wrong of [null, 5, true, {}, { organization: { param: "orgId" } }, []] as never[]) {
      const error = throws(() => createCache({ scopes: wrong }), ConfigError) as ConfigError;
      same(error.option, "scopes");
    }
  },
});
