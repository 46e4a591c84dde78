import { createCache } from "../../../mod.ts";
import { accessesOf } from "../../../src/observe/accesses.ts";
import { Exposition } from "../../../src/observe/exposition.ts";
import { LogBook } from "../../../src/observe/log-book.ts";
import { loadTimes } from "../../../src/observe/mod.ts";
import { SpaceSaving } from "../../../src/observe/space-saving.ts";
import { verbsOf } from "../../../src/verbs/inside.ts";
import { equal, fakeClock, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";
import { deferred } from "../cache/tools.ts";

function open() {
  const clock = fakeClock();
  return { clock, cache: createCache({ clock, sweepInterval: 0 }) };
}

/** The times of loads of so many milliseconds. */
async function timesOf(durations: readonly number[], options?: Parameters<typeof loadTimes>[1]) {
  const { cache, clock } = open();
  const times = loadTimes(cache, options);
  for (const [i, duration] of durations.entries()) {
    const load = cache.getOrSet(`k${i}`, () => clock.sleep(duration).then(() => i));
    await clock.advance(duration);
    await load;
  }
  return times;
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("numbers of observers", {
  "a key that came often gives way to none that came once, in whatever order they came": () => {
    for (const keys of ["abc", "acb", "bac", "bca", "cab", "cba"]) {
      const sketch = new SpaceSaving(3);
      for (const key of keys) sketch.add(key, { a: 50, b: 20, c: 1 }[key]!);
      sketch.add("new", 1);
      equal(sketch.top(2), [
        { key: "a", count: 50, error: 0 },
        { key: "b", count: 20, error: 0 },
      ]);
      equal(sketch.top(3)[2], { key: "new", count: 2, error: 1 });
      // Nothing of what was before is known after a clear.
      sketch.clear();
      for (const key of keys) sketch.add(key, 1);
      same(sketch.total, 3);
      ok(
        sketch.top(3).every(({ count, error }) => count === 1 && error === 0),
        keys,
      );
    }
  },
  "reads of many keys are given on before they fill the memory": () => {
    const { cache } = open();
    const tallies: number[] = [];
    const stop = accessesOf(verbsOf(cache)).count((tally) => tallies.push(tally.size));
    for (let i = 0; i < 40_000; i++) cache.sync.get(`k${i}`);
    equal(tallies, [16_384, 16_384]);
    stop();
    equal(tallies, [16_384, 16_384, 40_000 - 2 * 16_384]);
  },
  "a key that is first read while reads are thinned out counts for those that were left out": () => {
    const { cache } = open();
    let total = 0;
    const accesses = accessesOf(verbsOf(cache));
    const stop = accesses.count((tally) => {
      for (const { count } of tally.values()) total += count;
    });
    for (let i = 0; i < 100_000; i++) cache.sync.get("often");
    for (let i = 0; i < 80_000; i++) cache.sync.get(`k${i % 4_000}`);
    stop();
    ok(Math.abs(total - 180_000) < 8_000, String(total));
  },
  "after a while they are counted one by one again": () => {
    const { cache } = open();
    const accesses = accessesOf(verbsOf(cache));
    let last: readonly number[] = [];
    const stop = accesses.count((tally) => {
      last = [...tally.values()].map(({ count }) => count);
    });
    for (let i = 0; i < 150_000; i++) cache.sync.get("often");
    accesses.drain();
    for (let i = 0; i < 10; i++) cache.sync.get("now");
    accesses.drain();
    equal(last, [10]);
    stop();
  },
  "what waits for a store that does not answer is bounded, and what is lost is counted": async () => {
    const { cache } = open();
    const { engine } = verbsOf(cache);
    const taken = [0, 0];
    const gate = deferred();
    const store = {
      add: async (accesses: readonly { count: number }[], evictions: readonly unknown[]) => {
        taken[0]! += accesses.reduce((sum, { count }) => sum + count, 0);
        taken[1]! += evictions.length;
        await gate.promise;
      },
    };
    const book = new LogBook(engine, store as never);
    for (let i = 0; i < 50_000; i++) {
      book.read(`k${i}`, 2);
      book.left(`k${i}`, "capacity");
    }
    const { lost } = book;
    ok(lost > 0, String(lost));
    gate.resolve();
    await book.flush();
    same(taken[0]! + taken[1]! + lost, 150_000);
    ok(taken[0]! <= 2 * (32_768 + 1_000) && taken[1]! <= 32_768 + 1_000, String(taken));
    const failing = new LogBook(engine, { add: () => Promise.reject(new RangeError("full")) } as never);
    failing.read("k", 1);
    failing.left("k", "ttl");
    await failing.flush().catch(() => {});
    same(failing.lost, 2);
  },
  "a load of just a bound is within it, and a quantile is between the bounds": async () => {
    const times = await timesOf([10, 10, 20, 20, 40], { bounds: [10, 20, 30] });
    equal(times.bounds, [10, 20, 30, Infinity]);
    equal(times.counts, [2, 2, 0, 1]);
    equal([times.quantile(0.2), times.quantile(0.4), times.quantile(0.6), times.quantile(1)], [5, 10, 15, 30]);
    times.reset();
    equal([times.counts, times.count, times.sum, times.quantile(0.5)], [[0, 0, 0, 0], 0, 0, 0]);
  },
  "bounds may end with Infinity, and must rise": async () => {
    const times = await timesOf([5, 15], { bounds: [10, Infinity] });
    equal(
      [times.bounds, times.counts],
      [
        [10, Infinity],
        [1, 1],
      ],
    );
    for (const bounds of [[10, 10], [20, 10], [0, 1], [-1], [Number.NaN]])
      throws(() => loadTimes(open().cache, { bounds }), "CONFIG");
  },
  "labels are escaped, and a family without samples is left out": () => {
    const exposition = new Exposition("p", { own: 'a\\b"c\nd' });
    exposition.family("empty", "counter", "None.", () => {});
    exposition.family("one", "gauge", "One.", (sample) => sample(Infinity, { label: "\\n" }));
    equal(exposition.text.split("\n"), [
      "# HELP p_one One.",
      "# TYPE p_one gauge",
      'p_one{own="a\\\\b\\"c\\nd",label="\\\\n"} +Inf',
      "",
    ]);
  },
});
