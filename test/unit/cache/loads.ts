import type { LoadContext } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, HUNDRED, query, stateOf, unwanted } from "./tools.ts";

export const loads: StackSuite = stackSuite("getOrSet", {
  "loads what misses, stores it, and loads it no more": async (open) => {
    const { cache } = open();
    let runs = 0;
    const loader = async () => ++runs;
    same(await cache.getOrSet("k", loader, { ttl: "5s", tags: ["t"] }), 1);
    same(await cache.getOrSet("k", loader), 1);
    same(await cache.get("k"), 1);
    same(runs, 1);
    const meta = (await cache.meta("k"))!;
    equal([meta.ttl, meta.tags], [5000, ["t"]]);
    const { hits, misses, loads, loadErrors, sets } = cache.stats();
    equal({ hits, misses, loads, loadErrors, sets }, { hits: 2, misses: 1, loads: 1, loadErrors: 0, sets: 1 });
  },
  "a loader may answer at once": async (open) => {
    const { cache } = open();
    same(await cache.getOrSet("k", () => 0), 0);
    same(await cache.getOrSet("k", unwanted), 0);
    await rejects(
      cache.getOrSet("other", () => {
        throw new RangeError("at once");
      }),
      RangeError,
    );
  },
  "what can be awaited is waited for, be it no promise: a query that begins when it is asked": async (open) => {
    const { cache } = open();
    const fails = async () => Promise.reject(new RangeError("down"));
    for (const options of [{}, { hardTimeout: "1h" }]) {
      same(await cache.getOrSet("k", () => query(async () => 1), options), 1);
      await rejects(
        cache.getOrSet("other", () => query(fails), options),
        RangeError,
      );
      await cache.delete("k");
    }
    same(await cache.getOrSet("k", () => query(async () => 2)), 2);
    same(await cache.get("k"), 2);
    const many = await cache.getOrSetMany(["a", "b"], () => query(async () => [1, 2]));
    equal([...many.values()], [1, 2]);
    const find = cache.wrap((id: number) => query(async () => id), { name: "find" });
    equal([await find(7), await find.get(7)], [7, 7]);
    await rejects(cache.wrap(() => query(fails), { name: "fails" })(), RangeError);
  },
  "a loader is told its key and that nothing is stale": async (open) => {
    const { cache } = open();
    const contexts: LoadContext[] = [];
    await cache.getOrSet("k", (context) => contexts.push(context));
    await cache.getOrSet(["a", 1], (context) => contexts.push(context));
    equal(
      contexts.map(({ key, stale }) => [key, stale]),
      [
        ["k", undefined],
        [["a", 1], undefined],
      ],
    );
    ok(contexts.every(({ signal }) => signal instanceof AbortSignal && !signal.aborted));
  },
  "a loader decides on ttl, tags and whether to store at all": async (open) => {
    const { cache } = open({ ttl: "1h" });
    await cache.getOrSet("ttl", ({ setTtl }) => {
      setTtl("7s");
      return 1;
    });
    same((await cache.meta("ttl"))?.ttl, 7000);
    same(
      await cache.getOrSet("zero", async ({ setTtl }) => {
        setTtl(0);
        return 1;
      }),
      1,
    );
    same(await cache.meta("zero"), undefined);
    same(
      await cache.getOrSet("skip", async ({ skip }) => {
        skip();
        return 1;
      }),
      1,
    );
    same(await cache.meta("skip"), undefined);
    same(cache.stats().sets, 1);
  },
  "what the loader decides wins over the call's functions": async (open) => {
    const { cache } = open();
    await cache.getOrSet(
      "k",
      ({ setTtl, setTags }) => {
        setTtl("2s");
        setTags(["theirs"]);
        return 1;
      },
      { ttl: () => "9s", tags: () => ["ours"] },
    );
    equal([(await cache.meta("k"))?.ttl, (await cache.meta("k"))?.tags], [2000, ["theirs"]]);
  },
  "skip keeps the old value where it was": async (open) => {
    const { cache, clock } = open({ grace: "1h" });
    await cache.set("k", "old", { ttl: "1s" });
    await clock.advance("1s");
    same(
      await cache.getOrSet("k", ({ skip }) => {
        skip();
        return "new";
      }),
      "new",
    );
    same(await cache.getOrSet("k", () => Promise.reject(new RangeError())), "old");
  },
  "undefined from a loader is returned and stays a miss": async (open) => {
    const { cache } = open();
    let runs = 0;
    const loader = async () => {
      runs++;
      return undefined;
    };
    same(await cache.getOrSet("k", loader), undefined);
    same(await cache.getOrSet("k", loader), undefined);
    same(runs, 2);
    same(await cache.size(), 0);
    same(cache.stats().misses, 2);
    same(cache.stats().loadErrors, 0);
  },
  "null from a loader is a value": async (open) => {
    const { cache } = open();
    same(await cache.getOrSet("k", async () => null), null);
    same(await cache.getOrSet("k", unwanted), null);
  },
  "one load for a hundred callers, who count as misses": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    let runs = 0;
    const loader = () => {
      runs++;
      return gate.promise;
    };
    const early = HUNDRED.slice(0, 50).map(() => cache.getOrSet("k", loader));
    await clock.settle();
    const late = HUNDRED.slice(50).map(() => cache.getOrSet("k", loader));
    await clock.settle();
    same(runs, 1);
    gate.resolve("value");
    equal(new Set(await Promise.all([...early, ...late])), new Set(["value"]));
    same(runs, 1);
    const { hits, misses, loads, sets } = cache.stats();
    equal({ hits, misses, loads, sets }, { hits: 0, misses: 100, loads: 1, sets: 1 });
  },
  "a failing loader runs once for all who wait, not once for each": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<never>();
    let runs = 0;
    const callers = HUNDRED.map(() =>
      cache.getOrSet("k", () => {
        runs++;
        return gate.promise;
      }),
    );
    await clock.settle();
    const error = new RangeError("down");
    gate.reject(error);
    for (const caller of callers) same(await rejects(caller, RangeError), error);
    same(runs, 1);
    const { misses, loads, loadErrors } = cache.stats();
    equal({ misses, loads, loadErrors }, { misses: 100, loads: 1, loadErrors: 1 });
  },
  "a loader's error reaches the caller, is never swallowed, and is not cached": async (open) => {
    const { cache } = open();
    const error = new RangeError("down");
    same(
      await rejects(
        cache.getOrSet("k", () => Promise.reject(error)),
        RangeError,
      ),
      error,
    );
    same(await cache.getOrSet("k", () => "up"), "up");
  },
  "loaders of different keys may call one another": async (open) => {
    const { cache } = open();
    const fibonacci = (n: number): Promise<number> =>
      cache.getOrSet(`fib ${n}`, async () => (n < 2 ? n : (await fibonacci(n - 1)) + (await fibonacci(n - 2))));
    same(await fibonacci(30), 832_040);
    same(cache.stats().loads, 31);
    const values = await cache.getOrSetMany(["a", "b"], async (keys) =>
      Promise.all(keys.map((key) => cache.getOrSet([key], () => 1))),
    );
    equal([...values.values()], [1, 1]);
  },
  "keys are not held up by one another": async (open) => {
    const { cache, clock } = open();
    const stuck = cache.getOrSet("stuck", () => new Promise<never>(() => {}));
    same(await cache.getOrSet("free", () => 1), 1);
    same(await stateOf(stuck, clock.settle), "pending");
  },
  "callers who want different versions do not share a load": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<string>();
    const first = cache.getOrSet("k", () => gate.promise, { version: "1" });
    await clock.settle();
    const second = cache.getOrSet("k", () => "two", { version: "2" });
    const third = cache.getOrSet("k", unwanted, { version: "2" });
    same(await second, "two");
    same(await third, "two");
    gate.resolve("one");
    same(await first, "one");
  },
  "the same key in two namespaces is two loads": async (open) => {
    const { cache } = open();
    const [a, b] = [cache.namespace("a"), cache.namespace("b")];
    equal(
      await Promise.all([a.getOrSet("k", () => "a"), b.getOrSet("k", () => "b"), cache.getOrSet("k", () => "root")]),
      ["a", "b", "root"],
    );
    equal([await a.get("k"), await b.get("k"), await cache.get("k")], ["a", "b", "root"]);
  },
  "a value that cannot be stored is returned all the same": async (open) => {
    const { cache } = open();
    const errors: unknown[] = [];
    cache.on("error", ({ error, operation }) => errors.push([operation, (error as { code: string }).code]));
    const ttl = () => "soon";
    same(await cache.getOrSet("k", () => "value", { ttl }), "value");
    equal(errors, [["store", "CONFIG"]]);
    await rejects(
      open({ onError: "throw" }).cache.getOrSet("k", () => "value", { ttl }),
      "CONFIG",
    );
  },
  "wrong options and loaders are refused before anything is loaded": async (open) => {
    const { cache } = open();
    for (const loader of [undefined, "value", {}] as never[]) {
      await rejects(cache.getOrSet("k", loader), "CONFIG");
      await rejects(cache.getOrSetMany(["k"], loader), "CONFIG");
    }
    for (const options of [
      { ttl: "x" },
      { grace: -1 },
      { jitter: 2 },
      { softTimeout: "x" },
      { hardTimeout: -1 },
      { refreshAhead: 1.5 },
      { earlyRefresh: -1 },
    ]) {
      await rejects(cache.getOrSet("k", unwanted, options), "CONFIG");
    }
  },
});
