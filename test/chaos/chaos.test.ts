/**
 * Real servers that fail under steady traffic. By itself each fault gets a few seconds, in `npm run test:long` a minute. Prints
 * a table of what was seen.
 */
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { reasonFor } from "../servers/available.ts";
import { faults as libsqlFaults } from "./libsql.ts";
import { LOAD } from "./load.ts";
import { BUDGET, faults as redisFaults } from "./redis.ts";
import { play, type Row, type Victim } from "./scenario.ts";

const DURATION = process.env.TIERCEL_LONG ? 60_000 : 6_000;
/** For a machine whose servers have more to do, in milliseconds. */
const SLACK = 500;
/**
 * Faults at a time: each has a server, and a client that asks it 200 times a second. A sqld whose clients gave up waiting for it
 * takes all that the machine has, so of those there are no more.
 */
const CONCURRENCY = { redis: 4, sqld: 2 };
/**
 * Longest calls, in milliseconds. A change waits until the store has been told what it missed, and where that is slow, what it missed
 * meanwhile, before it has its own time.
 */
const LONGEST = { load: BUDGET + LOAD + SLACK, change: 3 * BUDGET + SLACK };

const rows: [name: string, row: Row][] = [];

function series(
  both: TestContext,
  server: "redis" | "sqld",
  title: string,
  faults: Record<string, () => Promise<Victim | string>>,
): Promise<void> {
  return both.test(
    title,
    {
      skip: reasonFor(server) ?? false,
      concurrency: CONCURRENCY[server],
      timeout: 20 * DURATION + 600_000,
    },
    async (context) => {
      const tests = Object.entries(faults).map(([name, start], seed) =>
        context.test(name, { timeout: DURATION + 400_000 }, async (fault) => {
          const victim = await start();
          if (typeof victim === "string") return fault.skip(victim);
          const row = await play(victim, DURATION, seed + 1);
          rows.push([`${title}: ${name}`, row]);
          assert.deepEqual(row.errors.slice(0, 3), [], "callers see no error");
          assert.deepEqual(row.wrong.slice(0, 3), [], "nor a wrong value");
          assert.deepEqual(row.left.slice(0, 3), [], "nothing is left in the store that was invalidated");
          assert.ok(row.recovered !== undefined, "the store is used again");
          assert.ok(row.longest.load <= LONGEST.load, `the longest load took ${row.longest.load} ms`);
          assert.ok(row.longest.change <= LONGEST.change, `the longest change took ${row.longest.change} ms`);
        }),
      );
      await Promise.all(tests);
    },
  );
}

test("chaos", { timeout: 20 * DURATION + 600_000 }, async (both) => {
  await series(both, "redis", "Redis", redisFaults);
  await series(both, "sqld", "libSQL", libsqlFaults);
});

after(() => {
  const line = (cells: readonly unknown[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(52) : String(cell).padStart(9))).join(" ");
  console.log(
    line(["fault", "calls", "errors", "wrong", "left", "p99 ms", "load ms", "change ms", "back ms", "held ms"]),
  );
  for (const [name, { calls, errors, wrong, left, p99, longest, recovered, held }] of rows) {
    const times = [p99, longest.load, longest.change, recovered ?? Number.NaN, held].map((ms) => ms.toFixed(0));
    console.log(line([name, calls, errors.length, wrong.length, left.length, ...times]));
  }
});
