import type { Cache } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, seededRandom } from "../../contract/mod.ts";
import { deferred, HUNDRED } from "../cache/tools.ts";
import type { Parcel } from "./network.ts";
import { fill, hasJournal, onStacks, type Pair, STACKS, TAGS } from "./pair.ts";

/** What is no message, or one from a version that says more. */
const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  "",
  "delete",
  7,
  true,
  [],
  {},
  { news: [{ by: "prefix", prefix: "" }] },
  { origin: 5, news: [{ by: "prefix", prefix: "" }] },
  { origin: "x" },
  { origin: "x", news: "all" },
  { origin: "x", news: { by: "prefix", prefix: "" } },
  ...[
    null,
    5,
    "keys",
    [],
    {},
    { by: "everything" },
    { by: "keys" },
    { by: "keys", keys: "k" },
    { by: "keys", keys: ["k", 5] },
    { by: "keys", keys: [["k"]] },
    { by: "loads", keys: [null] },
    { by: "prefix" },
    { by: "prefix", prefix: null },
    { by: "pattern", prefix: "" },
    { by: "pattern", pattern: "*" },
    { by: "pattern", prefix: "", pattern: ["*"] },
    { by: "pattern", prefix: "", pattern: { source: "k" } },
    { by: "pattern", prefix: "", pattern: { source: "(", flags: "" } },
    { by: "pattern", prefix: "", pattern: { source: "k", flags: "?" } },
    { by: "pattern", prefix: "", pattern: "[z-a]" },
    ...[undefined, "t", [5]].map((tags) => ({ by: "tags", tags, match: "any", mode: "delete", sequence: 1 })),
    ...[undefined, "some", 1].map((match) => ({ by: "tags", tags: ["t"], match, mode: "delete", sequence: 1 })),
    ...[undefined, "soft", 1].map((mode) => ({ by: "tags", tags: ["t"], match: "any", mode, sequence: 1 })),
    ...[undefined, null, "9", -1, 1.5, Number.NaN, Infinity, 2 ** 53, 1e300].map((sequence) => ({
      by: "tags",
      tags: ["t"],
      match: "any",
      mode: "delete",
      sequence,
    })),
  ].map((item) => ({ origin: "x", news: [item] })),
];

/** What a test can see of a memory: for each key whether it is there, or stale. */
async function stateOf(cache: Cache, keys: readonly string[]): Promise<unknown> {
  const metas = await Promise.all(keys.map((key) => cache.meta(key, { tier: "memory" })));
  return metas.map((meta) => (meta ? (meta.stale ? "stale" : "fresh") : "gone"));
}

/** Some changes to keys that both have, told but not delivered. */
async function changed(
  pair: Pair,
  stack: { shared: boolean },
  keys: readonly string[],
  seed: number,
): Promise<Parcel[]> {
  const { a, b, net } = pair;
  const random = seededRandom(seed);
  const some = (): string => keys[Math.floor(random() * keys.length)]!;
  const tagsOf = (key: string): string[] => [`t${key.charCodeAt(1) % 3}`, `u${key.charCodeAt(1) % 2}`];
  for (const key of keys) {
    await a.set(key, key, { tags: tagsOf(key) });
    if (!stack.shared) await b.set(key, key, { tags: tagsOf(key) });
    await b.get(key);
  }
  net.parcels.length = 0;
  const changes: (() => Promise<unknown>)[] = [
    () => a.delete(some()),
    () => a.set(some(), "new", { tags: ["t0"] }),
    () => a.touch(some(), { ttl: "1h" }),
    () => a.invalidateTags("t1", { mode: random() < 0.5 ? "delete" : "expire" }),
    () => a.invalidateTags(["t2", "u0"], { match: "all", mode: random() < 0.5 ? "delete" : "expire" }),
    () => a.invalidateTags(["t0", "u1"], { match: "exact", mode: random() < 0.5 ? "delete" : "expire" }),
    () => a.invalidatePattern(`${some()}*`),
    () => a.namespace("n").clear(),
  ];
  for (let i = 0; i < 6; i++) await changes[Math.floor(random() * changes.length)]!();
  return net.parcels.splice(0);
}

export const tests: TestCase[] = onStacks("bus, hearing", STACKS, {
  "garbage changes nothing, and is no fault": async (open, stack) => {
    const pair = open();
    const { a, b, net, clock, errors } = pair;
    await fill(pair, stack);
    for (const message of GARBAGE) net.inject(message);
    await clock.settle();
    equal(errors, []);
    equal([await a.get("k"), await b.get("k")], ["old", "old"]);
  },
  "what is understood of a message counts": async (open, stack) => {
    if (hasJournal(stack)) return;
    const pair = open();
    const { b, net, clock } = pair;
    await fill(pair, stack);
    const news = [{ by: "future" }, { by: "keys", keys: ["k"] }, null];
    net.inject({ origin: "x", news });
    await clock.settle();
    same(await b.meta("k", { tier: "memory" }), undefined);
  },
  "a sequence that cannot be true drops what is there, and is not remembered": async (open, stack) => {
    const pair = open({ grace: "1h" });
    const { a, b, net, clock } = pair;
    for (const sequence of [Number.MAX_SAFE_INTEGER, clock.now() + 30 * 86_400_000]) {
      await fill(pair, stack);
      for (const match of ["any", "all", "exact"]) {
        net.inject({ origin: "x", news: [{ by: "tags", tags: ["t"], match, mode: "delete", sequence }] });
        await clock.settle();
        if (!hasJournal(stack)) same(await b.meta("k", { tier: "memory" }), undefined, match);
      }
      await b.set("k", "new", { tags: TAGS });
      net.deliver();
      await clock.settle();
      if (stack.shared) same(await a.get("k"), "new");
      same(await b.get("k"), "new");
      await b.invalidateTags("t");
      const { news } = JSON.parse(net.parcels.at(-1)!.text);
      ok(news[0].sequence <= clock.now() + 1_000, `${news[0].sequence} is far ahead of ${clock.now()}`);
      net.deliver();
      await clock.settle();
      equal([await a.get("k"), await b.get("k")], [undefined, undefined]);
    }
  },
  "an invalidation counts wherever the numbers of the other stand": async (open, stack) => {
    const pair = open();
    const { a, b, net, clock } = pair;
    for (let i = 0; i < 20; i++) await b.invalidateTags(`x${i}`);
    net.parcels.length = 0;
    await fill(pair, stack);
    for (const round of [1, 2]) {
      await a.invalidateTags("t");
      net.deliver();
      await clock.settle();
      same(await b.get("k"), undefined, `round ${round}`);
      for (const cache of stack.shared ? [b] : [a, b]) await cache.set("k", "old", { tags: TAGS });
      net.parcels.length = 0;
      equal([await a.get("k"), await b.get("k")], ["old", "old"], `round ${round}`);
    }
  },
  "duplicates and any order come to the same": async (open, stack) => {
    const keys = ["ka", "kb", "kc", "kd", "ke", "kf"];
    for (let seed = 1; seed <= 15; seed++) {
      const straight = open();
      const parcels = await changed(straight, stack, keys, seed);
      straight.net.deliver(parcels);
      await straight.clock.settle();
      const expected = await stateOf(straight.b, keys);
      const random = seededRandom(seed * 1_000);
      for (let round = 0; round < 3; round++) {
        const crooked = open();
        const again = await changed(crooked, stack, keys, seed);
        const mixed = [...again, ...again.filter(() => random() < 0.5)]
          .map((parcel) => ({ parcel, at: random() }))
          .sort((x, y) => x.at - y.at)
          .map(({ parcel }) => parcel);
        crooked.net.deliver(mixed);
        await crooked.clock.settle();
        equal(await stateOf(crooked.b, keys), expected, `seed ${seed}, round ${round}`);
      }
    }
  },
  "of what is lost, a journal makes good all that is followed by any message": async (open, stack) => {
    if (!hasJournal(stack)) return;
    const keys = HUNDRED.slice(0, 6).map((i) => `k${i}`);
    for (let seed = 1; seed <= 10; seed++) {
      const straight = open();
      straight.net.deliver(await changed(straight, stack, keys, seed));
      await straight.clock.settle();
      const expected = await stateOf(straight.b, keys);
      const lossy = open();
      lossy.net.deliver((await changed(lossy, stack, keys, seed)).slice(-1));
      await lossy.clock.settle();
      equal(await stateOf(lossy.b, keys), expected, `seed ${seed}`);
    }
  },
  "a pattern reaches keys that only the other has": async (open, stack) => {
    if (hasJournal(stack)) return;
    const { a, b, net, clock, lower } = open();
    await a.get("x");
    const keys = ["user:1", "user:2:x", "other"];
    for (const view of [b, b.namespace("n")]) {
      for (const key of keys) await view.set(key, 1);
      await view.set(["user", 1], 1);
    }
    // The shared tier has lost them all.
    for (const { clear } of lower.flatMap((tier) => tier ?? [])) await clear("", clock.now());
    net.parcels.length = 0;
    await a.invalidatePattern("user:*");
    net.deliver();
    await clock.settle();
    equal(await b.keys({ tier: "memory" }), ["other", ["user", 1]]);
    await a.namespace("n").invalidatePattern(/^user:2|"user"/g);
    net.deliver();
    await clock.settle();
    equal(await b.namespace("n").keys({ tier: "memory" }), ["user:1", "other"]);
    equal(await b.keys({ tier: "memory" }), ["other", ["user", 1]]);
  },
  "a pattern reaches loads under way of keys that only the other has": async (open, stack) => {
    if (stack.tags) return;
    const { a, b, net, clock } = open();
    await a.get("x");
    const loaded = deferred<string>();
    const first = b.getOrSet("user:1", () => loaded.promise);
    await clock.settle();
    await a.invalidatePattern("user:*");
    net.deliver();
    await clock.settle();
    const second = b.getOrSet("user:1", () => "new");
    loaded.resolve("old");
    equal([await first, await second, await b.get("user:1")], ["old", "new", "new"]);
  },
  "when messages may have been missed, memory is as if all had been told": async (open, stack) => {
    const pair = open();
    const { a, b, net, clock } = pair;
    await fill(pair, stack);
    await a.set("k", "new");
    net.miss();
    await clock.settle();
    same(await b.get("k"), stack.shared ? "new" : undefined);
    if (!hasJournal(stack)) same(await b.meta("untouched", { tier: "memory" }), undefined);
  },
});
