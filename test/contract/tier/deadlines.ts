/**
 * The contract for time: an entry is there until `staleUntil` and not a millisecond longer.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import type { ContractTest } from "./subject.ts";
import { contract, numbered } from "./subject.ts";

// A store that prunes by its own measure may take a few rounds more than the limit suggests, but not for ever.
const MOST_ROUNDS = 100;

/** Tests of expiry, metadata, touch and prune. */
export const deadlines: ContractTest[] = [
  ...contract([], {
    "serves an entry until one millisecond before staleUntil and never from then on": async (subject) => {
      const { put, read, remove, clock, ttl } = subject;
      await put("k", "v");
      await clock.advance(ttl - 1);
      same((await read(["k"]))[0]?.value, "v");
      await clock.advance(1);
      equal(await read(["k"]), [undefined], "an entry is over when now is staleUntil");
      equal(await read(["k"], { metaOnly: true }), [undefined], "metadata is over too");
      equal(await remove("k"), [false], "an expired entry was not there");
    },
    "goes by the time that the call names": async ({ put, read, now, ttl }) => {
      await put("k", "v");
      equal(await read(["k"], { now: now() + ttl }), [undefined]);
    },
    "serves an entry between freshUntil and staleUntil, with both as they were": async ({
      put,
      read,
      clock,
      now,
      ttl,
    }) => {
      const written = now();
      await put("k", "v", { ttl, grace: ttl });
      await clock.advance(ttl + 1);
      const [found] = await read(["k"]);
      equal([found?.value, found?.freshUntil, found?.staleUntil], ["v", written + ttl, written + 2 * ttl]);
      await clock.advance(ttl - 1);
      equal(await read(["k"]), [undefined]);
    },
    "keeps entries that never end": async ({ put, read, clock, ttl, now }) => {
      const freshUntil = now() + ttl;
      await put("forever", 1, { ttl: Infinity });
      await put("grace", 2, { grace: Infinity });
      await clock.advance("3650d");
      const entries = await read(["forever", "grace"]);
      equal(
        entries.map((found) => [found?.freshUntil, found?.staleUntil]),
        [
          [Infinity, Infinity],
          [freshUntil, Infinity],
        ],
      );
    },
    "keeps deadlines apart within a batch": async ({ put, hits, clock, ttl }) => {
      await put("short", 1, { ttl });
      await put("long", 2, { ttl: ttl * 3 });
      await clock.advance(ttl);
      equal(await hits(["short", "long"]), ["long"]);
    },
    "gives an entry that is written again its new deadline": async ({ put, hits, clock, ttl }) => {
      await put("later", 1);
      await put("sooner", 1, { ttl: ttl * 3 });
      await clock.advance(ttl / 2);
      await put("later", 2, { ttl });
      await put("sooner", 2, { ttl });
      await clock.advance(ttl - 1);
      equal(await hits(["later", "sooner"]), ["later", "sooner"]);
      await clock.advance(1);
      equal(await hits(["later", "sooner"]), []);
    },
    "takes a key again after it expired": async ({ put, values, clock, ttl }) => {
      await put("k", 1);
      await clock.advance(ttl);
      await put("k", 2);
      equal(await values("k"), [2]);
    },
    "returns the metadata that it was given": async ({ entry, put, read, clock, now, ttl, capabilities, sequence }) => {
      await clock.advance(5);
      const known = capabilities.tags ? await sequence() : 3;
      const fields = {
        ttl: ttl + 1,
        grace: 7,
        tags: ["a", "b"],
        version: "v2",
        loadTime: 125,
        profile: "night",
        sequence: known,
      };
      const expected = entry("value", fields);
      await put("k", "value", fields);
      const [found] = await read(["k"]);
      ok(found, "the entry must be a hit");
      for (const field of [
        "value",
        "createdAt",
        "freshUntil",
        "staleUntil",
        "tags",
        "version",
        "loadTime",
        "profile",
        "sequence",
      ] as const) {
        equal(found[field], expected[field], field);
      }
      same(found.createdAt, now());
    },
    "returns metadata that was left out as left out": async ({ put, read }) => {
      await put("k", "value");
      const [found] = await read(["k"]);
      equal([found?.tags, found?.version, found?.loadTime, found?.profile], [[], undefined, 0, undefined]);
    },
    "keeps the time at which the value was made, not at which it was written": async ({
      tier,
      entry,
      now,
      clock,
      read,
    }) => {
      const made = entry("v");
      await clock.advance(10);
      const writes = [{ key: "k", entry: made }];
      await tier.setMany(tier.prepare ? await tier.prepare(writes) : writes, now());
      const [found] = await read(["k"]);
      equal(
        [found?.createdAt, found?.freshUntil, found?.staleUntil],
        [made.createdAt, made.freshUntil, made.staleUntil],
      );
    },
  }),
  ...contract(["touchMany"], {
    "moves deadlines and nothing else": async ({ tier, put, read, clock, now, ttl }) => {
      await put("k", { v: 1 }, { tags: ["t"], version: "1", loadTime: 9 });
      const [before] = await read(["k"]);
      await clock.advance(ttl / 2);
      const moved = { freshUntil: now() + ttl, staleUntil: now() + 2 * ttl };
      equal(await tier.touchMany!([{ key: "k", ...moved }], now()), [true]);
      const [found] = await read(["k"]);
      equal([found?.freshUntil, found?.staleUntil], [moved.freshUntil, moved.staleUntil]);
      equal([found?.value, found?.tags, found?.version, found?.createdAt], [{ v: 1 }, ["t"], "1", before?.createdAt]);
      equal([found?.loadTime, found?.sequence], [9, before?.sequence]);
      await clock.advance(2 * ttl - 1);
      equal(
        (await read(["k"])).map((entry) => entry?.value),
        [{ v: 1 }],
      );
      await clock.advance(1);
      equal(await read(["k"]), [undefined]);
    },
    "moves a deadline nearer too": async ({ tier, put, hits, clock, now, ttl }) => {
      await put("k", 1, { ttl: 4 * ttl });
      await tier.touchMany!([{ key: "k", freshUntil: now() + ttl, staleUntil: now() + ttl }], now());
      await clock.advance(ttl);
      equal(await hits(["k"]), []);
    },
    "moves a deadline to the end of time": async ({ tier, put, read, clock, now }) => {
      await put("k", 1);
      await tier.touchMany!([{ key: "k", freshUntil: Infinity, staleUntil: Infinity }], now());
      await clock.advance("3650d");
      equal(
        (await read(["k"])).map((found) => found?.staleUntil),
        [Infinity],
      );
    },
    "answers for each touched key whether it was there, and revives none": async ({
      tier,
      put,
      hits,
      clock,
      now,
      ttl,
    }) => {
      if ((tier.capabilities.maxBatch ?? Infinity) < 3) return;
      await put("live", 1, { ttl: 2 * ttl });
      await put("expired", 1);
      await clock.advance(ttl);
      const until = { freshUntil: now() + ttl, staleUntil: now() + ttl };
      const touches = ["no", "live", "expired"].map((key) => ({ key, ...until }));
      equal(await tier.touchMany!(touches, now()), [false, true, false]);
      equal(await hits(["no", "live", "expired"]), ["live"]);
    },
  }),
  ...contract(["prune"], {
    "prunes expired entries only, at most as many as told, and names them": async ({
      tier,
      putAll,
      put,
      hits,
      clock,
      now,
      ttl,
    }) => {
      const expired = numbered("expired", 10);
      await putAll(Object.fromEntries(expired.map((key) => [key, 1])));
      await put("stale", 1, { grace: 2 * ttl });
      await put("live", 1, { ttl: 2 * ttl });
      await put("forever", 1, { ttl: Infinity });
      // The wall clock, so that no sweep of the tier's own by timer comes first.
      clock.stepWall(ttl);
      const pruned: string[] = [];
      for (let round = 0; round < MOST_ROUNDS; round++) {
        const keys = await tier.prune!(3, now());
        if (keys.length === 0) break;
        ok(keys.length <= 3, `prune must keep its limit of 3: pruned ${keys.length}`);
        pruned.push(...keys);
      }
      equal(pruned.sort(), expired);
      equal(await hits(["stale", "live", "forever"]), ["stale", "live", "forever"]);
    },
    "does not prune a key that was written again": async ({ tier, put, hits, clock, now, ttl }) => {
      await put("k", 1);
      clock.stepWall(ttl);
      await put("k", 2);
      equal(await tier.prune!(10, now()), []);
      equal(await hits(["k"]), ["k"]);
    },
  }),
  ...contract(["keep"], {
    "keeps on the fast path what a write would": async ({ tier, put, read, now, ttl, clock }) => {
      await put("k", "old", { tags: ["t"], version: "1", loadTime: 7, profile: "p", grace: ttl });
      const [createdAt, freshUntil, staleUntil] = [now(), now() + ttl, now() + 2 * ttl];
      tier.keep!("k", "new", createdAt, freshUntil, staleUntil);
      const [entry] = await read(["k"]);
      const { value, tags, version, profile, loadTime } = entry!;
      equal(
        { value, tags, version, profile, loadTime, createdAt: entry!.createdAt },
        { value: "new", tags: [], version: undefined, profile: undefined, loadTime: 0, createdAt },
      );
      equal([entry!.freshUntil, entry!.staleUntil], [freshUntil, staleUntil]);
      tier.keep!("for ever", null, createdAt, Infinity, Infinity);
      clock.stepWall(2 * ttl);
      equal(await read(["k"]), [undefined]);
      same((await read(["for ever"]))[0]?.value, null);
    },
  }),
  ...contract(["fresh"], {
    "answers the fast path only with fresh entries": async ({ tier, put, clock, ttl }) => {
      await put("k", "v", { grace: ttl });
      await put("null", null);
      same(tier.fresh!("k", 0), "v");
      same(tier.fresh!("null", 0), null);
      same(tier.fresh!("no", 0), undefined);
      await clock.advance(ttl - 1);
      same(tier.fresh!("k", 0), "v");
      await clock.advance(1);
      same(tier.fresh!("k", 0), undefined, "a stale entry goes the long way");
      same(tier.fresh!("null", 0), undefined, "an expired entry is a miss");
    },
    "goes on the fast path by the time that the call names": async ({ tier, put, now, clock, ttl }) => {
      await put("k", "v");
      same(tier.fresh!("k", 0, now() + ttl), undefined);
      const before = now();
      clock.stepWall(ttl);
      same(tier.fresh!("k", 0, before), "v");
    },
    "leaves entries with a version or with tags of an older sequence to the long way": async ({ tier, put }) => {
      await put("version", 1, { version: "1" });
      await put("tagged", 1, { tags: ["t"], sequence: 5 });
      await put("untagged", 1, { sequence: 5 });
      same(tier.fresh!("version", 0), undefined);
      equal([tier.fresh!("tagged", 5), tier.fresh!("tagged", 6)], [1, undefined]);
      same(tier.fresh!("untagged", 6), 1);
    },
  }),
];
