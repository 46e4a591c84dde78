import type { Cache, Tier } from "../../../mod.ts";
import { createCache, defineScopes, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, same, suite } from "../../contract/mod.ts";
import { awfulIds } from "./awful-ids.ts";

/** How many there are. */
export const COUNT = 10_000;
const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });

/**
 * Tenants with awful ids, each with a value of its own under the same keys: nobody reads another's.
 *
 * @param tiers of each of two caches over the same store, if they have one
 */
export async function tenants(tiers: () => readonly Tier[], count = COUNT): Promise<void> {
  const cache = createCache({ scopes, tiers: tiers(), sweepInterval: 0 });
  const ids = awfulIds(count);
  const organization = (orgId: string, from = cache): Cache => from.scope("organization", { orgId });
  // As many users, whose ids are those of organizations, and of other organizations' users.
  const user = (i: number, from = cache): Cache =>
    from.scope("user", { orgId: ids[i % 100]!, userId: ids[Math.floor(i / 100)]! });
  for (const [i, id] of ids.entries()) {
    await organization(id).setMany([
      { key: "k", value: `organization ${i}` },
      { key: ids[count - 1 - i]!.replaceAll("\0", ""), value: `own of ${i}` },
    ]);
    await user(i).set("k", `user ${i}`);
  }
  await check(cache);
  const other = tiers();
  if (other.some(({ capabilities }) => capabilities.shared)) {
    const another = createCache({ scopes, tiers: other, sweepInterval: 0 });
    await check(another);
    await another.close();
  }

  // Every other organization is invalidated, with its users.
  for (const [i, id] of ids.entries()) if (i % 2 === 0) await cache.invalidateScope("organization", { orgId: id });
  for (const [i, id] of ids.entries()) {
    same(await organization(id).get("k"), i % 2 === 0 ? undefined : `organization ${i}`, id);
    // An odd user is an odd organization's, as there are even numbers of both.
    same(await user(i).get("k"), i % 2 === 0 ? undefined : `user ${i}`, id);
  }
  await organization(ids[1]!).clear();
  equal([await organization(ids[1]!).get("k"), await user(1).get("k")], [undefined, undefined]);
  same(await organization(ids[3]!).get("k"), "organization 3");
  await cache.close();

  async function check(from: typeof cache): Promise<void> {
    for (const [i, id] of ids.entries()) {
      same(await organization(id, from).get("k"), `organization ${i}`, id);
      same(await organization(id, from).get(ids[count - 1 - i]!.replaceAll("\0", "")), `own of ${i}`, id);
      same(await user(i, from).get("k"), `user ${i}`, id);
    }
    same(await from.get("k"), undefined);
  }
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("ten thousand tenants", {
  "none reads another's value from memory": () => tenants(() => [memory({ maxEntries: 4 * COUNT })]),
  "none reads another's value from memory over a store": () => {
    const data = mapData();
    return tenants(() => [memory({ maxEntries: 1_000 }), mapTier({ data })]);
  },
  "what is invalidated beyond the ten thousandth tenant costs the others their older entries, and no more":
    async () => {
      const cache = createCache({ scopes });
      const own = cache.scope("organization", { orgId: "own" });
      const invalidate = (from: number, to: number): void => {
        for (let i = from; i < to; i++) cache.sync.invalidateScope("organization", { orgId: `other ${i}` });
      };
      await own.set("k", 1);
      await cache.set("k", 1);
      invalidate(0, 10_000);
      same(await own.get("k"), 1);
      invalidate(10_000, 10_001);
      equal([await own.get("k"), await cache.get("k")], [undefined, 1]);
      await own.set("k", 2);
      invalidate(10_001, 15_000);
      same(await own.get("k"), 2);
    },
});
