import { equal, rejects, same } from "../../contract/mod.ts";
import { type Rig, type StackSuite, stackSuite } from "./stacks.ts";
import { unwanted } from "./tools.ts";

/** Entries with every kind of tag list. */
const TAGGED: Record<string, readonly string[]> = {
  none: [],
  a: ["a"],
  b: ["b"],
  ab: ["b", "a"],
  abc: ["c", "a", "b"],
  c: ["c"],
};

async function fill({ cache }: Rig, options = {}): Promise<void> {
  await cache.setMany(Object.entries(TAGGED).map(([key, tags]) => ({ key, value: `old ${key}`, tags, ...options })));
}

async function fresh({ cache }: Rig): Promise<string[]> {
  return [...(await cache.getMany(Object.keys(TAGGED))).keys()];
}

/** What must be left of the entries above. */
const LEFT = {
  any: ["none", "c"],
  all: ["none", "a", "b", "c"],
  exact: ["none", "a", "b", "abc", "c"],
};

export const tags: StackSuite = stackSuite("tags", {
  "any, all and exact, in any order of the tags, by delete and by expire": async (open) => {
    for (const mode of ["delete", "expire"] as const) {
      for (const match of ["any", "all", "exact"] as const) {
        for (const given of [
          ["a", "b"],
          ["b", "a"],
          ["b", "a", "b"],
        ]) {
          const rig = open();
          await fill(rig);
          await rig.cache.invalidateTags(given, { match, mode });
          equal(await fresh(rig), LEFT[match], `${match} ${mode} ${given}`);
          for (const key of LEFT[match]) same(await rig.cache.getOrSet(key, unwanted), `old ${key}`);
          const left = (await rig.cache.keys()).sort();
          if (mode === "delete") equal(left, [...LEFT[match]].sort());
        }
      }
    }
  },
  "what is set after an invalidation by several tags is there": async (open) => {
    for (const mode of ["delete", "expire"] as const) {
      for (const match of ["any", "all", "exact"] as const) {
        const { cache } = open();
        await cache.set("k", "old", { tags: ["a", "b"] });
        await cache.invalidateTags(["a", "b"], { match, mode });
        await cache.set("k", "new", { tags: ["a", "b"] });
        same(await cache.get("k"), "new", `${match} ${mode}`);
      }
    }
  },
  "one tag, as a string, under each match": async (open) => {
    for (const [match, left] of [
      ["any", ["none", "b", "c"]],
      ["all", ["none", "b", "c"]],
      ["exact", ["none", "b", "ab", "abc", "c"]],
    ] as const) {
      const rig = open();
      await fill(rig);
      await rig.cache.invalidateTags("a", { match });
      equal(await fresh(rig), left, match);
    }
  },
  "a tag is never matched as a part of a tag or of a key": async (open) => {
    const { cache } = open();
    await cache.set("user", 1, { tags: ["users"] });
    await cache.set("users", 1, { tags: ["user:1"] });
    for (const tag of ["user", "use", "", "users:", "USER"].filter(Boolean)) await cache.invalidateTags([tag]);
    same(await cache.get("user"), 1);
    same(await cache.get("users"), 1);
  },
  "tags may come in a set": async (open) => {
    const { cache } = open();
    await cache.set("k", 1, { tags: ["a"] });
    await cache.invalidateTags(new Set(["none", "a"]) as never);
    same(await cache.get("k"), undefined);
  },
  "no tags invalidate nothing": async (open) => {
    const rig = open();
    await fill(rig);
    for (const match of ["any", "all", "exact"] as const) await rig.cache.invalidateTags([], { match });
    equal(await fresh(rig), Object.keys(TAGGED));
  },
  "what is set after the invalidation stays": async (open) => {
    const { cache } = open();
    for (const mode of ["delete", "expire"] as const) {
      for (const match of ["any", "all", "exact"] as const) {
        await cache.set("k", "old", { tags: ["t", "u"] });
        await cache.invalidateTags(["t", "u"], { match, mode });
        same(await cache.get("k"), undefined);
        await cache.set("k", "new", { tags: ["t", "u"] });
        same(await cache.get("k"), "new", `${match} ${mode}`);
        same(await cache.getOrSet("k", unwanted), "new");
        await cache.invalidateTags(["other"], { match, mode });
        same(await cache.get("k"), "new");
      }
    }
  },
  "a key that is set again with other tags forgets the old ones": async (open) => {
    const { cache } = open();
    await cache.set("k", 1, { tags: ["old"] });
    await cache.set("k", 2, { tags: ["new"] });
    await cache.invalidateTags(["old"]);
    same(await cache.get("k"), 2);
    await cache.invalidateTags(["old"], { match: "exact" });
    same(await cache.get("k"), 2);
    await cache.set("k", 3);
    await cache.invalidateTags(["new"]);
    same(await cache.get("k"), 3);
    await cache.set("k", 4, { tags: ["new"] });
    await cache.invalidateTags(["new"]);
    same(await cache.get("k"), undefined);
  },
  "deleted by tag with grace is not served, even when the loader fails": async (open) => {
    const { cache, clock } = open({ grace: "1h", swr: "1h" });
    for (const match of ["any", "all", "exact"] as const) {
      await cache.set("k", "old", { ttl: "1m", tags: ["t"] });
      await cache.invalidateTags(["t"], { match, mode: "delete" });
      await rejects(
        cache.getOrSet("k", () => Promise.reject(new RangeError())),
        RangeError,
      );
      same(await cache.getOrSet("k", ({ stale }) => String(stale)), "undefined");
    }
    await cache.set("k", "old", { ttl: "1m", tags: ["t"] });
    await clock.advance("2m");
    await cache.invalidateTags(["t"]);
    await rejects(
      cache.getOrSet("k", () => Promise.reject(new RangeError())),
      RangeError,
    );
  },
  "expired by tag is stale: grace serves it when the loader fails, swr at once": async (open) => {
    for (const match of ["any", "all", "exact"] as const) {
      const graced = open({ grace: "1h" });
      await graced.cache.set("k", "old", { ttl: "1h", tags: ["t"] });
      await graced.cache.invalidateTags(["t"], { match, mode: "expire" });
      same(await graced.cache.get("k"), undefined);
      same((await graced.cache.meta("k"))?.stale, true);
      same(await graced.cache.getOrSet("k", () => Promise.reject(new RangeError())), "old");
      same(await graced.cache.getOrSet("k", ({ stale }) => `after ${stale}`), "after old");
      const revalidated = open({ swr: "1h" });
      await revalidated.cache.set("k", "old", { ttl: "1h", tags: ["t"] });
      await revalidated.cache.invalidateTags(["t"], { match, mode: "expire" });
      same(await revalidated.cache.getOrSet("k", () => "new"), "old");
      await revalidated.clock.settle();
      same(await revalidated.cache.get("k"), "new");
      const neither = open();
      await neither.cache.set("k", "old", { ttl: "1h", tags: ["t"] });
      await neither.cache.invalidateTags(["t"], { match, mode: "expire" });
      await rejects(
        neither.cache.getOrSet("k", () => Promise.reject(new RangeError())),
        RangeError,
      );
    }
  },
  "an expiry by tag after a deletion brings nothing back": async (open) => {
    const { cache } = open({ grace: "1h", swr: "1h" });
    await cache.set("k", "old", { ttl: "1h", tags: ["t"] });
    await cache.invalidateTags(["t"], { mode: "delete" });
    await cache.invalidateTags(["t"], { mode: "expire" });
    same(await cache.getOrSet("k", ({ stale }) => `new after ${stale}`), "new after undefined");
  },
  "a deletion by tag after an expiry takes the stale value too": async (open) => {
    const { cache } = open({ grace: "1h", swr: "1h" });
    await cache.set("k", "old", { ttl: "1h", tags: ["t"] });
    await cache.invalidateTags(["t"], { mode: "expire" });
    await cache.invalidateTags(["t"], { mode: "delete" });
    same(await cache.getOrSet("k", ({ stale }) => `new after ${stale}`), "new after undefined");
  },
  "a wrong match or mode is refused": async (open) => {
    const { cache } = open();
    await rejects(cache.invalidateTags(["t"], { match: "some" as never }), "CONFIG");
    await rejects(cache.invalidateTags(["t"], { mode: "soft" as never }), "CONFIG");
  },
  "another process's invalidation is seen in the shared tier": async (open, { tags: keepsTags }) => {
    const { cache, peer, top, bottom } = open();
    if (!peer || !keepsTags) return;
    const other = peer();
    for (const mode of ["delete", "expire"] as const) {
      for (const match of ["any", "all", "exact"] as const) {
        await cache.set("k", "old", { tags: ["t", "u"] });
        await other.invalidateTags(["u", "t"], { match, mode });
        if (top !== bottom) await cache.evictAll();
        same(await cache.get("k"), undefined);
        same(await cache.has("k"), false);
        await other.set("k", "new", { tags: ["t", "u"] });
        if (top !== bottom) await cache.evictAll();
        same(await cache.get("k"), "new");
      }
    }
  },
  "an entry of another process is never shown on the word of a tag that nobody remembers": async (
    open,
    { tags: keepsTags },
  ) => {
    const { cache, peer, clock } = open();
    if (!peer || keepsTags) return;
    await cache.set("tagged", 1, { tags: ["t"] });
    await cache.set("plain", 1);
    await clock.advance(1);
    // Without tags in the shared tier a newcomer cannot know what was invalidated before it came.
    const newcomer = peer();
    same(await newcomer.get("tagged"), undefined);
    same(await newcomer.get("plain"), 1);
  },
  "clocks that differ between processes do not lose an invalidation": async (open, { tags: keepsTags }) => {
    const { cache, peer, clock, top, bottom } = open();
    if (!peer || !keepsTags) return;
    const hours = (offset: number) => ({
      now: () => clock.now() + offset,
      setTimer: clock.setTimer,
      clearTimer: clock.clearTimer,
    });
    const behind = peer({ clock: hours(-7_200_000) } as never);
    for (const [writer, invalidator] of [
      [cache, behind],
      [behind, cache],
    ] as const) {
      await writer.set("k", "old", { tags: ["t"] });
      await invalidator.invalidateTags(["t"]);
      if (top !== bottom) await writer.evictAll();
      same(await writer.get("k"), undefined);
      await writer.set("k", "new", { tags: ["t"] });
      if (top !== bottom) await writer.evictAll();
      same(await writer.get("k"), "new");
    }
  },
  "a load that began before the invalidation is no value after it, whatever came of it": async (open) => {
    const { cache } = open();
    for (const mode of ["delete", "expire"] as const) {
      for (const match of ["any", "all", "exact"] as const) {
        const value = await cache.getOrSet(
          "k",
          async () => {
            await cache.invalidateTags(["t"], { match, mode });
            return "too old";
          },
          { tags: ["t"] },
        );
        same(value, "too old");
        same(await cache.get("k"), undefined, `${match} ${mode}`);
        await cache.delete("k");
      }
    }
  },
  "tags that the loader sets count as the call's do": async (open) => {
    const { cache } = open();
    await cache.getOrSet(
      "k",
      ({ setTags }) => {
        setTags(["from the loader"]);
        return 1;
      },
      { tags: ["from the call"] },
    );
    equal((await cache.meta("k"))?.tags, ["from the loader"]);
    await cache.invalidateTags(["from the call"]);
    same(await cache.get("k"), 1);
    await cache.invalidateTags(["from the loader"]);
    same(await cache.get("k"), undefined);
  },
});
