/**
 * The contract for keys: any well-formed string is one, no two are taken for another, and a prefix is a prefix.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import { NEIGHBOURS, ODD, PREFIXES } from "./odd-keys.ts";
import type { ContractTest, Subject } from "./subject.ts";
import { contract, numbered } from "./subject.ts";

function sized(unit: string, bytes: number): string {
  return unit.repeat(Math.floor(bytes / new TextEncoder().encode(unit).length));
}

/** The odd keys that fit into the tier, and keys of the largest size. */
function keysFor({ capabilities }: Subject, keys: readonly string[]): string[] {
  const most = Math.min(512, capabilities.maxKeyBytes ?? Infinity);
  const long = ["x", "é", "漢", "😀"].map((unit) => sized(unit, most));
  const twins = [`${sized("k", most - 1)}1`, `${sized("k", most - 1)}2`];
  return [...keys, ...long, ...twins].filter((key) => new TextEncoder().encode(key).length <= most);
}

const record = (keys: readonly string[]) => new Map(keys.map((key) => [key, `value of ${key}`]));

/** Holds when both have the same keys; shows only those that differ. */
function sameKeys(actual: readonly string[], expected: readonly string[], message: string): void {
  const [found, wanted] = [new Set(actual), new Set(expected)];
  const difference = {
    missing: expected.filter((key) => !found.has(key)),
    extra: actual.filter((key) => !wanted.has(key)),
  };
  equal(difference, { missing: [], extra: [] }, message);
}

/** Tests of keys, clear, scan and size. */
export const keys: ContractTest[] = [
  ...contract([], {
    "tells all keys apart: patterns, quotes, spaces, emoji, combining marks, 512 bytes": async (subject) => {
      const { putAll, values, remove } = subject;
      const all = keysFor(subject, ODD);
      await putAll(record(all));
      const found = await values(...all);
      for (const [index, key] of all.entries()) same(found[index], `value of ${key}`, JSON.stringify(key));
      for (const key of all.filter((_, index) => index % 2 === 0))
        equal(await remove(key), [true], JSON.stringify(key));
      const left = await values(...all);
      for (const [index, key] of all.entries())
        same(left[index], index % 2 === 0 ? undefined : `value of ${key}`, JSON.stringify(key));
    },
    "clears every key with the prefix and no neighbour": async (subject) => {
      const { tier, putAll, hits, now } = subject;
      const all = keysFor(subject, NEIGHBOURS);
      await putAll(record(all));
      let left = all;
      for (const prefix of PREFIXES) {
        await tier.clear(prefix, now());
        left = left.filter((key) => !key.startsWith(prefix));
        sameKeys(await hits(all), left, `after clear of ${JSON.stringify(prefix)}`);
      }
    },
    "clears everything with the empty prefix": async (subject) => {
      const all = keysFor(subject, ODD);
      await subject.putAll(record(all));
      await subject.tier.clear("", subject.now());
      sameKeys(await subject.hits(all), [], "after clear");
      await subject.put("k", 1);
      equal(await subject.values("k"), [1], "a cleared tier takes entries again");
    },
    "clears nothing for a prefix that no key has": async ({ tier, putAll, hits, now }) => {
      await putAll({ ab: 1, abc: 2 });
      await tier.clear("abcd", now());
      await tier.clear("b", now());
      equal(await hits(["ab", "abc"]), ["ab", "abc"]);
    },
  }),
  ...contract(["keys"], {
    "lists every key, page by page": async ({ putAll, scan, tier, now }) => {
      const all = numbered("k", 200);
      await putAll(record(all));
      for (const limit of [1, 7, 200, 1000]) sameKeys(await scan("", limit), all, `limit ${limit}`);
      // A local tier may answer in one page: pages are there to bound round trips.
      if (tier.capabilities.local) return;
      const first = await tier.scan!({ prefix: "", limit: 5, now: now() });
      ok(first.keys.length < all.length && first.cursor !== undefined, "a page of about 5 keys must not hold all 200");
    },
    "lists nothing of an empty tier": async ({ scan, tier, now }) => {
      equal(await scan(), []);
      same(await tier.size!("", now()), 0);
    },
    "lists and counts the keys with a prefix": async (subject) => {
      const all = keysFor(subject, NEIGHBOURS);
      await subject.putAll(record(all));
      sameKeys(await subject.scan("", 17), all, "scan of all");
      same(await subject.tier.size!("", subject.now()), all.length);
      for (const prefix of PREFIXES) {
        const expected = all.filter((key) => key.startsWith(prefix));
        sameKeys(await subject.scan(prefix, 3), expected, `scan of ${JSON.stringify(prefix)}`);
        same(await subject.tier.size!(prefix, subject.now()), expected.length, `size of ${JSON.stringify(prefix)}`);
      }
    },
    "lists and counts live entries only": async ({ put, remove, scan, tier, clock, now, ttl }) => {
      await put("expired", 1);
      await put("stale", 1, { grace: ttl });
      await put("live", 1, { ttl: 2 * ttl });
      await put("deleted", 1, { ttl: 2 * ttl });
      await remove("deleted");
      await clock.advance(ttl);
      equal(await scan(), ["live", "stale"]);
      same(await tier.size!("", now()), 2);
    },
    "counts a key that was written twice once": async ({ put, scan, tier, now }) => {
      await put("k", 1);
      await put("k", 2);
      equal(await scan(), ["k"]);
      same(await tier.size!("", now()), 1);
    },
    "lists every key that stays while those of earlier pages are deleted": async ({
      putAll,
      tier,
      now,
      remove,
      scan,
    }) => {
      await putAll(record(numbered("k", 100)));
      let cursor: string | undefined;
      let deleted = 0;
      do {
        const page = await tier.scan!({ prefix: "k", limit: 10, now: now(), ...(cursor !== undefined && { cursor }) });
        const keys = [...new Set(page.keys)];
        if (keys.length > 0) deleted += (await remove(...keys)).filter(Boolean).length;
        cursor = page.cursor;
      } while (cursor !== undefined && deleted <= 100);
      same(deleted, 100, "deleting page by page must reach all keys");
      equal(await scan(), []);
    },
  }),
];
