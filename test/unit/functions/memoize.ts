import { ConfigError, KeyError, memoize, memoizeSync, ValueError } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, ok, same, suite, throws } from "../../contract/mod.ts";

const later: TestCase[] = suite("memoize", {
  "remembers results, undefined too, and shares runs": async () => {
    let runs = 0;
    const double = memoize(async (n: number) => {
      runs++;
      return n > 0 ? n * 2 : undefined;
    });
    equal(await Promise.all([double(1), double(1), double(0), double(0)]), [2, 2, undefined, undefined]);
    equal([await double(1), await double(0)], [2, undefined]);
    same(runs, 2);
    const { hits, misses, size } = double.stats();
    equal([hits, misses, size], [2, 4, 2]);
    same(await double.delete(1), true);
    same(await double.delete(1), false);
    await double(1);
    same(runs, 3);
    await double.clear();
    same(double.stats().size, 0);
  },
  "is bounded to 1,000 results, or as told": async () => {
    const one = memoize(async (n: number) => n);
    for (let n = 0; n < 1_500; n++) await one(n);
    same(one.stats().size, 1_000);
    const few = memoize(async (n: number) => n, { maxEntries: 2 });
    for (let n = 0; n < 10; n++) await few(n);
    same(few.stats().size, 2);
    // What is given to it counts as what it has made.
    for (let n = 0; n < 10; n++) await few.set([-n], n);
    same(few.stats().size, 2);
  },
  "each function has a cache of its own, whatever it is called": async () => {
    const [one, other] = [1, 2].map((n) => memoize(async () => n));
    equal([await one!(), await other!()], [1, 2]);
    const clock = fakeClock();
    let runs = 0;
    const brief = memoize(async () => ++runs, { ttl: 1000, clock, name: "brief" });
    await brief();
    await clock.advance(999);
    same(await brief(), 1);
    await clock.advance(1);
    same(await brief(), 2);
    throws(() => memoize(5 as never), ConfigError);
    throws(() => memoize(async () => 1, { maxEntries: -1 }), ConfigError);
  },
});

const atOnce: TestCase[] = suite("memoizeSync", {
  "remembers results, undefined too": () => {
    const calls: unknown[] = [];
    const give = memoizeSync((value: unknown) => {
      calls.push(value);
      return value;
    });
    const values = ["a", "(1)", "", 1, 0, -0, Number.NaN, "1", undefined, null, true, 5n, "\0"];
    for (let round = 0; round < 3; round++) for (const value of values) same(give(value), value);
    equal(calls, values);
    const { hits, misses, evictions, size } = give.stats();
    equal([hits, misses, evictions, size], [26, 13, 0, 13]);
    for (const value of values) same(give.has(value), true);
  },
  "equal arguments are one call, different ones never": () => {
    let runs = 0;
    const count = memoizeSync((..._: unknown[]) => ++runs);
    same(count({ a: 1, b: [new Set([1, 2])] }), count({ b: [new Set([2, 1])], a: 1 }));
    const lists: unknown[][] = [[], ["a", "b"], ['"a","b"'], ["a,b"], [["a", "b"]], [1], ["(1)"], [[1]], [new Date(1)]];
    const results = lists.map((args) => count(...args));
    same(new Set(results).size, lists.length);
    equal(
      lists.map((args) => count(...args)),
      results,
    );
    // What is nothing at the end.
    for (const [short, long] of [
      [["x"], ["x", undefined]],
      [[7], [7, undefined, undefined]],
      [["(x"], ["(x", undefined]],
      [[0], [0, undefined]],
      [["x"], ["x", () => {}]],
    ])
      same(count(...long!), count(...short!));
  },
  "what is thrown is not remembered, and neither is a promise, which is refused": () => {
    let runs = 0;
    const fail = memoizeSync(() => {
      if (++runs < 3) throw new RangeError("down");
      return "up";
    });
    throws(fail, RangeError);
    throws(fail, RangeError);
    same(fail(), "up");
    const promising = memoizeSync(async () => 1);
    const { message } = throws(promising, ValueError);
    ok(message.includes("memoize"), message);
    // A rejection that nobody handles ends the process.
    throws(
      memoizeSync(async () => Promise.reject(new RangeError("unheard"))),
      ValueError,
    );
  },
  "a generator is refused: its result can be used once": () => {
    for (const fn of [
      function* (n: number) {
        yield n;
      },
      async function* (n: number) {
        yield n;
      },
    ]) {
      throws(() => memoizeSync(fn), ConfigError);
      throws(() => memoize(fn as never), ConfigError);
    }
  },
  "is bounded to 1,000 results, or as told; what was used stays longer": () => {
    const one = memoizeSync((n: number) => n);
    for (let n = 0; n < 5_000; n++) one(n);
    const { size, evictions } = one.stats();
    equal([size, evictions], [1_000, 4_000]);
    let runs = 0;
    const few = memoizeSync(
      (n: number) => {
        runs++;
        return n;
      },
      { maxEntries: 3 },
    );
    for (const n of [1, 2, 3, 1, 4]) few(n);
    equal(
      [1, 2, 3, 4].map((n) => few.has(n)),
      [true, false, true, true],
    );
    for (let n = 5; n < 500; n++) {
      few(1);
      few(n);
      same(few.stats().size, 3);
    }
    same(few.has(1), true);
    same(runs, 4 + 495);
    for (const maxEntries of [0, -1, 1.5, Number.NaN, Infinity, "3" as never])
      throws(() => memoizeSync(() => 1, { maxEntries }), ConfigError);
  },
  fibonacci: () => {
    let runs = 0;
    const fibonacci = memoizeSync((n: number): bigint => {
      runs++;
      return n < 2 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2);
    });
    same(fibonacci(100), 354_224_848_179_261_915_075n);
    same(runs, 101);
  },
  "ttl, of the call or a function of the result": async () => {
    const clock = fakeClock();
    let runs = 0;
    const brief = memoizeSync(() => ++runs, { ttl: "1s", clock });
    same(brief(), 1);
    await clock.advance(999);
    same(brief(), 1);
    same(brief.has(), true);
    await clock.advance(1);
    same(brief.has(), false);
    same(brief(), 2);
    const told = memoizeSync((n: number) => [n, ++runs], { ttl: ([n], args) => n! * args[0] * 1000, clock });
    const [zero, one, two] = [told(0), told(1), told(2)];
    equal([told(1), told(2)], [one, two]);
    ok(told(0) !== zero);
    await clock.advance(1000);
    ok(told(1) !== one);
    same(told(2), two);
    throws(() => memoizeSync(() => 1, { ttl: "soon" }), ConfigError);
  },
  "shouldCache, key, excluded arguments and objects that cannot be keys": () => {
    let runs = 0;
    const wanted = memoizeSync((n: number) => n + ++runs * 0, { shouldCache: (value) => value > 0 });
    for (const n of [0, 0, 1, 1]) wanted(n);
    same(runs, 3);
    const keyed = memoizeSync((user: { id: number; at: number }) => user.at, { key: ({ id }) => ["user", id] });
    equal([keyed({ id: 1, at: 5 }), keyed({ id: 1, at: 6 }), keyed({ id: 2, at: 7 })], [5, 5, 7]);
    const logged = memoizeSync((_: object, n: number) => n + ++runs, { excludeArgs: [0] });
    same(logged(new (class A {})(), 1), logged(new (class B {})(), 1));
    class Session {}
    throws(() => memoizeSync((_: object) => 1)(new Session()), KeyError);
  },
  "helpers, name, length and this": () => {
    function area(this: { unit: string } | undefined, a: number, b: number): string {
      return `${a * b}${this?.unit ?? ""}`;
    }
    const memo = memoizeSync(area, { instance: ({ unit } = { unit: "" }) => unit });
    equal([memo.name, memo.length, memo.original], ["area", 2, area]);
    same(memo.call(undefined, 2, 3), "6");
    same(memo.delete(2, 3), true);
    same(memo.delete(2, 3), false);
    same(memo.call({ unit: "m²" }, 2, 3), "6m²");
    memo.clear();
    equal(memo.stats(), { hits: 0, misses: 0, evictions: 0, size: 0 });
    class Square {
      unit = "cm²";
      area = memoizeSync(area);
    }
    throws(() => new Square().area(1, 2), KeyError);
    const own = memoizeSync(area, { instance: (self: { unit: string } | undefined) => self?.unit ?? "" });
    equal([own.call({ unit: "a" }, 1, 1), own.call({ unit: "b" }, 1, 1)], ["1a", "1b"]);
    same(own.for({ unit: "a" }).delete(1, 1), true);
    same(own.for({ unit: "b" }).has(1, 1), true);
    same(own.for({ unit: "c" })(1, 1), "1c");
  },
});

export const tests: TestCase[] = [...later, ...atOnce];
