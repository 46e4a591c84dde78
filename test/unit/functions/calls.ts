import { ConfigError } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, rejects, same, throws } from "../../contract/mod.ts";
import { STACKS, stackSuite } from "../cache/stacks.ts";
import { deferred, HUNDRED } from "../cache/tools.ts";
import { counted, users } from "./counted.ts";

const suites = stackSuite("calls of wrapped functions", {
  "a call with equal arguments gets the first one's result, from every tier": async (open, { depth }) => {
    const { cache } = open();
    const { fn, calls } = users();
    const find = cache.wrap(fn, { name: "find" });
    for (const id of [1, 2, 1, 2]) equal(await find(id), { id, name: `Person ${id}` });
    if (depth === 2) await cache.namespace("fn:find").evictAll();
    equal(await find(1), { id: 1, name: "Person 1" });
    equal(calls, [[1], [2]]);
    same((await find.info()).size, 2);
  },
  "results that are undefined, null or falsy are hits": async (open, { depth }) => {
    const { cache } = open();
    const results = [undefined, null, 0, -0, "", false, Number.NaN, "$undefined", "$$undefined", "undefined"];
    const { fn, calls } = counted((at: number) => results[at]);
    const give = cache.wrap(fn, { name: "give" });
    for (let round = 0; round < 3; round++) {
      for (const [at, result] of results.entries()) same(await give(at), result);
      for (const [at, result] of results.entries()) same(await give.get(at), result);
      if (depth === 2) await cache.namespace("fn:give").evictAll();
    }
    same(calls.length, results.length);
    same(await give.has(0), true);
  },
  "what is thrown is the caller's and not remembered, unless it is asked for": async (open) => {
    const { cache, clock } = open();
    let runs = 0;
    const fail = async (): Promise<never> => {
      runs++;
      throw new RangeError("down");
    };
    const plain = cache.wrap(fail, { name: "plain" });
    for (const _ of [1, 2]) await rejects(plain(), RangeError);
    same(runs, 2);
    const negative = cache.wrap(fail, { name: "negative", negativeTtl: 1000 });
    for (const _ of [1, 2]) await rejects(negative(), RangeError);
    same(runs, 3);
    await clock.advance(1000);
    await rejects(negative(), RangeError);
    same(runs, 4);
  },
  "a name to exclude may be given as what it is, and not as its characters": async (open) => {
    const { cache } = open();
    const find = cache.wrap(async (query: object) => query, { name: "find", excludeProps: "requestId" as never });
    same(find.keyFor({ requestId: 1, d: 2 }), find.keyFor({ d: 2 }));
    ok(find.keyFor({ d: 2 }) !== find.keyFor({ d: 3 }));
  },
  "a hundred calls at one time are one run, also when it fails": async (open) => {
    const { cache, clock } = open();
    for (const fails of [false, true]) {
      const { promise, resolve, reject } = deferred<number>();
      let runs = 0;
      const slow = cache.wrap(
        () => {
          runs++;
          return promise;
        },
        { name: `slow ${fails}` },
      );
      const calls = HUNDRED.map(() => slow());
      const ends = Promise.allSettled(calls);
      await clock.settle();
      if (fails) reject(new RangeError("down"));
      else resolve(5);
      const states = new Set((await ends).map(({ status }) => status));
      equal(states, new Set([fails ? "rejected" : "fulfilled"]));
      same(runs, 1);
    }
  },
  "name, length and this are those of the function, whether it answers at once or later": async (open) => {
    const { cache } = open();
    function add(this: { base: number } | undefined, a: number, b: number): number {
      return (this?.base ?? 0) + a + b;
    }
    const sum = cache.wrap(add, { name: "sum", instance: "shared" });
    // Bundlers rename functions whose name is taken.
    ok(add.name.startsWith("add"));
    equal([sum.name, sum.length, sum.original, sum.options.name], [add.name, 2, add, "sum"]);
    same(await sum.call(undefined, 1, 2), 3);
    same(await sum.call({ base: 10 }, 5, 5), 20);
    same(await sum.with({ mode: "bypass" }).call({ base: 10 }, 1, 2), 13);
  },
  "bypass neither reads nor writes": async (open) => {
    const { cache } = open();
    const { fn, calls } = users();
    const find = cache.wrap(fn, { name: "find" });
    for (const _ of [1, 2]) await find.with({ mode: "bypass" })(1);
    same(calls.length, 2);
    same(await find.has(1), false);
    await find.set([1], { id: 1, name: "Ada" });
    same((await find.with({ mode: "bypass" })(1)).name, "Person 1");
    same((await find(1)).name, "Ada");
    throws(() => find.with({ mode: "bypas" as never }), ConfigError);
  },
  "arguments of every kind: strings that look like keys, long ones, such that no key may have": async (open) => {
    const { cache } = open();
    const { fn, calls } = counted((...args: unknown[]) => args.length);
    const count = cache.wrap(fn, { name: "count" });
    const long = "x".repeat(2_000);
    const lists: unknown[][] = [
      [],
      [""],
      ["()"],
      ["(1)"],
      [1],
      ["1"],
      [0],
      [-0],
      [Number.NaN],
      ["NaN"],
      ["@a:"],
      ["[1]"],
      ["\\"],
      ["\\[1]"],
      ["\0"],
      ["\ud800"],
      [`${long}1`],
      [`${long}2`],
      [{ long }],
      [new Map([["a", 1]])],
      [new Set([1])],
      [5n],
      [new Date(0)],
    ];
    for (let round = 0; round < 2; round++) for (const args of lists) await count(...args);
    for (const args of lists) same(await count.has(...args), true, String(args));
    same(calls.length, lists.length);
    same(await count.invalidateMatching(`${long}1`), 1);
    equal([await count.has(`${long}1`), await count.has(`${long}2`)], [false, true]);
  },
  "recursive functions neither wait for themselves nor run twice for one call": async (open) => {
    const { cache } = open();
    let runs = 0;
    const fibonacci = cache.wrap(
      async (n: number): Promise<number> => {
        runs++;
        return n < 2 ? n : (await fibonacci(n - 1)) + (await fibonacci(n - 2));
      },
      { name: "fibonacci" },
    );
    same(await fibonacci(60), 1_548_008_755_920);
    same(runs, 61);
    let together = 0;
    const both = cache.wrap(
      async (n: number): Promise<number> => {
        together++;
        if (n < 2) return n;
        const [a, b] = await Promise.all([both(n - 1), both(n - 2)]);
        return a! + b!;
      },
      { name: "both" },
    );
    same(await both(40), 102_334_155);
    same(together, 41);
  },
  "a caller's abort is its own: others get their result, and the function stops when all are gone": async (open) => {
    const { cache, clock } = open();
    const { promise, resolve } = deferred<number>();
    const signals: AbortSignal[] = [];
    const fetching = cache.wrap(
      async (_: number, { signal }: { signal?: AbortSignal; page?: number } = {}) => {
        signals.push(signal!);
        return promise;
      },
      { name: "fetching" },
    );
    const [one, other, third] = [new AbortController(), new AbortController(), new AbortController()];
    const first = fetching(1, { signal: one.signal });
    const second = fetching(1, { signal: other.signal });
    const gone = rejects(first, RangeError);
    await clock.settle();
    one.abort(new RangeError("enough"));
    await gone;
    same(signals.length, 1);
    ok(signals[0] !== one.signal);
    same(signals[0]!.aborted, false);
    resolve(5);
    same(await second, 5);
    // The same with a signal that is an argument by itself.
    const passed: AbortSignal[] = [];
    const later = deferred<number>();
    const positional = cache.wrap(
      async (_: number, signal?: AbortSignal) => {
        passed.push(signal!);
        return later.promise;
      },
      { name: "positional" },
    );
    const leaver = new AbortController();
    const left = rejects(positional(1, leaver.signal), RangeError);
    const stayer = positional(1, other.signal);
    await clock.settle();
    leaver.abort(new RangeError("enough"));
    await left;
    equal([passed.length, passed[0]!.aborted], [1, false]);
    later.resolve(6);
    same(await stayer, 6);
    // Without anybody left.
    const alone = cache.wrap(
      (_: number, signal?: AbortSignal) =>
        new Promise<never>((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
      { name: "alone" },
    );
    const call = rejects(alone(1, third.signal), RangeError);
    await clock.settle();
    third.abort(new RangeError("enough"));
    await call;
    await rejects(fetching(1, { signal: third.signal }), RangeError);
    await rejects(fetching.with({ signal: third.signal })(1), RangeError);
    same(await fetching(1), 5);
  },
  "each of a caller's signals ends its waiting, be it an argument, in one, or given by with": async (open) => {
    const { cache, clock } = open();
    let signals: unknown[] = [];
    const slow = cache.wrap(
      (_: number, ...all: (AbortSignal | { signal: AbortSignal })[]) => {
        signals = all;
        return new Promise<never>(() => {});
      },
      { name: "slow" },
    );
    for (const at of [0, 1, 2]) {
      const controllers = [0, 1, 2].map(() => new AbortController());
      const [one, other, third] = controllers.map(({ signal }) => signal) as [AbortSignal, AbortSignal, AbortSignal];
      const call = rejects(slow.with({ signal: third })(1, one, { signal: other }), RangeError);
      await clock.settle();
      controllers[at]!.abort(new RangeError("enough"));
      await call;
      // The function is told as well, through whichever it listens to.
      const [first, second] = signals as [AbortSignal, { signal: AbortSignal }];
      equal([first.aborted, second.signal.aborted], [true, true]);
      // One that has come too late ends it at once.
      await rejects(slow.with({ signal: third })(1, one, { signal: other }), RangeError);
    }
    const { signal } = new AbortController();
    same(await cache.wrap(async (..._: AbortSignal[]) => 1, { name: "fast" })(signal, signal), 1);
  },
  "a signal given by with ends the waiting for a call that bypasses, too": async (open) => {
    const { cache, clock } = open();
    let runs = 0;
    const slow = cache.wrap(
      (_: unknown) => {
        runs++;
        return new Promise<never>(() => {});
      },
      { name: "slow", onKeyError: "bypass" },
    );
    for (const [mode, arg] of [
      ["bypass", 1],
      [undefined, new WeakMap()],
    ] as const) {
      const controller = new AbortController();
      const call = rejects(slow.with({ mode, signal: controller.signal })(arg), RangeError);
      await clock.settle();
      controller.abort(new RangeError("enough"));
      await call;
      const before = runs;
      await rejects(slow.with({ mode, signal: controller.signal })(arg), RangeError);
      same(runs, before, "one that has come too late begins nothing");
    }
  },
  "a schema: hits and results are what it gives back": async (open) => {
    const { cache } = open();
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          value === undefined || typeof value === "number" || String(value).startsWith("$")
            ? { value }
            : { issues: [{ message: "must be a number" }] },
      },
    };
    let next: unknown = 1;
    const { fn, calls } = counted((_: number) => next as number | undefined);
    const give = cache.wrap(fn, { name: "give", schema: schema as never });
    for (const _ of [1, 2]) same(await give(1), 1);
    next = undefined;
    for (const _ of [1, 2]) same(await give(2), undefined);
    for (next of ["$undefined", "$$undefined"]) {
      same(await give(3), next);
      same(await give(3), next);
      same(await give.get(3), next);
      await give.invalidate(3);
    }
    same(calls.length, 4);
    await cache.namespace("fn:give").set("(1)", "text");
    same(await give.get(1), undefined);
    next = "text";
    await rejects(give(1), "VALIDATION");
    next = 5;
    same(await give(1), 5);
    same(await give.get(1), 5);
  },
});

export const tests: TestCase[] = STACKS.filter(({ sync }) => !sync).flatMap((stack) => suites(stack));
