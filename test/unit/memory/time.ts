import { lifetime } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, suite } from "../../contract/mod.ts";
import { open } from "./open.ts";

/** Deadlines of an entry that ends at once. */
const endingAt = (end: number) => ({ freshUntil: end, staleUntil: end });

export const tests: TestCase[] = suite("time in memory", {
  "each write looks at two more entries, until all that are over have left": () => {
    for (const count of [2, 3, 5, 50]) {
      for (let over = 0; over < count; over++) {
        const { put, clock, removed, usage } = open({ maxEntries: 1_000 });
        const end = clock.now() + 10;
        for (let i = 0; i < count; i++) put(`k${i}`, i, i === over ? endingAt(end) : {});
        clock.stepWall(10);
        equal(removed, []);
        for (let i = 0; i < Math.ceil(count / 2); i++) put(`k${over === 0 ? count - 1 : 0}`, i);
        equal([removed, usage().entries], [[`k${over} ttl`], count - 1], `entry ${over} of ${count}`);
      }
    }
  },
  "one write looks at two entries, however many are over": () => {
    const { put, clock, removed } = open({ maxEntries: 1_000 });
    for (let i = 0; i < 100; i++) put(`k${i}`, i, endingAt(clock.now() + 10));
    clock.stepWall(10);
    put("new", 1);
    same(removed.length, 2);
    put("another", 1);
    same(removed.length, 4);
  },
  "lifetime looks at more, but only where the tier is full": () => {
    const { put, clock, removed } = open({ maxEntries: 100, rules: [lifetime()] });
    for (let i = 0; i < 99; i++) put(`k${i}`, i, endingAt(clock.now() + 10));
    clock.stepWall(10);
    put("new", 1);
    same(removed.length, 2);
    put("another", 1);
    put("a third", 1);
    same(removed.length, 6);
    const full = open({ maxEntries: 100, rules: [lifetime()] });
    for (let i = 0; i < 100; i++) full.put(`k${i}`, i, endingAt(full.clock.now() + 10));
    full.clock.stepWall(10);
    full.put("new", 1);
    same(full.removed.length, 34);
    ok(full.removed.every((text) => text.endsWith(" ttl")));
  },
  "the tier's ttl shortens what an entry, or a touch of it, asks for": () => {
    const { put, peek, clock, tier } = open({ ttl: 100 });
    const start = clock.now();
    put("forever", 1);
    put("long", 1, endingAt(start + 1_000));
    put("short", 1, endingAt(start + 50));
    clock.stepWall(60);
    equal([peek("forever"), peek("long"), peek("short")], [1, 1, undefined]);
    const touched = tier.sync.touchMany!([{ key: "long", ...endingAt(start + 1_000) }], clock.now());
    equal(touched, [true]);
    clock.stepWall(39);
    equal([peek("forever"), peek("long")], [1, 1]);
    clock.stepWall(1);
    equal([peek("forever"), peek("long")], [undefined, 1]);
    clock.stepWall(59);
    same(peek("long"), 1);
    clock.stepWall(1);
    same(peek("long"), undefined);
  },
  "a touch does not make fresh again what an invalidation has ended": () => {
    const { put, tier, clock } = open();
    const end = clock.now() + 1_000;
    put("k", 1, { freshUntil: 0, staleUntil: end });
    equal(tier.sync.touchMany!([{ key: "k", ...endingAt(end + 1) }], clock.now()), [false]);
    same(tier.sync.getMany(["k"], { now: clock.now() }).entries[0]?.freshUntil, 0);
  },
  "all that is known of an entry stays as it is while the tier grows": () => {
    const { put, tier, clock } = open({ maxEntries: 5_000 });
    const now = clock.now();
    const fields = (i: number) => ({
      createdAt: now - i,
      freshUntil: i % 3 ? now + 1_000 + i : Infinity,
      staleUntil: i % 3 ? now + 2_000 + i * (i % 2) : Infinity,
      loadTime: i % 5,
      ...(i % 7 === 0 && { tags: [`tag${i}`], sequence: i }),
      ...(i % 11 === 0 && { version: `v${i}` }),
      ...(i % 13 === 0 && { profile: `p${i}` }),
    });
    for (let i = 0; i < 3_000; i++) put(`k${i}`, i, fields(i));
    for (let i = 0; i < 3_000; i++) {
      const [entry] = tier.sync.getMany([`k${i}`], { now }).entries;
      const expected = {
        tags: [],
        sequence: undefined,
        version: undefined,
        profile: undefined,
        value: i,
        ...fields(i),
      };
      equal(entry, expected, `entry ${i}`);
    }
    // Overwritten by one that has nothing of all this.
    for (let i = 0; i < 3_000; i++) put(`k${i}`, -i);
    for (let i = 0; i < 3_000; i++) {
      const [entry] = tier.sync.getMany([`k${i}`], { now }).entries;
      const plain = { tags: [], sequence: undefined, version: undefined, profile: undefined, loadTime: 0 };
      equal(entry, { ...plain, value: -i, createdAt: now, freshUntil: Infinity, staleUntil: Infinity }, `entry ${i}`);
    }
  },
  "the time at which an entry was made is kept exactly, whatever times there are": () => {
    const day = 86_400_000;
    for (const times of [
      [0, 1, 2, 100 * day, 3],
      [1_763_752_000_000, 1_763_752_000_001, 1_763_752_000_001.5, 1_763_752_000_002],
      [1_763_752_000_000.5, 1_763_752_000_001.5, 1_763_752_000_002.25],
      [0.1, 5.1, 1e-20, 5, -7],
      [5, 2 ** 31 + 4, 2 ** 31 + 5, 5 - 2 ** 31, 4 - 2 ** 31],
      [50 * day, 0, 100 * day, 25 * day],
      [Infinity, 1, 2],
      [1, 2, -Infinity, 2 ** 53, 2 ** 60],
    ]) {
      const { put, tier, clock } = open();
      // More than there is room for at first.
      for (let i = 0; i < 200; i++) put(`early${i}`, i, { createdAt: times[0]! });
      for (const [i, createdAt] of times.entries()) put(`k${i}`, i, { createdAt });
      for (let i = 0; i < 200; i++) put(`late${i}`, i, { createdAt: times[0]! });
      const madeAt = (key: string) => tier.sync.getMany([key], { now: clock.now() }).entries[0]?.createdAt;
      for (const [i, createdAt] of times.entries()) same(madeAt(`k${i}`), createdAt, `time ${i} of ${times}`);
      for (let i = 0; i < 200; i++) equal([madeAt(`early${i}`), madeAt(`late${i}`)], [times[0], times[0]]);
    }
  },
});
