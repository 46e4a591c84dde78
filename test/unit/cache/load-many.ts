import type { Key } from "../../../mod.ts";
import { equal, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, unwanted } from "./tools.ts";

/** A loader of many that notes what it was asked for. */
function counting(values: Record<string, unknown> = {}) {
  const asked: Key[][] = [];
  const loader = async (keys: readonly Key[]) => {
    asked.push([...keys]);
    return keys.map((key) => values[String(key)] ?? `loaded ${String(key)}`);
  };
  return { asked, loader };
}

export const manyLoads: StackSuite = stackSuite("getOrSetMany", {
  "getOrSetMany loads what misses, in one call": async (open) => {
    const { cache } = open();
    await cache.set("b", "cached");
    const { asked, loader } = counting();
    const values = await cache.getOrSetMany(["a", "b", "c"], loader, { ttl: "5s", tags: ["t"] });
    equal(
      [...values],
      [
        ["a", "loaded a"],
        ["b", "cached"],
        ["c", "loaded c"],
      ],
    );
    equal(asked, [["a", "c"]]);
    equal([(await cache.meta("c"))?.ttl, (await cache.meta("c"))?.tags], [5000, ["t"]]);
    equal(await cache.getOrSetMany(["a", "b", "c"], unwanted), values);
    const { hits, misses, loads } = cache.stats();
    equal([hits, misses, loads], [4, 2, 2]);
    equal(await cache.getOrSetMany([], unwanted), new Map());
  },
  "what the loader of many leaves out stays a miss": async (open) => {
    const { cache } = open();
    const some = await cache.getOrSetMany(["a", "b", "c", "d"], async () => [1, undefined, null]);
    equal(
      [...some],
      [
        ["a", 1],
        ["c", null],
      ],
    );
    const map = new Map<Key, number | undefined>([
      ["d", 4],
      ["x", 9],
    ]);
    equal(
      [...(await cache.getOrSetMany(["a", "b", "d"], () => map as Map<Key, number>))],
      [
        ["a", 1],
        ["d", 4],
      ],
    );
    equal((await cache.keys()).sort(), ["a", "c", "d"]);
  },
  "a key that comes twice is loaded once": async (open) => {
    const { cache } = open();
    const { asked, loader } = counting();
    equal(
      [...(await cache.getOrSetMany(["a", "b", "a"], loader))],
      [
        ["a", "loaded a"],
        ["b", "loaded b"],
      ],
    );
    equal(asked, [["a", "b"]]);
  },
  "array keys are answered under the very arrays that were given": async (open) => {
    const { cache } = open();
    const keys = [
      ["user", 1],
      ["user", 2],
    ] as const;
    const loader = async () =>
      new Map<Key, string>([
        [keys[0], "one"],
        [keys[1], "two"],
      ]);
    const values = await cache.getOrSetMany(keys, loader);
    equal([values.get(keys[0]), values.get(keys[1])], ["one", "two"]);
    const twins = [
      ["user", 1],
      ["user", 1],
    ] as const;
    const both = await cache.getOrSetMany(twins, unwanted);
    equal([both.get(twins[0]), both.get(twins[1])], ["one", "one"]);
    equal([...(await cache.getMany(twins)).keys()], [...twins]);
  },
  "getOrSetMany and getOrSet share the loads of a key": async (open) => {
    const { cache, clock } = open();
    const single = deferred<string>();
    const alone = cache.getOrSet("a", () => single.promise);
    const { asked, loader } = counting();
    const many = cache.getOrSetMany(["a", "b"], loader);
    const late = cache.getOrSet("b", unwanted);
    const later = cache.getOrSetMany(["b", "a"], unwanted);
    await clock.settle();
    single.resolve("by the single");
    equal(await alone, "by the single");
    equal(
      await many,
      new Map([
        ["a", "by the single"],
        ["b", "loaded b"],
      ]),
    );
    equal(await late, "loaded b");
    equal(
      await later,
      new Map([
        ["b", "loaded b"],
        ["a", "by the single"],
      ]),
    );
    equal(asked, [["b"]]);
  },
  "a failing loader of many runs once and rejects those who wait for it": async (open) => {
    const { cache } = open();
    await cache.set("hit", 1);
    let runs = 0;
    const fail = async () => {
      runs++;
      throw new RangeError("no");
    };
    const both = [cache.getOrSetMany(["hit", "a", "b"], fail), cache.getOrSetMany(["b", "a"], fail)];
    for (const one of both) await rejects(one, RangeError);
    same(runs, 1);
    equal(
      await cache.getOrSetMany(["hit", "a"], async () => ["again"]),
      new Map<string, unknown>([
        ["hit", 1],
        ["a", "again"],
      ]),
    );
  },
  "a failing loader of many is answered with old values where there is grace": async (open) => {
    const { cache, clock } = open({ grace: "1h" });
    await cache.setMany(
      [
        { key: "a", value: "old a" },
        { key: "b", value: "old b" },
      ],
      { ttl: "1s" },
    );
    await clock.advance("1s");
    const fail = () => Promise.reject(new RangeError("no"));
    equal(
      await cache.getOrSetMany(["a", "b"], fail),
      new Map([
        ["a", "old a"],
        ["b", "old b"],
      ]),
    );
    await rejects(cache.getOrSetMany(["a", "c"], fail), RangeError);
  },
  "one caller's abort does not cancel a batch that others wait for": async (open) => {
    const { cache, clock } = open();
    const gate = deferred<void>();
    const mine = new AbortController();
    const many = cache.getOrSetMany(
      ["a", "b"],
      async (keys, { signal }) => {
        await Promise.race([
          gate.promise,
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        ]);
        return keys.map((key) => `loaded ${String(key)}`);
      },
      { signal: mine.signal },
    );
    await clock.settle();
    const other = cache.getOrSet("b", () => "a second load");
    await clock.settle();
    mine.abort(new RangeError("mine"));
    await rejects(many, RangeError);
    await clock.settle();
    gate.resolve();
    same(await other, "loaded b");
  },
  "the signal of a batch aborts when nobody waits any more": async (open) => {
    const { cache, clock } = open();
    const mine = new AbortController();
    let signal: AbortSignal | undefined;
    const many = cache.getOrSetMany(
      ["a", "b"],
      (_, context) => {
        signal = context.signal;
        return new Promise<never>(() => {});
      },
      mine,
    );
    await clock.settle();
    same(signal?.aborted, false);
    mine.abort(new RangeError("mine"));
    await rejects(many, RangeError);
    await clock.settle();
    same(signal?.aborted, true);
  },
});
