// The store elsewhere does what the one in this process does, whatever is done to both.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { libsql } from "../../adapters/libsql.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import type { InvalidationMode, TagMatch, Tier, Write } from "../../src/tier.ts";
import { equal, ok } from "../contract/assert.ts";
import { entry, filePlace, now, opened, PATIENT } from "./libsql-fixture.ts";
import { sharedServer } from "./libsql-server.ts";

const { serverTest } = sharedServer();

const KEYS = ["a", "ab", "b", "'\"\\", "😀"];
const TAGS = ["t", "u", "v,\n"];

/** One call of one of two openers; numbers are milliseconds after the start. */
type Step = { by: 0 | 1; at: number } & (
  | { do: "read"; keys: string[]; lease: boolean; refresh: boolean; metaOnly: boolean; sequence: boolean }
  | { do: "write"; writes: { key: string; ttl: number; tags: string[]; late: boolean; lease: boolean }[] }
  | { do: "delete"; keys: string[] }
  | { do: "touch"; keys: string[]; ttl: number }
  | { do: "invalidate"; tags: string[]; match: TagMatch; mode: InvalidationMode }
  | { do: "release"; key: string; lease: boolean }
  | { do: "clear" | "size"; prefix: string }
  | { do: "scan"; prefix: string; limit: number; leased: boolean }
  | { do: "prune"; limit: number }
  | { do: "journal" }
);

const key = fc.constantFrom(...KEYS);
const keys = fc.array(key, { maxLength: 4 });
const tags = fc.subarray(TAGS);
const prefix = fc.constantFrom("", "a", "b", "no");
const flag = fc.boolean();
const every = { by: fc.constantFrom<0 | 1>(0, 1), at: fc.integer({ min: 0, max: 400 }) };
const kind = <T extends Step["do"]>(name: T) => fc.constant(name);
const writes = fc.array(
  fc.record({ key, ttl: fc.constantFrom(1, 50, 100, 1000, Infinity), tags, late: flag, lease: flag }),
  { maxLength: 3 },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ ...every, do: kind("write"), writes }) },
  {
    weight: 5,
    arbitrary: fc.record({
      ...every,
      do: kind("read"),
      keys,
      lease: flag,
      refresh: flag,
      metaOnly: flag,
      sequence: flag,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...every,
      do: kind("invalidate"),
      tags,
      match: fc.constantFrom<TagMatch>("any", "all", "exact"),
      mode: fc.constantFrom<InvalidationMode>("delete", "expire"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...every, do: kind("journal") }) },
  { weight: 1, arbitrary: fc.record({ ...every, do: kind("delete"), keys }) },
  { weight: 2, arbitrary: fc.record({ ...every, do: kind("touch"), keys, ttl: fc.constantFrom(1, 500, Infinity) }) },
  { weight: 1, arbitrary: fc.record({ ...every, do: kind("release"), key, lease: flag }) },
  { weight: 1, arbitrary: fc.record({ ...every, do: fc.constantFrom("clear" as const, "size" as const), prefix }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...every, do: kind("scan"), prefix, limit: fc.constantFrom(1, 2, 100), leased: flag }),
  },
  { weight: 2, arbitrary: fc.record({ ...every, do: kind("prune"), limit: fc.constantFrom(1, 3, 100) }) },
);

/** Two openers of one database, with what they were given. */
interface Openers {
  readonly tiers: readonly Tier[];
  /** By key: the last lease of either. */
  readonly leases: Map<string, number>;
  readonly positions: (number | undefined)[];
  sequence: number;
}

/** Does a step, and tells what came of it, without the numbers of leases. */
async function take(openers: Openers, { by, at, ...what }: Step): Promise<unknown> {
  const tier = openers.tiers[by]!;
  const time = now + at;
  switch (what.do) {
    case "read": {
      const { lease, keys, ...options } = what;
      const { entries, sequence, leases } = await tier.getMany(keys, {
        now: time,
        ...options,
        ...(lease && { lease: 100 }),
      });
      for (const [index, token] of (leases ?? []).entries())
        if (token !== undefined) openers.leases.set(keys[index]!, token);
      if (sequence !== undefined) openers.sequence = sequence;
      return [entries, sequence, leases?.map((token) => token !== undefined)];
    }
    case "write": {
      const list: Write[] = what.writes.map(({ key, ttl, tags, late, lease }) => ({
        key,
        entry: {
          ...entry(tags),
          value: [key, ttl, tags],
          createdAt: time,
          freshUntil: time + ttl,
          staleUntil: time + 2 * ttl,
          ...(late && { sequence: openers.sequence }),
        },
        ...(lease && { lease: openers.leases.get(key) ?? 0 }),
      }));
      const { sequence, refused = [] } = await tier.setMany(await tier.prepare!(list), time);
      return [sequence, refused];
    }
    case "delete":
      return tier.deleteMany(what.keys, time);
    case "touch": {
      const until = { freshUntil: time + what.ttl, staleUntil: time + what.ttl };
      return tier.touchMany!(
        what.keys.map((one) => ({ key: one, ...until })),
        time,
      );
    }
    case "invalidate":
      return tier.invalidate!({ tags: what.tags, match: what.match, mode: what.mode, now: time, after: 0 });
    case "release": {
      const lease = what.lease ? { lease: openers.leases.get(what.key) ?? 0 } : {};
      return tier.release!([{ key: what.key, ...lease }]);
    }
    case "clear":
      return tier.clear(what.prefix, time);
    case "size":
      return tier.size!(what.prefix, time);
    case "scan":
      return tier.scan!({ prefix: what.prefix, limit: what.limit, leased: what.leased, now: time });
    case "prune":
      return [...(await tier.prune!(what.limit, time))].sort();
    case "journal": {
      const page = await tier.journal!(openers.positions[by]);
      openers.positions[by] = page.position;
      return page;
    }
  }
}

/** Compares `runs` random histories, each on databases of its own. */
async function compare(runs: number, place: () => Promise<{ url: string; dispose(): void }>): Promise<void> {
  let reads = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80, size: "max" }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
      const { url, dispose } = await place();
      const local = [0, 1].map(() => opened(sqlite(join(folder, "cache.db"))));
      const remote = [0, 1].map(() => opened(libsql(url, PATIENT)));
      try {
        const [mine, theirs] = [local, remote].map(
          (pair): Openers => ({
            tiers: pair.map(({ tier }) => tier),
            leases: new Map(),
            positions: [undefined, undefined],
            sequence: 0,
          }),
        ) as [Openers, Openers];
        for (const one of steps) {
          const expected = await take(mine, one);
          equal(await take(theirs, one), expected, JSON.stringify(one));
          if (one.do === "read") reads++;
        }
        equal(
          [...local, ...remote].flatMap(({ reports }) => reports),
          [],
        );
      } finally {
        for (const { tier } of [...local, ...remote]) await tier.close!();
        dispose();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: runs, seed: 5, endOnFailure: true },
  );
  ok(reads > runs, "there must have been reads");
}

test("a libSQL file answers as a SQLite file, whatever two openers do", () => compare(12, async () => filePlace()));

serverTest("a libSQL server answers as a SQLite file, whatever two openers do", ({ server, raw }) =>
  compare(4, async () => {
    await raw.empty();
    return { url: server.url, dispose() {} };
  }),
);
