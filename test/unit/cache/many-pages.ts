import { createCache, defineTier, type Entry, nullTier, type SyncTier } from "../../../mod.ts";
import { equal, rejects, same, suite, type TestCase } from "../../contract/mod.ts";

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

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("many pages", {
  "pages without a key that fits are passed over, however many there are": async () => {
    const cache = createCache({ tiers: [paged(30_000)], sweepInterval: 0 });
    equal(await cache.keys({ pattern: "*nobody" }), []);
    equal(await cache.keys({ pattern: "*29999" }), ["k29999"]);
    same((await cache.keys({ pattern: "k1*", limit: 5 })).length, 5);
    same(await cache.invalidatePattern("*nobody"), 0);
  },
  "a walk is told when the cache is closed meanwhile": async () => {
    for (const walk of ["entries", "metas"] as const) {
      const cache = createCache({ tiers: [paged(3)], sweepInterval: 0 });
      const seen: unknown[] = [];
      await rejects(async () => {
        for await (const { key } of cache[walk]()) {
          seen.push(key);
          await cache.close();
        }
      }, "CLOSED");
      equal(seen, ["k0"]);
    }
  },
  "a walk ends with the item at which it is aborted": async () => {
    const cache = createCache();
    await cache.setMany(["a", "b", "c"].map((key) => ({ key, value: 1 })));
    const mine = new AbortController();
    let seen = 0;
    await rejects(async () => {
      for await (const _ of cache.entries({ signal: mine.signal }))
        if (++seen === 2) mine.abort(new RangeError("enough"));
    }, RangeError);
    same(seen, 2);
  },
});
