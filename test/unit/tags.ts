import * as fc from "fast-check";
import type { Entry } from "../../src/entry.ts";
import { TagLedger, type Verdict } from "../../src/stack/tag-ledger.ts";
import type { TestCase } from "../contract/mod.ts";
import { ok, same, suite } from "../contract/mod.ts";

function entry(sequence: number | undefined, ...tags: string[]): Entry {
  return {
    value: 1,
    createdAt: 0,
    freshUntil: Infinity,
    staleUntil: Infinity,
    tags,
    sequence,
    version: undefined,
    loadTime: 0,
  };
}

export const tests: TestCase[] = suite("tag ledger", {
  "an entry is valid until one of its tags is invalidated at a later sequence": () => {
    const ledger = new TagLedger();
    same(ledger.check(entry(0, "a", "b")), "valid");
    ledger.record(["b"], "delete", 5);
    same(ledger.latest, 5);
    same(ledger.check(entry(4, "a", "b")), "deleted");
    same(ledger.check(entry(5, "a", "b")), "valid");
    same(ledger.check(entry(4, "a")), "valid");
    same(ledger.check(entry(4)), "valid");
    // Without a sequence it is as old as can be.
    same(ledger.check(entry(undefined, "b")), "deleted");
  },
  "expired is less than deleted, whichever came first": () => {
    const ledger = new TagLedger();
    ledger.record(["a"], "expire", 3);
    same(ledger.check(entry(2, "a")), "expired");
    ledger.record(["a"], "delete", 5);
    same(ledger.check(entry(2, "a")), "deleted");
    same(ledger.check(entry(4, "a")), "deleted");
    ledger.record(["a"], "expire", 7);
    same(ledger.check(entry(4, "a")), "deleted");
    same(ledger.check(entry(6, "a")), "expired");
    ledger.record(["b"], "delete", 8);
    same(ledger.check(entry(6, "a", "b")), "deleted");
    same(ledger.check(entry(6, "b", "a")), "deleted");
  },
  "records that arrive out of order take nothing back": () => {
    const ledger = new TagLedger();
    ledger.record(["a"], "delete", 9);
    ledger.record(["a"], "delete", 4);
    ledger.record(["a"], "expire", 3);
    same(ledger.latest, 9);
    same(ledger.check(entry(8, "a")), "deleted");
    same(ledger.check(entry(9, "a")), "valid");
  },
  "next is above all that was recorded or observed": () => {
    const ledger = new TagLedger();
    same(ledger.next(), 1);
    ledger.record(["a"], "delete", 5);
    same(ledger.next(), 6);
    ledger.observe(undefined);
    ledger.observe(40);
    ledger.observe(7);
    same(ledger.next(), 41);
    // What was only observed invalidates nothing.
    same(ledger.latest, 5);
    ledger.record(["a"], "delete", 60);
    same(ledger.next(), 61);
  },
  "below the floor every tag counts as deleted": () => {
    const ledger = new TagLedger();
    ledger.raise(100);
    same(ledger.check(entry(99, "a")), "deleted");
    same(ledger.check(entry(100, "a")), "valid");
    same(ledger.check(entry(99)), "valid");
    ledger.record(["a"], "expire", 105);
    same(ledger.check(entry(99, "a")), "deleted");
    same(ledger.check(entry(100, "a")), "expired");
    ledger.raise(50);
    same(ledger.check(entry(60, "b")), "deleted");
  },
  "a forgotten tag can only invalidate more, never revive": () => {
    const ledger = new TagLedger();
    for (let i = 1; i <= 10_050; i++) ledger.record([`t${i}`], i % 2 ? "delete" : "expire", i);
    for (const i of [1, 2, 25, 50]) ok(ledger.check(entry(i - 1, `t${i}`)) !== "valid", `t${i}`);
    same(ledger.check(entry(1, "never invalidated")), "deleted");
    same(ledger.check(entry(10_049, "t10050")), "expired");
    same(ledger.check(entry(10_050, "t1")), "valid");
  },
  "the tag that was invalidated last is forgotten last": () => {
    const ledger = new TagLedger();
    ledger.record(["kept"], "delete", 1);
    for (let i = 2; i <= 10_000; i++) ledger.record([`t${i}`], "delete", i);
    ledger.record(["kept"], "delete", 10_001);
    ledger.record(["one more"], "delete", 10_002);
    same(ledger.check(entry(10_000, "kept")), "deleted");
    same(ledger.check(entry(10_001, "kept")), "valid");
    // Only the oldest made room.
    same(ledger.check(entry(2, "never invalidated")), "valid");
  },
  "it agrees with a plain record of all invalidations": () => {
    const tag = fc.constantFrom("a", "b", "c");
    const record = fc.record({
      tags: fc.uniqueArray(tag, { minLength: 1 }),
      mode: fc.constantFrom("delete" as const, "expire" as const),
    });
    const probe = fc.record({ sequence: fc.nat(20), tags: fc.uniqueArray(tag) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 15 }), fc.array(probe), (records, probes) => {
        const ledger = new TagLedger();
        records.forEach(({ tags, mode }, i) => {
          ledger.record(tags, mode, i + 1);
        });
        for (const { sequence, tags } of probes) {
          const hits = records.filter(
            (record, i) => i + 1 > sequence && record.tags.some((name) => tags.includes(name)),
          );
          const expected: Verdict =
            hits.length === 0 ? "valid" : hits.some(({ mode }) => mode === "delete") ? "deleted" : "expired";
          same(ledger.check(entry(sequence, ...tags)), expected);
        }
      }),
      { seed: 20261121, numRuns: 500 },
    );
  },
});
