import { createCache, defineScopes } from "../../../mod.ts";
import { namespacePrefix } from "../../../src/key.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same, seededRandom, suite, throws } from "../../contract/mod.ts";
import { faulty, openTiers } from "../cache/stacks.ts";
import { awfulIds } from "./awful-ids.ts";

const scopes = defineScopes({
  organization: { param: "a", children: { user: { param: "b", children: { session: { param: "c" } } } } },
  region: { param: "a" },
});

/** The prefix of a chain of ids, by its length. */
function prefixOf([a, b, c]: readonly string[]): string {
  if (c !== undefined) return scopes.prefix("session", { a: a!, b: b!, c });
  return b === undefined ? scopes.prefix("organization", { a: a! }) : scopes.prefix("user", { a: a!, b });
}

export const tests: TestCase[] = suite("prefixes of scopes", {
  "a prefix says where it is": () => {
    same(scopes.prefix("user", { a: "acme", b: 42 }), "@organization=acme:@user=42:");
    same(scopes.prefix("region", { a: "a b/ç:@=" }), "@region=a%20b%2F%C3%A7%3A%40%3D:");
    same(scopes.prefix("region", { a: "\0" }), "@region=%00:");
  },
  "a number, a bigint and their digits are one id": () => {
    for (const id of ["42", 42, 42n, 42.0]) same(scopes.prefix("region", { a: id }), "@region=42:");
    for (const id of ["0", 0, -0, 0n]) same(scopes.prefix("region", { a: id }), "@region=0:");
    same(scopes.prefix("region", { a: -1.5 }), "@region=-1.5:");
    same(scopes.prefix("region", { a: Number.MAX_SAFE_INTEGER }), "@region=9007199254740991:");
    same(scopes.prefix("region", { a: 9007199254740993n }), "@region=9007199254740993:");
    ok(scopes.prefix("region", { a: "042" }) !== scopes.prefix("region", { a: 42 }));
  },
  "a long id is its SHA-256": () => {
    // The digest of a million letters a is an example of FIPS 180-4.
    const hash = "zcduXJkU-5KBocfihNc-Z_GAmkiklyAOBG05zMcRLNA";
    same(scopes.prefix("region", { a: "a".repeat(1_000_000) }), `@region=#${hash}:`);
    same(scopes.prefix("region", { a: "x".repeat(64) }), `@region=${"x".repeat(64)}:`);
    for (const id of ["x".repeat(65), "é".repeat(11), "😀".repeat(6), "\0".repeat(22)])
      same(/^@region=#[\w-]{43}:$/.test(scopes.prefix("region", { a: id })), true, id);
  },
  "no two chains of ids have one prefix, and none is the beginning of another's but above it": () => {
    const random = seededRandom(3);
    const ids = awfulIds(600);
    const pick = () => ids[Math.floor(random() * ids.length)]!;
    const chains = new Map<string, string[]>();
    for (let i = 0; i < 1_500; i++) {
      const first = pick();
      const chain = [first, ...(random() < 0.7 ? [pick(), ...(random() < 0.5 ? [pick()] : [])] : [])];
      chains.set(JSON.stringify(chain), chain);
      // What one id has in two levels, another has in one.
      const joined = [chain.join(""), chain.join(":@user="), chain.join("/")];
      for (const id of joined) chains.set(JSON.stringify([id]), [id]);
    }
    const all = [...chains.values()].map((chain) => ({ chain, prefix: prefixOf(chain) }));
    all.sort((left, right) => (left.prefix < right.prefix ? -1 : left.prefix > right.prefix ? 1 : 0));
    // In this order all that begin with a prefix come right after it.
    for (const [i, { chain, prefix }] of all.entries()) {
      for (let j = i + 1; j < all.length && all[j]!.prefix.startsWith(prefix); j++) {
        ok(all[j]!.prefix !== prefix, `${JSON.stringify(chain)} and ${JSON.stringify(all[j]!.chain)} have ${prefix}`);
        equal(all[j]!.chain.slice(0, chain.length), chain, prefix);
      }
    }
  },
  "no namespace is the beginning of a scope": () => {
    for (const id of awfulIds(600)) {
      const scope = scopes.prefix("organization", { a: id });
      for (const name of [
        id,
        `organization=${id}`,
        scope,
        scope.slice(1, -1),
        `organization=${encodeURIComponent(id)}`,
      ]) {
        if (name.includes("\0")) continue;
        const namespace = namespacePrefix(name);
        ok(!scope.startsWith(namespace) && !namespace.startsWith(scope), `${namespace} and ${scope}`);
      }
    }
  },
  "what is no id is refused, and the message names the parameter": async () => {
    const cache = createCache({ scopes });
    const wrong = [
      undefined,
      null,
      "",
      Number.NaN,
      Infinity,
      -Infinity,
      Number.MAX_SAFE_INTEGER + 1,
      1e21,
      true,
      {},
      [],
      ["a"],
      new Date(0),
      Symbol("a"),
      () => "a",
      Object("a"),
      "\ud800",
      "a\udc00b",
      "x".repeat(100).concat("\ud800"),
    ] as never[];
    for (const id of wrong) {
      for (const call of [
        () => cache.scope("user", { a: "acme", b: id }),
        () => scopes.prefix("user", { a: "acme", b: id }),
      ]) {
        const { message } = throws(call, "KEY");
        ok(/^Cannot use id b as it must be /.test(message), message);
      }
      await rejects(cache.invalidateScope("user", { a: "acme", b: id }), "KEY");
    }
  },
  "an id that is missing or too many is refused, and the message names it": () => {
    const cache = createCache({ scopes });
    ok(throws(() => cache.scope("user", { b: 1 } as never), "KEY").message.includes("id a "));
    ok(throws(() => cache.scope("user", { a: 1 } as never), "KEY").message.includes("id b "));
    ok(throws(() => cache.scope("user", Object.create({ a: 1, b: 1 })), "KEY").message.includes("id a "));
    ok(throws(() => cache.scope("user", { a: 1, b: 1, c: 1 } as never), "KEY").message.includes('"c"'));
    ok(throws(() => cache.scope("user", { a: 1, userId: 1 } as never), "KEY").message.includes('"userId"'));
    for (const ids of [undefined, null, 5, "a", ["a", "b"]] as never[]) throws(() => cache.scope("user", ids), "KEY");
  },
  "a level that there is not is refused, and the message has those that there are": () => {
    const cache = createCache({ scopes });
    for (const level of ["usr", "", "user.session", "organization.", "__proto__", 5, undefined, null, {}] as never[]) {
      const { message } = throws(() => cache.scope(level, { a: 1 } as never), "CONFIG");
      ok(message.includes("organization, user, session, region"), message);
    }
  },
  "each entry has a tag for every scope that it is in, before its own, once": async () => {
    const data = mapData();
    const { cache } = openTiers([mapTier({ data })], { name: "app", scopes: scopes as never });
    const root = cache as never as ReturnType<typeof createCache<typeof scopes>>;
    const inner = root.scope("organization", { a: 1 }).scope("session", { b: 2, c: 3 });
    await inner.set("k", 1, { tags: ["y", "x", "y"] });
    await inner.namespace("n").scope("region", { a: 4 }).set("k", 1);
    const chain = ["app:@organization=1:", "app:@organization=1:@user=2:", "app:@organization=1:@user=2:@session=3:"];
    const last = chain[2]!;
    equal(
      [...data.entries].map(([key, { tags }]) => [key, tags]),
      [
        [`${last}k`, [...chain, `${last}x`, `${last}y`]],
        [`${last}@n:@region=4:k`, [...chain, `${last}@n:@region=4:`]],
      ],
    );
  },
  "a prefix that leaves a tier no room for a key is told of": async () => {
    const tier = mapTier();
    const { cache } = openTiers([faulty({ ...tier, capabilities: { ...tier.capabilities, maxKeyBytes: 150 } })], {
      scopes: scopes as never,
    });
    const view = (cache as never as ReturnType<typeof createCache<typeof scopes>>).scope("session", {
      a: "x".repeat(30),
      b: "y".repeat(30),
      c: "z".repeat(30),
    });
    const { message } = await rejects(view.set("a key that does not fit", 1), "KEY");
    ok(/67 bytes of it: received -?\d+ beside its prefix, namespaces and scopes$/.test(message), message);
  },
});
