/**
 * The contract for tags: an invalidation hits what it names, at once, for entries of the past and not of the future.
 *
 * @module
 */
import type { InvalidationMode, TagMatch } from "../../../src/tier.ts";
import { equal, ok } from "../assert.ts";
import { invalidate } from "./sequences.ts";
import type { ContractTest, Subject } from "./subject.ts";
import { contract } from "./subject.ts";

const TAGGED: Readonly<Record<string, readonly string[]>> = {
  none: [],
  x: ["x"],
  y: ["y"],
  z: ["z"],
  xy: ["x", "y"],
  xz: ["x", "z"],
  xyz: ["x", "y", "z"],
};

/** What an invalidation of `y` and `x` must hit. */
const HIT: Readonly<Record<TagMatch, readonly string[]>> = {
  any: ["x", "y", "xy", "xz", "xyz"],
  all: ["xy", "xyz"],
  exact: ["xy"],
};

async function putTagged({ put }: Subject): Promise<void> {
  for (const [key, tags] of Object.entries(TAGGED)) await put(key, key, { tags });
}

/** Keys that are misses, and keys that are stale, after an invalidation. */
async function outcome({ read }: Subject): Promise<Record<InvalidationMode, string[]>> {
  const keys = Object.keys(TAGGED);
  const entries = await read(keys);
  return {
    delete: keys.filter((_, index) => entries[index] === undefined),
    expire: keys.filter((_, index) => entries[index]?.freshUntil === 0),
  };
}

const matches: ContractTest[] = (["any", "all", "exact"] as const).flatMap((match) =>
  (["delete", "expire"] as const).flatMap((mode) =>
    contract(["tags"], {
      [`invalidates by ${match} of two tags in mode ${mode}`]: async (subject) => {
        await putTagged(subject);
        await invalidate(subject, ["y", "x"], { match, mode });
        equal(await outcome(subject), { delete: [], expire: [], [mode]: HIT[match] });
      },
      [`invalidates by ${match} of two tags in mode ${mode} what was loaded before and comes later`]: async (
        subject,
      ) => {
        const { put, read, sequence } = subject;
        const before = await sequence();
        await put("other", 1, { tags: ["x", "y"] });
        await invalidate(subject, ["x", "y"], { match, mode });
        await put("late", 1, { tags: ["x", "y"], sequence: before });
        await put("new", 1, { tags: ["x", "y"], sequence: await sequence() });
        const [late, fresh] = await read(["late", "new"]);
        ok(
          mode === "delete" ? late === undefined : late === undefined || late.freshUntil === 0,
          "a load from before must not be fresh",
        );
        ok(fresh && fresh.freshUntil > 0, "a load from after must be fresh");
      },
    }),
  ),
);

const entries: ContractTest[] = contract(["tags"], {
  "leaves value and staleUntil of an expired entry as they were": async (subject) => {
    const { put, read, now, ttl } = subject;
    await put("k", { v: 1 }, { tags: ["t"], grace: ttl, version: "1" });
    await invalidate(subject, ["t"], { mode: "expire" });
    const [found] = await read(["k"]);
    equal(
      [found?.value, found?.freshUntil, found?.staleUntil, found?.tags, found?.version],
      [{ v: 1 }, 0, now() + 2 * ttl, ["t"], "1"],
    );
    await invalidate(subject, ["t"], { mode: "delete" });
    equal(await read(["k"]), [undefined], "delete comes after expire");
  },
  "keeps an invalidated entry invalid when it is touched": async (subject) => {
    const { tier, put, read, now, ttl } = subject;
    if (!tier.touchMany) return;
    await put("deleted", 1, { tags: ["d"] });
    await put("expired", 1, { tags: ["e"] });
    await invalidate(subject, ["d"]);
    await invalidate(subject, ["e"], { mode: "expire" });
    const until = { freshUntil: now() + 2 * ttl, staleUntil: now() + 2 * ttl };
    equal(await tier.touchMany([{ key: "deleted", ...until }], now()), [false]);
    equal(await tier.touchMany([{ key: "expired", ...until }], now()), [true]);
    const [deleted, expired] = await read(["deleted", "expired"]);
    equal([deleted, expired?.freshUntil, expired?.staleUntil], [undefined, 0, until.staleUntil]);
  },
  "makes an invalidated entry a miss for every operation": async (subject) => {
    const { tier, put, remove, scan, read, now, capabilities } = subject;
    await put("k", 1, { tags: ["t"] });
    await put("other", 1);
    await invalidate(subject, ["t"]);
    equal(await read(["k"], { metaOnly: true }), [undefined]);
    if (capabilities.keys) equal([await scan(), await tier.size!("", now())], [["other"], 1]);
    equal(await remove("k"), [false]);
  },
  "takes an invalidated key again, with the same tag": async (subject) => {
    await subject.put("k", 1, { tags: ["t"] });
    for (const mode of ["delete", "expire"] as const) {
      await invalidate(subject, ["t"], { mode });
      await subject.put("k", mode, { tags: ["t"] });
      const [found] = await subject.read(["k"]);
      equal([found?.value, found?.freshUntil], [mode, subject.now() + subject.ttl]);
    }
  },
  "forgets the tags that a key had before it was written again": async (subject) => {
    const { put, values } = subject;
    await put("k", 1, { tags: ["old", "both"] });
    await put("k", 2, { tags: ["both", "new"] });
    await invalidate(subject, ["old"]);
    await invalidate(subject, ["old", "both"], { match: "all" });
    equal(await values("k"), [2]);
    await invalidate(subject, ["new"]);
    equal(await values("k"), [undefined]);
  },
  "tells tags apart that look alike": async (subject) => {
    const tags = [
      "a",
      "A",
      "ab",
      "a,b",
      "a b",
      'a"',
      "a'",
      "a%",
      "a_",
      "a*",
      "[a]",
      "á",
      "a\u0301",
      "😀",
      "__proto__",
      "漢".repeat(40),
    ];
    const { put, hits } = subject;
    for (const tag of tags) await put(`key of ${tag}`, 1, { tags: [tag] });
    await put("both", 1, { tags: ["a", "b"] });
    await invalidate(subject, ["a,b"], { match: "exact" });
    const alive = new Set([...tags.map((tag) => `key of ${tag}`), "both"]);
    alive.delete("key of a,b");
    const all = [...alive];
    equal(await hits(all), all, "after the invalidation of a,b");
    for (const tag of tags.filter((tag) => tag !== "a,b")) {
      await invalidate(subject, [tag]);
      alive.delete(`key of ${tag}`);
      if (tag === "a") alive.delete("both");
      equal(await hits(all), [...alive], `after the invalidation of ${JSON.stringify(tag)}`);
    }
  },
  "keeps what it knows of tags when it is cleared": async (subject) => {
    const { tier, put, values, sequence, now } = subject;
    const before = await sequence();
    await put("k", 1, { tags: ["t"] });
    const bumped = await invalidate(subject, ["t"]);
    await tier.clear("", now());
    await put("k", "late", { tags: ["t"], sequence: before });
    equal(await values("k"), [undefined]);
    ok((await sequence()) >= bumped, "the sequence must not go back");
  },
});

/** Tests of what an invalidation by tag hits. */
export const tags: ContractTest[] = [...matches, ...entries];
