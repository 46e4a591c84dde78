/**
 * The contract for many callers and many openers: nothing is lost, torn or thrown.
 *
 * @module
 */
import { equal, ok, same } from "../assert.ts";
import type { ContractTest } from "./subject.ts";
import { contract, numbered } from "./subject.ts";

const WRITERS = 100;
const RACES = 20;

const concurrency: ContractTest[] = contract([], {
  "keeps everything that 100 parallel writes bring": async ({ tier, entry, now, values }) => {
    const perWrite = Math.min(3, tier.capabilities.maxBatch ?? Infinity);
    const keys = numbered("k", WRITERS * perWrite);
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        const batch = keys
          .slice(writer * perWrite, (writer + 1) * perWrite)
          .map((key) => ({ key, entry: entry(`value of ${key}`) }));
        await tier.setMany(tier.prepare ? await tier.prepare(batch) : batch, now());
      }),
    );
    equal(
      await values(...keys),
      keys.map((key) => `value of ${key}`),
    );
  },
  "never throws, tears or invents a value when reads race writes and deletes": async ({
    put,
    remove,
    values,
    tier,
    now,
  }) => {
    const tasks: Promise<unknown>[] = [];
    const seen: unknown[] = [];
    for (let round = 0; round < RACES; round++) {
      tasks.push(put("k", { round, again: round, text: String(round).repeat(1000) }));
      tasks.push(values("k", "other").then((found) => seen.push(...found)));
      if (round % 5 === 2) tasks.push(remove("k", "other"));
      if (round % 5 === 4) tasks.push((async () => tier.clear("o", now()))());
      tasks.push(put("other", { round, again: round, text: String(round).repeat(1000) }));
    }
    await Promise.all(tasks);
    for (const value of seen) {
      if (value === undefined) continue;
      const { round } = value as { round: number };
      ok(Number.isInteger(round) && round >= 0 && round < RACES, "a read must give what was written");
      equal(value, { round, again: round, text: String(round).repeat(1000) });
    }
    await put("k", "last");
    equal(await values("k"), ["last"]);
  },
});

const durability: ContractTest[] = contract(["durable", "reopen"], {
  "keeps entries with their metadata when it is closed and opened again": async ({
    tier,
    put,
    read,
    remove,
    clock,
    ttl,
    second,
    close,
  }) => {
    await put("k", { v: [1] }, { grace: ttl, tags: ["t"], version: "1", loadTime: 9 });
    await put("null", null);
    await put("gone", 1);
    await put("short", 1);
    await remove("gone");
    const before = await read(["k", "null", "gone"]);
    await close(tier);
    const again = await second();
    equal(await again.read(["k", "null", "gone"]), before);
    await clock.advance(ttl);
    equal(await again.hits(["k", "short"]), ["k"], "deadlines are kept too");
  },
  "closes twice without harm": async ({ tier, put, second, close }) => {
    await put("k", 1);
    await close(tier);
    await tier.close?.();
    equal(await (await second()).values("k"), [1]);
  },
});

const durableTags: ContractTest[] = contract(["durable", "tags", "reopen"], {
  "keeps sequences and invalidations when it is closed and opened again": async ({ tier, put, second, close, now }) => {
    await put("invalid", 1, { tags: ["t"] });
    await put("valid", 1, { tags: ["u"] });
    const ahead = now() + 3_600_000;
    const bumped = await tier.invalidate!({ tags: ["t"], match: "any", mode: "delete", now: now(), after: ahead });
    await close(tier);
    const again = await second();
    equal(await again.hits(["invalid", "valid"]), ["valid"]);
    ok((await again.sequence()) >= bumped, "the sequence must not go back");
    await again.put("late", 1, { tags: ["t"], sequence: bumped - 1 });
    equal(await again.hits(["late"]), []);
    ok(
      (await again.tier.invalidate!({ tags: ["t"], match: "any", mode: "delete", now: now(), after: 0 })) > bumped,
      "the sequence must rise",
    );
  },
});

const shared: ContractTest[] = contract(["shared", "reopen"], {
  "shows what one opener wrote, deleted and cleared to another": async ({ tier, putAll, put, remove, now, second }) => {
    const other = await second();
    await putAll({ a: 1, b: 2, c: 3 });
    equal(await other.values("a", "b", "c"), [1, 2, 3]);
    await remove("a");
    await tier.clear("b", now());
    await put("c", 4);
    equal(await other.values("a", "b", "c"), [undefined, undefined, 4]);
    await other.put("c", 5);
    equal(await other.values("c"), [5]);
  },
});

const sharedTags: ContractTest[] = contract(["shared", "tags", "reopen"], {
  "shows the invalidations of one opener to another, in one sequence": async ({ tier, put, sequence, now, second }) => {
    const other = await second();
    await put("k", 1, { tags: ["t"] });
    equal(await other.values("k"), [1]);
    const answers: number[] = [];
    for (const opener of [tier, other.tier, tier]) {
      answers.push(await opener.invalidate!({ tags: ["t"], match: "any", mode: "delete", now: now(), after: 0 }));
    }
    equal(await other.values("k"), [undefined]);
    equal(
      answers,
      [...new Set(answers)].sort((left, right) => left - right),
      "sequences must rise across openers",
    );
    same(await other.sequence(), await sequence());
  },
});

/** Tests of parallel calls, durability and sharing. */
export const sharing: ContractTest[] = [...concurrency, ...durability, ...durableTags, ...shared, ...sharedTags];
