import { createCache, warm } from "../../mod.ts";
import type { WarmProgress } from "../../src/warm.ts";
import { equal, fakeClock, ok, rejects, same, suite, type TestCase } from "../contract/mod.ts";

function open(options: object = {}) {
  return createCache({ clock: fakeClock(), sweepInterval: 0, ...options });
}

function* items(count: number): Generator<{ key: string; value: number }> {
  for (let i = 0; i < count; i++) yield { key: `k${i}`, value: i };
}

async function* keys(count: number): AsyncGenerator<string> {
  for (let i = 0; i < count; i++) yield `k${i}`;
}

export const tests: TestCase[] = suite("warm", {
  "writes items in batches, with their options and those of the call": async () => {
    const cache = open();
    const seen: WarmProgress[] = [];
    const list = [...items(250), { key: "own", value: -1, ttl: 5 }];
    const end = await warm(cache, list, { ttl: 1_000, tags: ["t"], onProgress: (progress) => seen.push(progress) });
    equal(end, { done: 251, failed: 0, total: 251 });
    equal(
      seen.map(({ done }) => done),
      [100, 200, 251],
    );
    equal([(await cache.meta("k0"))?.ttl, (await cache.meta("own"))?.ttl], [1_000, 5]);
    equal((await cache.meta("k249"))?.tags, ["t"]);
  },
  "loads keys that are not there, so many at once": async () => {
    const cache = open();
    await cache.set("k3", "there");
    let [running, most, loads] = [0, 0, 0];
    const load = async ({ key }: { key: unknown }) => {
      most = Math.max(most, ++running);
      loads++;
      for (let i = 0; i < 50; i++) await undefined;
      running--;
      return `loaded ${key}`;
    };
    const seen: number[] = [];
    const end = await warm(cache, keys(20), { load, concurrency: 3, onProgress: ({ done }) => seen.push(done) });
    equal(end, { done: 20, failed: 0, total: undefined });
    equal([loads, most], [19, 3]);
    equal(
      seen,
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    equal([await cache.get("k3"), await cache.get("k4")], ["there", "loaded k4"]);
  },
  "a key whose value is not kept is done all the same": async () => {
    const cache = open();
    equal(await warm(cache, ["a"], { load: () => undefined }), { done: 1, failed: 0, total: 1 });
    equal(await warm(cache, ["a"], { load: () => 1, shouldCache: () => false }), { done: 1, failed: 0, total: 1 });
    same(await cache.has("a"), false);
  },
  "takes no text for its keys": async () => {
    const load = () => 1;
    for (const text of ["user:1", ""]) await rejects(warm(open(), text as never, { load }), "CONFIG");
  },
  "takes keys of every kind, and nothing at all": async () => {
    const cache = open();
    await warm(cache, new Set(["a", "b"]), { load: () => 1 });
    await warm(cache, [["c", 1]], { load: () => 2 });
    equal([await cache.get("a"), await cache.get(["c", 1])], [1, 2]);
    equal(await warm(cache, []), { done: 0, failed: 0, total: 0 });
  },
  "the first failure ends it, and no more of the source is read": async () => {
    let read = 0;
    let isClosed = false;
    async function* source() {
      try {
        for (;;) yield `k${read++}`;
      } finally {
        isClosed = true;
      }
    }
    const load = ({ key }: { key: unknown }) => {
      if (key === "k5") throw new RangeError("no");
      return 1;
    };
    await rejects(warm(open(), source(), { load, concurrency: 2 }), RangeError);
    ok(read < 12, String(read));
    same(isClosed, true);
  },
  "with onError the others go on": async () => {
    const failures: unknown[] = [];
    const load = ({ key }: { key: unknown }) => {
      if (key === "k1") throw new RangeError("no");
      return 1;
    };
    const cache = open();
    const end = await warm(cache, keys(3), { load, onError: (error, keys) => failures.push([String(error), keys]) });
    equal(end, { done: 2, failed: 1, total: undefined });
    equal(failures, [["RangeError: no", ["k1"]]]);
    const bad = [...items(1), { key: "\0", value: 1 }];
    equal(await warm(cache, bad, { onError: () => {} }), { done: 0, failed: 2, total: 2 });
  },
  "an aborted signal ends it with its reason": async () => {
    const controller = new AbortController();
    const load = ({ key }: { key: unknown }) => {
      if (key === "k4") controller.abort(new RangeError("enough"));
      return 1;
    };
    await rejects(warm(open(), keys(1e9), { load, signal: controller.signal, onError: () => {} }), RangeError);
  },
  "neither a failure nor an abort waits for a source that gives nothing more": async () => {
    async function* stuck() {
      yield "k";
      await new Promise<never>(() => {});
    }
    const fail = () => {
      throw new RangeError("no");
    };
    await rejects(warm(open(), stuck(), { load: fail }), RangeError);
    const controller = new AbortController();
    const load = () => 1;
    const onProgress = () => controller.abort(new RangeError("enough"));
    await rejects(warm(open(), stuck(), { load, onProgress, signal: controller.signal }), RangeError);
  },
  "refuses wrong options": async () => {
    const cache = open();
    for (const wrong of [{ concurrency: 0 }, { concurrency: 1.5 }, { load: 1 }, { onProgress: 1 }, { onError: 1 }])
      await rejects(warm(cache, [], wrong as never), "CONFIG");
    await rejects(warm(undefined as never, []), "CONFIG");
    await rejects(warm({} as never, []), "CONFIG");
    await rejects(warm(cache, [], null as never), "CONFIG");
    for (const wrong of [undefined, null, 5, {}]) await rejects(warm(cache, wrong as never), "CONFIG");
  },
  "keys without load are told of, whatever onError says": async () => {
    for (const keys of [["a"], [["user", 1]], [undefined]])
      for (const options of [{}, { onError: () => {} }]) {
        const error = await rejects(warm(open(), keys as never, options), "CONFIG");
        ok(String(error).includes("load as it must be given where the source has keys alone"), String(error));
      }
  },
});
