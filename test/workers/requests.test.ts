/**
 * Requests of a Worker share its caches, and none must wait for what another has taken along into its end. A request ends
 * when it is answered or its client goes away, and with it all that it waits for.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { seededRandom } from "../contract/mod.ts";
import { type Asking, type Driver, start } from "./requests/driver.ts";
import type { Asked } from "./requests/worker.ts";

let driver: Driver;
before(async () => {
  driver = await start();
});
after(() => driver.stop());

let caches = 0;
const anew = (asked: Omit<Asked, "cache" | "op"> & Partial<Asked> = {}): Asked => ({
  cache: `cache ${++caches}`,
  op: "getOrSet",
  ...asked,
});
const loads = (...ids: string[]) => ids.filter((id) => driver.reached.includes(`load/${id}`));

/** Asks again and again, as what is waited for takes its own time. */
async function until(ask: () => Asking, isEnough: (value: unknown) => boolean): Promise<unknown> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { value } = (await ask().answer) as { value?: unknown };
    if (isEnough(value) || performance.now() > deadline) return value;
  }
}

for (const waitUntil of [undefined, "cache", "call"] as const) {
  const how = waitUntil ? `, with waitUntil for the ${waitUntil}` : "";
  const kept = waitUntil !== undefined;
  const by = (id: string, first: string) => ({ value: `by ${kept ? first : id}` });

  test(`the first request is aborted in the middle of its load: those who wait get an answer${how}`, async () => {
    const asked = anew(waitUntil && { waitUntil });
    const load = driver.hold(`load/${asked.cache} 1`);
    const first = driver.ask(asked, `${asked.cache} 1`);
    await load.reached;
    const others = ["2", "3"].map((id) => driver.ask(asked, `${asked.cache} ${id}`));
    // Another load is a sign that they have come to wait for the first.
    assert.deepEqual(await driver.ask({ ...asked, key: "other" }, `${asked.cache} other`).answer, {
      value: `by ${asked.cache} other`,
    });
    first.abort();
    if (kept) load.release();
    const answers = await Promise.all(others.map(({ answer }) => answer));
    const loaders = loads(`${asked.cache} 2`, `${asked.cache} 3`);
    assert.equal(loaders.length, kept ? 0 : 1, "loads beside the first");
    const expected = by(loaders[0]!, `${asked.cache} 1`);
    assert.deepEqual(answers, [expected, expected]);
    load.release();
    assert.deepEqual(await driver.ask(asked).answer, expected, "what was loaded is cached");
  });

  test(`the first request was aborted in the middle of its load: who comes later gets an answer${how}`, async () => {
    const asked = anew(waitUntil && { waitUntil });
    const load = driver.hold(`load/${asked.cache} 1`);
    const first = driver.ask(asked, `${asked.cache} 1`);
    await load.reached;
    first.abort();
    // A round trip, by which workerd has noticed.
    await driver.ask({ ...asked, key: "other" }).answer;
    const second = driver.ask(asked, `${asked.cache} 2`);
    if (kept) {
      await driver.ask({ ...asked, key: "another" }).answer;
      load.release();
    }
    assert.deepEqual(await second.answer, by(`${asked.cache} 2`, `${asked.cache} 1`));
    load.release();
  });

  test(`the first request is answered before its load has ended: who comes later gets an answer${how}`, async () => {
    const asked = anew(waitUntil && { waitUntil });
    const load = driver.hold(`load/${asked.cache} 1`);
    const early = driver.hold(`early/${asked.cache} 1`);
    const first = driver.ask({ ...asked, early: true }, `${asked.cache} 1`);
    await load.reached;
    early.release();
    assert.deepEqual(await first.answer, { value: "early" });
    const second = driver.ask(asked, `${asked.cache} 2`);
    if (kept) {
      await driver.ask({ ...asked, key: "another" }).answer;
      load.release();
    }
    assert.deepEqual(await second.answer, by(`${asked.cache} 2`, `${asked.cache} 1`));
    load.release();
  });
}

test("who gives up in one request harms nobody who waits in another, nor the request that loads", async () => {
  const asked = anew();
  const [one, two] = ["1", "2"].map((id) => `${asked.cache} ${id}`) as [string, string];
  const load = driver.hold(`load/${one}`);
  const ends = [two, one].map((id) => driver.hold(`give up/${id}`));
  const first = driver.ask({ ...asked, giveUp: true }, one);
  await load.reached;
  const second = driver.ask({ ...asked, giveUp: true }, two);
  const third = driver.ask(asked);
  await Promise.all(ends.map(({ reached }) => reached));
  // A round trip, so that the third has come as well.
  await driver.ask({ ...asked, key: "other" }).answer;
  for (const [i, { answer }] of [second, first].entries()) {
    ends[i]!.release();
    assert.match(String(((await answer) as { error: string }).error), /Abort/);
  }
  load.release();
  const { value } = (await third.answer) as { value: string };
  assert.match(value, /^by /);
  assert.deepEqual(await driver.ask(asked).answer, { value });
});

test("a load that all have given up is stopped, whoever was the last", async () => {
  const asked = anew({ waitUntil: "cache" });
  const [one, two] = ["1", "2"].map((id) => `${asked.cache} ${id}`) as [string, string];
  const load = driver.hold(`load/${one}`);
  const ends = [one, two].map((id) => driver.hold(`give up/${id}`));
  const first = driver.ask({ ...asked, giveUp: true }, one);
  await load.reached;
  const last = driver.ask({ ...asked, giveUp: true }, two);
  await Promise.all(ends.map(({ reached }) => reached));
  for (const [i, { answer }] of [first, last].entries()) {
    ends[i]!.release();
    assert.match(String(((await answer) as { error: string }).error), /Abort/);
  }
  assert.deepEqual(await driver.ask(asked, `${asked.cache} 3`).answer, { value: `by ${asked.cache} 3` });
  load.release();
});

/** Nobody is saved by the end of a budget: what waits for a request that has ended would wait for a minute. */
const PATIENT = { timeout: "1m" } as const;
const SLOW = { tiers: "slow", tier: PATIENT, options: { coherence: 0, lease: "1s" } } as const;

const OTHERS: readonly Pick<Asked, "op" | "value">[] = [
  { op: "get" },
  { op: "touch" },
  { op: "getOrSet" },
  { op: "invalidateTags" },
  { op: "delete" },
  { op: "size" },
  { op: "clear" },
  { op: "set", value: "last" },
];

for (const [op, at] of [
  ["get", "getMany"],
  ["get", "journal"],
  ["getOrSet", "getMany"],
  ["getOrSet", "setMany"],
  ["set", "setMany"],
  ["delete", "deleteMany"],
  ["touch", "touchMany"],
  ["invalidateTags", "invalidate"],
  ["clear", "clear"],
] as const) {
  for (const when of ["before", "after"] as const) {
    test(`a ${op} is broken off at ${at} of a store: calls that come ${when} that are answered`, async () => {
      const asked = anew(SLOW);
      await driver.ask({ ...asked, op: "set", key: op === "touch" || at === "journal" ? "k" : "other", value: "old" })
        .answer;
      const gate = driver.hold(at);
      const first = driver.ask({ ...asked, op });
      await gate.reached;
      const all = () => OTHERS.slice(0, -1).map((other) => driver.ask({ ...asked, ...other }));
      const early = when === "before" ? all() : [];
      // A round trip, so that these have come.
      await driver.ask(anew()).answer;
      first.abort();
      gate.release();
      const late = when === "after" ? all() : [];
      for (const { answer } of [...early, ...late]) {
        const got = await answer;
        assert.ok(typeof got === "object" && got.error === undefined, JSON.stringify(got));
      }
      for (const other of OTHERS) {
        const got = await driver.ask({ ...asked, ...other }).answer;
        assert.ok(typeof got === "object" && got.error === undefined, `${other.op}: ${JSON.stringify(got)}`);
      }
      assert.deepEqual(await driver.ask({ ...asked, op: "get" }).answer, { value: "last" });
      assert.deepEqual(await driver.ask({ ...asked, op: "stored" }).answer, { value: "last" });
    });
  }
}

for (const when of ["before", "after"] as const) {
  test(`a set is broken off at a put of KV: calls for its key that come ${when} that are answered`, async () => {
    const asked = anew({ tiers: "slow kv", options: { ttl: "1h" } });
    const gate = driver.hold("put");
    const first = driver.ask({ ...asked, op: "set", value: "first" });
    await gate.reached;
    const all = () => (["get", "set", "delete"] as const).map((op) => driver.ask({ ...asked, op, value: "other" }));
    const early = when === "before" ? all() : [];
    await driver.ask(anew()).answer;
    first.abort();
    gate.release();
    for (const { answer } of [...early, ...(when === "after" ? all() : [])]) {
      const got = await answer;
      assert.ok(typeof got === "object" && got.error === undefined, JSON.stringify(got));
    }
    // Had one of them failed within KV, the tier would be told of that before it takes anything new.
    assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "last" }).answer, {});
    const errors = await driver.ask({ ...asked, op: "errors" }).answer;
    assert.deepEqual(errors, { value: 0 });
    assert.deepEqual(await driver.ask({ ...asked, op: "get" }).answer, { value: "last" });
  });
}

test("a set is broken off at a batch of D1: changes of its key and of everything that come after that are answered", async () => {
  const asked = anew({ tiers: "slow d1", tier: PATIENT, options: { ttl: "1h", coherence: "1h" } });
  assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "made" }).answer, {});
  const gate = driver.hold("batch");
  const first = driver.ask({ ...asked, op: "set", value: "first" });
  await gate.reached;
  const ops = ["set", "delete", "invalidateTags", "clear"] as const;
  const others = ops.map((op) => driver.ask({ ...asked, op, value: "other" }));
  await driver.ask(anew()).answer;
  first.abort();
  gate.release();
  for (const { answer } of others) {
    const got = await answer;
    assert.ok(typeof got === "object" && got.error === undefined, JSON.stringify(got));
  }
  assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "last" }).answer, {});
  assert.deepEqual(await driver.ask({ ...asked, op: "errors" }).answer, { value: 0 });
  assert.deepEqual(await driver.ask({ ...asked, op: "get" }).answer, { value: "last" });
});

test("who waits for another process to load is woken, though a request that waited as well has ended", async () => {
  const asked = anew({ ...SLOW, options: { lease: "600ms" } });
  await driver.ask({ ...asked, op: "get" }).answer;
  await driver.ask({ ...asked, op: "lease", value: 600 }).answer;
  // Should the lease end before the first request does.
  const load = driver.hold(`load/${asked.cache} 1`);
  const first = driver.ask(asked, `${asked.cache} 1`);
  await driver.ask(anew()).answer;
  const second = driver.ask({ ...asked, key: "j" }, `${asked.cache} 2`);
  first.abort();
  assert.deepEqual(await second.answer, { value: `by ${asked.cache} 2` });
  assert.deepEqual(await driver.ask(asked, `${asked.cache} 3`).answer, { value: `by ${asked.cache} 3` });
  load.release();
});

test("what a store missed is made good, though the request that began with that has ended", async () => {
  const asked = anew({ ...SLOW, tier: { ...PATIENT, breaker: false } });
  await driver.ask({ ...asked, op: "set", value: "old" }).answer;
  driver.fail("deleteMany");
  await driver.ask({ ...asked, op: "delete" }).answer;
  driver.fail();
  const gate = driver.hold("deleteMany");
  const first = driver.ask({ ...asked, op: "get" });
  await gate.reached;
  const second = driver.ask({ ...asked, op: "get" });
  await driver.ask(anew()).answer;
  first.abort();
  gate.release();
  assert.deepEqual(await second.answer, { value: null });
  assert.deepEqual(await driver.ask({ ...asked, op: "get" }).answer, { value: null });
  assert.deepEqual(await driver.ask({ ...asked, op: "stored" }).answer, { value: null });
});

test("a queue of writes is stored by the next request that needs it", async () => {
  const asked = anew({ ...SLOW, tier: { ...PATIENT, write: "behind" } });
  // It is answered at once, and ends before anything is stored.
  assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "behind" }).answer, {});
  assert.deepEqual(await driver.ask({ ...asked, op: "touch" }).answer, { value: true });
  assert.deepEqual(await driver.ask({ ...asked, op: "stored" }).answer, { value: "behind" });
});

test("a queue of writes is stored by waitUntil", async () => {
  const asked = anew({ ...SLOW, tier: { ...PATIENT, write: "behind" }, waitUntil: "cache" });
  const gate = driver.hold("setMany");
  assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "behind" }).answer, {});
  await gate.reached;
  gate.release();
  const value = await until(
    () => driver.ask({ ...asked, op: "stored" }),
    (stored) => stored !== null,
  );
  assert.equal(value, "behind");
});

for (const waitUntil of [undefined, "cache"] as const) {
  test(`an old value is served while it is refreshed${waitUntil ? ", by waitUntil" : ""}`, async () => {
    const asked = anew({ options: { ttl: 1, swr: "1h" }, call: { ttl: "1h" }, ...(waitUntil && { waitUntil }) });
    await driver.ask({ ...asked, op: "set", value: "old", call: {} }).answer;
    // The first of them may still find it fresh.
    const ids = ["1", "2", "3"].map((id) => `${asked.cache} ${id}`);
    const held = ids.map((id) => driver.hold(`load/${id}`));
    for (const id of ids) assert.deepEqual(await driver.ask(asked, id).answer, { value: "old" });
    if (!waitUntil) return;
    await Promise.race(held.map(({ reached }) => reached));
    for (const { release } of held) release();
    const value = await until(
      () => driver.ask(asked, `${asked.cache} 4`),
      (got) => got !== "old",
    );
    assert.ok(
      ids.some((id) => value === `by ${id}`),
      String(value),
    );
  });
}

test("in a durable object too a load outlives the request that began it, or is begun anew", async () => {
  const asked = anew({ tiers: "object" });
  const load = driver.hold(`load/${asked.cache} 1`);
  const first = driver.ask(asked, `${asked.cache} 1`);
  await load.reached;
  const second = driver.ask(asked, `${asked.cache} 2`);
  await driver.ask({ ...asked, key: "other" }).answer;
  first.abort();
  const third = driver.ask(asked, `${asked.cache} 3`);
  await driver.ask({ ...asked, key: "another" }).answer;
  load.release();
  const answers = [await second.answer, await third.answer] as { value: string }[];
  assert.equal(answers[0]!.value, answers[1]!.value);
  assert.match(answers[0]!.value, /^by /);
});

for (const flags of [[], ["no_nodejs_compat", "no_nodejs_compat_v2"]]) {
  test(`openCache finds waitUntil by itself${flags.length === 0 ? "" : ", without nodejs_compat too"}`, async () => {
    const own = flags.length === 0 ? driver : await start(flags);
    try {
      const asked = anew({ tiers: "open", options: { ttl: "1h" } });
      const becomes = async (key: string, expected: string, fault: string) => {
        const get = () => own.ask({ ...asked, op: "get", key });
        const isThere = (value: unknown) => value === expected;
        assert.equal(await until(get, isThere), expected, fault);
      };
      const load = own.hold(`load/${asked.cache} 1`);
      const first = own.ask({ ...asked, key: "loaded" }, `${asked.cache} 1`);
      await load.reached;
      first.abort();
      await own.ask(anew()).answer;
      load.release();
      await becomes("loaded", `by ${asked.cache} 1`, "the load was not to be broken off");
      const old = { ...asked, key: "old" };
      await own.ask({ ...old, op: "set", value: "old", call: { ttl: 1, swr: "1h" } }).answer;
      // The first of them may still find it fresh.
      const ids = ["2", "3", "4"].map((id) => `${asked.cache} ${id}`);
      const held = ids.map((id) => own.hold(`load/${id}`));
      for (const id of ids) {
        assert.deepEqual(await own.ask({ ...old, call: { swr: "1h" } }, id).answer, { value: "old" });
      }
      await Promise.race(held.map(({ reached }) => reached));
      for (const { release } of held) release();
      const loader = ids.find((id) => own.reached.includes(`load/${id}`));
      await becomes("old", `by ${loader}`, "the refresh was not to be broken off");
    } finally {
      if (own !== driver) await own.stop();
    }
  });
}

for (const tiers of ["memory", "slow"] as const) {
  for (const waitUntil of [undefined, "cache"] as const) {
    test(`nothing hangs in 200 tries, ${tiers}${waitUntil ? " with waitUntil" : ""}`, async () => {
      const random = seededRandom(200);
      const pick = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)]!;
      const asked = anew({ ...SLOW, tiers, ...(waitUntil && { waitUntil }) });
      const holds: readonly (readonly [Asked["op"], string?])[] = [
        ["getOrSet"],
        ...(tiers === "memory"
          ? []
          : ([
              ["getOrSet", "getMany"],
              ["getOrSet", "setMany"],
              ["get", "journal"],
              ["set", "setMany"],
              ["delete", "deleteMany"],
              ["invalidateTags", "invalidate"],
            ] as const)),
      ];
      for (let round = 0; round < 200; round++) {
        const key = `k${pick([1, 2, 3])}`;
        const id = `${asked.cache} ${round}`;
        const [op, at = `load/${id}`] = pick(holds);
        const gate = driver.hold(at);
        const early = random() < 0.3;
        const first = driver.ask({ ...asked, op, key, early, call: { ttl: 5 } }, id);
        // It may have been served from memory, or wait for the load of an earlier one.
        await Promise.race([gate.reached, first.answer]);
        const others = [1, 2].map(() => driver.ask({ ...asked, op: pick(OTHERS).op, key, value: round }));
        if (!early && random() < 0.8) first.abort();
        gate.release();
        for (const { answer } of [first, ...others]) {
          const got = await answer;
          assert.ok(
            got === "broken off" || (got !== "hangs" && got.error === undefined),
            `${id}: ${JSON.stringify(got)}`,
          );
        }
      }
      assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "end" }).answer, {});
      assert.deepEqual(await driver.ask({ ...asked, op: "get" }).answer, { value: "end" });
    });
  }
}

for (const tiers of ["kv", "d1", "kv, d1", "cache API", "object"] as const) {
  test(`nothing hangs in 200 tries, memory over ${tiers}`, async () => {
    const random = seededRandom(201);
    const pick = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)]!;
    const asked = anew({ tiers, options: { coherence: 0, lease: "1s" } });
    const ops = ["getOrSet", "getOrSet", "get", "set", "delete", "touch", "invalidateTags"] as const;
    for (let round = 0; round < 100; round++) {
      const all = [1, 2].map(() => {
        const call = { ttl: "2m", tags: ["k"] };
        return driver.ask({ ...asked, op: pick(ops), key: pick(["k", "j"]), value: round, call });
      });
      // At some point of what it does.
      for (let turn = Math.floor(random() * 3); turn > 0; turn--) await driver.ask(anew({ op: "get" })).answer;
      if (random() < 0.6) all[0]!.abort();
      for (const { answer } of all) {
        const got = await answer;
        assert.ok(
          got === "broken off" || (got !== "hangs" && got.error === undefined),
          `${round}: ${JSON.stringify(got)}`,
        );
      }
    }
    assert.deepEqual(await driver.ask({ ...asked, op: "set", value: "end" }).answer, {});
    assert.deepEqual(await driver.ask({ ...asked, op: "get" }).answer, { value: "end" });
  });
}

test("nobody hangs with an old compatibility date either, where the runtime tells nobody that a request has ended", async () => {
  const old = await start(["no_handle_cross_request_promise_resolution"]);
  try {
    const asked = anew();
    const load = old.hold("load/1");
    const first = old.ask(asked, "1");
    await load.reached;
    const second = old.ask(asked, "2");
    await old.ask({ ...asked, key: "other" }, "other").answer;
    first.abort();
    assert.deepEqual(await second.answer, { value: "by 2" });
    assert.deepEqual(await old.ask(asked, "3").answer, { value: "by 2" });
  } finally {
    await old.stop();
  }
});
