/**
 * Stores of several parts, as servers that share the keys: one that is down says nothing of the others.
 */
import { createCache, defineTier, type Tier } from "../../../mod.ts";
import { partial } from "../../../src/stack/partial-faults.ts";
import { fakeClock, mapData, mapTier, same, suite, type TestCase } from "../../contract/mod.ts";

/** A store whose part with the keys that end with "a" may be down. */
function parted(): { readonly tier: Tier; isDown: boolean } {
  const { sync: _sync, fresh: _fresh, ...base } = mapTier({ data: mapData() });
  const part = { isDown: false };
  const some =
    <T>(run: (items: readonly T[], now: number) => unknown, keyOf: (item: T) => string) =>
    async (items: readonly T[], now: number): Promise<unknown> => {
      const isBad = (item: T): boolean => part.isDown && keyOf(item).endsWith("a");
      const bad = items.filter(isBad);
      const done = await run(
        items.filter((item) => !isBad(item)),
        now,
      );
      if (bad.length === 0) return done;
      const error = new Error("A part is down");
      partial(error, bad.map(keyOf));
      throw error;
    };
  const tier = defineTier({
    ...base,
    setMany: some(base.setMany, ({ key }) => key),
    deleteMany: some(base.deleteMany, (key) => key),
  } as never);
  return Object.assign(part, { tier });
}

export const tests: TestCase[] = suite("parts of stores", {
  "a deletion that was not tried, as another key was missed, is not taken for done": async () => {
    const store = parted();
    const cache = createCache({ tiers: [store.tier], clock: fakeClock(), sweepInterval: 0 });
    await cache.setMany(["a", "b"].map((key) => ({ key, value: "old" })));
    store.isDown = true;
    await cache.delete("a");
    await cache.deleteMany(["a", "b"]);
    same(await cache.get("b"), undefined);
    store.isDown = false;
    same(await cache.get("b"), undefined);
    same(await cache.get("a"), undefined);
  },
  "nor is a write": async () => {
    const store = parted();
    const cache = createCache({ tiers: [store.tier], clock: fakeClock(), sweepInterval: 0 });
    await cache.setMany(["a", "b"].map((key) => ({ key, value: "old" })));
    store.isDown = true;
    await cache.delete("a");
    await cache.setMany(["a", "b"].map((key) => ({ key, value: "new" })));
    store.isDown = false;
    for (const key of ["a", "b"]) same((await cache.get(key)) === "old", false, key);
  },
});
