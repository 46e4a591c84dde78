import type { Entry, Tier } from "../../../mod.ts";
import { equal, FAKE_START, ok, same, suite, type TestCase } from "../../contract/mod.ts";
import { onDatabase } from "./cache.ts";
import { openTier } from "./in-worker.ts";
import { inBrowsers, inStore } from "./raw.ts";

const now = FAKE_START;

function entry(tags: readonly string[], sequence?: number): Entry {
  const end = now + 3_600_000;
  return {
    value: 1,
    createdAt: now,
    freshUntil: end,
    staleUntil: end,
    tags,
    sequence,
    version: undefined,
    loadTime: 0,
  };
}

/** A tier on a database of its own, with what a test does to it. */
function onTier(
  test: (subject: {
    readonly tier: Tier;
    readonly database: string;
    put(key: string, tags: readonly string[], sequence?: number): Promise<unknown>;
    /** "miss", "stale" or "fresh". */
    state(key: string): Promise<string>;
    invalidate(tags: readonly string[], match: "any" | "all", mode?: "expire"): Promise<number>;
  }) => Promise<void>,
): Promise<void> {
  return onDatabase(async (database) => {
    const tier = openTier(database);
    await test({
      tier,
      database,
      put: async (key, tags, sequence) => tier.setMany([{ key, entry: entry(tags, sequence) }], now),
      async state(key) {
        const [found] = (await tier.getMany([key], { now })).entries;
        return found === undefined ? "miss" : found.freshUntil > now ? "fresh" : "stale";
      },
      invalidate: async (tags, match, mode) => tier.invalidate!({ tags, match, mode: mode ?? "delete", now, after: 0 }),
    });
    await tier.close!();
  });
}

export const tests: TestCase[] = inBrowsers("bounds of indexedDb", () =>
  suite("bounds of indexedDb", {
    "of more than 10,000 tags that were invalidated the oldest are forgotten, and nothing is revived": () =>
      onTier(async ({ tier, database, put, state, invalidate }) => {
        const { sequence: before } = await tier.getMany([], { now, sequence: true });
        for (const tag of ["dead", "stale", "other"]) await put(tag, [tag]);
        await invalidate(["dead"], "any");
        const forgotten = await invalidate(["stale"], "any", "expire");
        await inStore(database, "state", (store) => {
          const last = forgotten + 1;
          for (let n = 1; n < 10_000; n++) store.put({ deleted: last, expired: 0, last, floor: 0 }, ["tag", `${n}`]);
          return store.put({ deleted: last, expired: 0, last, floor: 0 }, ["tag", "0"]);
        });
        await tier.prune!(1_000, now);
        const marks = IDBKeyRange.bound(["tag"], ["tag", []]);
        same(await inStore(database, "state", (store) => store.count(marks)), 10_000);
        same(await inStore(database, "state", (store) => store.getKey(["tag", "stale"])), undefined);
        equal([await state("dead"), await state("stale"), await state("other")], ["miss", "stale", "fresh"]);
        // Loads that began before, and end now.
        for (const tag of ["dead", "stale", "new"]) {
          await put(tag, [tag], before);
          same(await state(tag), "miss", tag);
          await put(tag, [tag], forgotten);
          same(await state(tag), "fresh", tag);
          await invalidate([tag], "any", "expire");
          await put(tag, [tag], before);
          same(await state(tag), "miss", tag);
        }
      }),
    "of more than 500 invalidations by several tags the oldest are forgotten, and nothing is revived": () =>
      onTier(async ({ tier, database, put, state, invalidate }) => {
        const { sequence: before } = await tier.getMany([], { now, sequence: true });
        const first = await invalidate(["a", "b"], "all");
        await put("kept", ["a", "b"]);
        await Promise.all(Array.from({ length: 502 }, (_, n) => invalidate(["a", `t${n}`], "all")));
        const rules = IDBKeyRange.bound(["rule"], ["rule", []]);
        same(await inStore(database, "state", (store) => store.count(rules)), 500);
        same(await state("kept"), "fresh");
        await put("late", ["a", "b"], before);
        await put("from the time of one that was forgotten", ["x"], first);
        equal([await state("late"), await state("from the time of one that was forgotten")], ["miss", "miss"]);
        await put("late", ["a", "b"]);
        same(await state("late"), "fresh");
      }),
    "a sweep removes no more than its limit, and all in the end": () =>
      onTier(async ({ tier, database, put, invalidate }) => {
        for (let n = 0; n < 10; n++) await put(`k${n}`, ["t", `u${n % 2}`]);
        await invalidate(["u0", "t"], "any");
        const pruned: string[] = [];
        for (let round = 0; round < 4; round++) {
          const keys = await tier.prune!(3, now);
          ok(keys.length <= 3, "no more than 3");
          pruned.push(...keys);
        }
        same(new Set(pruned).size, 10);
        same(await inStore(database, "entries", (store) => store.count()), 0);
        equal(await inStore(database, "state", (store) => store.index("pending").count()), 0);
      }),
  }),
);
