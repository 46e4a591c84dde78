/**
 * The contract for values: what goes in comes out, in order, and a miss is `undefined`.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import type { ContractTest } from "./subject.ts";
import { contract, numbered } from "./subject.ts";

// Enough to cross the page of any store, small enough for a remote one.
const LARGE_BATCH = 500;
const LARGE_VALUE = 100_000;

/** Tests of values and batches. */
export const values: ContractTest[] = [
  ...contract([], {
    "answers undefined for a key that was never written": async ({ read }) => {
      equal(await read(["never"]), [undefined]);
    },
    "keeps 0, false, the empty string and null as hits": async ({ putAll, read }) => {
      const falsy: Record<string, unknown> = { zero: 0, false: false, empty: "", null: null };
      await putAll(falsy);
      const entries = await read(Object.keys(falsy));
      for (const [index, key] of Object.keys(falsy).entries()) {
        ok(entries[index], `${key} must be a hit`);
        same(entries[index].value, falsy[key], key);
      }
    },
    "keeps nested values": async ({ put, values }) => {
      const value = { list: [1, "two", null, { three: true }], text: "ünïcödé 🎉", deep: { deeper: { deepest: [] } } };
      await put("k", value);
      equal(await values("k"), [value]);
    },
    "keeps a large value": async ({ put, values, capabilities }) => {
      const text = "0123456789".repeat(
        Math.floor(Math.min(LARGE_VALUE, (capabilities.maxValueBytes ?? Infinity) / 2) / 10),
      );
      await put("k", text);
      ok((await values("k"))[0] === text, "the value must come back whole");
    },
    "answers a batch in the order of its keys, with the misses in place": async ({ putAll, values }) => {
      await putAll({ a: 1, b: 2, c: 3 });
      equal(await values("c", "no", "a", "nor", "b"), [3, undefined, 1, undefined, 2]);
    },
    "answers a key that comes twice in a batch twice": async ({ putAll, values }) => {
      await putAll({ a: 1, b: 2 });
      equal(await values("a", "b", "a", "no", "no"), [1, 2, 1, undefined, undefined]);
    },
    "keeps the last of two writes to one key in a batch": async ({ tier, entry, now, values, capabilities }) => {
      if ((capabilities.maxBatch ?? Infinity) < 3) return;
      const writes = [1, 2, 3].map((value) => ({ key: value === 2 ? "other" : "k", entry: entry(value) }));
      await tier.setMany(tier.prepare ? await tier.prepare(writes) : writes, now());
      equal(await values("k", "other"), [3, 2]);
    },
    "does nothing for an empty batch": async ({ tier, now, put, values }) => {
      await put("k", 1);
      equal((await tier.getMany([], { now: now() })).entries, []);
      const { sequence, refused = [] } = await tier.setMany([], now());
      equal([typeof sequence, refused], ["number", []]);
      equal(await tier.deleteMany([], now()), []);
      if (tier.touchMany) equal(await tier.touchMany([], now()), []);
      if (tier.release) await tier.release([]);
      equal(await values("k"), [1]);
    },
    "takes a batch of exactly maxBatch": async ({ tier, entry, now, capabilities }) => {
      const keys = numbered("k", Math.min(capabilities.maxBatch ?? Infinity, LARGE_BATCH));
      const writes = keys.map((key, index) => ({ key, entry: entry(index) }));
      await tier.setMany(tier.prepare ? await tier.prepare(writes) : writes, now());
      const { entries } = await tier.getMany(keys, { now: now() });
      equal(
        entries.map((found) => found?.value),
        keys.map((_, index) => index),
      );
      equal(
        await tier.deleteMany(keys, now()),
        keys.map(() => true),
      );
      equal(
        (await tier.getMany(keys, { now: now() })).entries,
        keys.map(() => undefined),
      );
    },
    "overwrites value and metadata": async ({ put, read, ttl, now }) => {
      await put("k", { first: true }, { grace: ttl, tags: ["old"], version: "1", loadTime: 50 });
      await put("k", { second: true }, { ttl: ttl * 2 });
      const [found] = await read(["k"]);
      equal(found?.value, { second: true });
      equal([found?.freshUntil, found?.staleUntil], [now() + ttl * 2, now() + ttl * 2]);
      equal([found?.tags, found?.version, found?.loadTime], [[], undefined, 0]);
    },
    "answers for each deleted key whether it was there": async ({ putAll, remove, values }) => {
      await putAll({ a: 1, b: null, c: 3 });
      equal(await remove("a", "no", "b"), [true, false, true]);
      equal(await values("a", "b", "c"), [undefined, undefined, 3]);
      equal(await remove("a", "c"), [false, true]);
    },
    "deletes a key that comes twice in a batch": async ({ putAll, remove, values }) => {
      await putAll({ a: 1, b: 2 });
      const answers = await remove("a", "a");
      same(answers.length, 2);
      ok(answers.includes(true), "one of the answers must be true");
      equal(await values("a", "b"), [undefined, 2]);
    },
    "takes a key again after it was deleted": async ({ put, remove, values }) => {
      await put("k", 1);
      await remove("k");
      await put("k", 2);
      equal(await values("k"), [2]);
    },
    "may leave out values, but not hits and metadata, when only metadata is asked for": async ({
      put,
      read,
      now,
      ttl,
    }) => {
      await put("k", null, { tags: ["t"], version: "1" });
      const [found, missed] = await read(["k", "no"], { metaOnly: true });
      equal([found?.staleUntil, found?.tags, found?.version], [now() + ttl, ["t"], "1"]);
      same(missed, undefined);
    },
    "answers a read that is no use like one that is": async ({ put, read }) => {
      await put("k", { v: 1 }, { tags: ["t"] });
      equal(await read(["k", "no"], { peek: true }), await read(["k", "no"]));
    },
  }),
  ...contract(["copies"], {
    "returns what was written when the caller changes the value afterwards": async ({ put, values }) => {
      const value = { list: [1, 2], nested: { name: "before" } };
      await put("k", value);
      value.list.push(3);
      value.nested.name = "after";
      equal(await values("k"), [{ list: [1, 2], nested: { name: "before" } }]);
    },
    "returns what was written when a reader changes what it got": async ({ put, values }) => {
      await put("k", { list: [1, 2] });
      const [first] = (await values("k")) as [{ list: number[] }];
      first.list.length = 0;
      equal(await values("k"), [{ list: [1, 2] }]);
    },
  }),
  ...contract(["usage"], {
    "counts what it holds": async ({ tier, putAll, remove }) => {
      same(tier.usage!().entries, 0);
      await putAll({ a: 1, b: 2, c: 3 });
      same(tier.usage!().entries, 3);
      await remove("b");
      const { entries, bytes, maxEntries, maxBytes } = tier.usage!();
      same(entries, 2);
      ok(bytes >= 0 && bytes <= maxBytes && entries <= maxEntries, "usage must be within the limits");
    },
  }),
];
