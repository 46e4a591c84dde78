import { createCache, defineTier, type Entry, nullTier, type SyncTier } from "../../../mod.ts";
import { equal, same, suite, type TestCase } from "../../contract/mod.ts";

/** A tier that answers at once, with so many keys that each is a page. */
function paged(pages: number): ReturnType<typeof defineTier> {
  const entry: Entry = {
    value: 1,
    createdAt: 0,
    freshUntil: Infinity,
    staleUntil: Infinity,
    tags: [],
    sequence: 0,
    version: undefined,
    loadTime: 0,
  };
  const none = nullTier();
  const sync = {
    ...none.sync!,
    scan: ({ cursor = "0" }: { cursor?: string | undefined }) => {
      const page = Number(cursor);
      return { keys: [`k${page}`], cursor: page + 1 < pages ? `${page + 1}` : undefined };
    },
    getMany: (keys: readonly string[]) => ({ entries: keys.map(() => entry), sequence: 0 }),
  } as unknown as SyncTier;
  const capabilities = { ...none.capabilities, keys: true, local: true, sync: true };
  return defineTier({ ...sync, name: "paged", capabilities, sync });
}

export const tests: TestCase[] = suite("many pages", {
  "pages without a key that fits are passed over, however many there are": async () => {
    const cache = createCache({ tiers: [paged(30_000)], sweepInterval: 0 });
    equal(await cache.keys({ pattern: "*nobody" }), []);
    equal(await cache.keys({ pattern: "*29999" }), ["k29999"]);
    same((await cache.keys({ pattern: "k1*", limit: 5 })).length, 5);
    same(await cache.invalidatePattern("*nobody"), 0);
  },
});
