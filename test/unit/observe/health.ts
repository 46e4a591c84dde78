import { createCache, defineTier, memory } from "../../../mod.ts";
import type { Key } from "../../../src/key.ts";
import { formatDuration } from "../../../src/observe/format-duration.ts";
import { inWords } from "../../../src/observe/mod.ts";
import { equal, fakeClock, faultyTier, mapData, mapTier, ok, same, suite, type TestCase } from "../../contract/mod.ts";
import { STACKS, type StackSuite, stackSuite } from "../cache/stacks.ts";

function two(options: object = {}) {
  const clock = fakeClock();
  const data = mapData();
  const lower = defineTier(faultyTier(mapTier({ name: "lower", data, timeout: "1s", ...options } as never)));
  return { clock, data, lower, cache: createCache({ clock, sweepInterval: 0, tiers: [memory(), lower] }) };
}

const everywhere: StackSuite = stackSuite("health", {
  "all is well, and the probe leaves nothing": async (open, stack) => {
    const { cache, lower } = open();
    await cache.set("k", 1);
    const before = cache.stats();
    const keys = await cache.keys();
    const writes = lower && [lower.faults.calls.setMany, lower.faults.calls.deleteMany];
    const { status, tiers } = await cache.health();
    same(status, "ok");
    same(tiers.length, stack.depth);
    ok(tiers.every((tier) => tier.ok && tier.latency >= 0 && tier.breaker === "closed"));
    const counted = (await cache.health({ entries: true })).tiers.map((tier) => tier.entries);
    ok(
      counted.every((entries) => entries === 1),
      `${counted}`,
    );
    const { hits, misses } = cache.stats();
    equal([hits, misses], [before.hits, before.misses]);
    equal(await cache.keys(), keys);
    equal(lower && [lower.faults.calls.setMany, lower.faults.calls.deleteMany], writes);
  },
  "an explanation is a look at every tier, and no read": async (open, stack) => {
    const { cache, clock } = open();
    await cache.set("k", 1, { ttl: "1m", tags: ["t"] });
    await clock.advance("10s");
    const before = cache.stats().tiers.map(({ hits, misses }) => [hits, misses]);
    const { key, tiers, text } = await cache.explain("k");
    equal([key, text, tiers.length], ["k", "k", stack.depth]);
    const [top] = tiers;
    equal([top!.state, top!.ttl, top!.grace, top!.tags], ["fresh", 50_000, 50_000, ["t"]]);
    equal(
      cache.stats().tiers.map(({ hits, misses }) => [hits, misses]),
      before,
    );
    same(
      (await cache.explain("none")).tiers.every(({ state }) => state === "absent"),
      true,
    );
  },
});

export const tests: TestCase[] = [
  ...STACKS.flatMap(everywhere),
  ...suite("health", {
    "a tier that fails or hangs is told, within its budget, and the others are ok": async () => {
      const { cache, lower, clock } = two();
      lower.faults.fail("reject");
      const failed = await cache.health();
      equal([failed.status, failed.tiers.map(({ ok }) => ok)], ["degraded", [true, false]]);
      ok(failed.tiers[1]!.error!.includes("lower"));
      lower.faults.fail("hang");
      const asked = cache.health();
      await clock.advance("1s");
      const hung = await asked;
      equal([hung.status, hung.tiers[1]!.latency], ["degraded", 1_000]);
      lower.faults.heal();
      lower.faults.release();
      same((await cache.health()).status, "ok");
      await cache.close();
    },
    "it is down when no tier answers, and the breaker is told": async () => {
      const clock = fakeClock();
      const only = defineTier(faultyTier(mapTier({ name: "only" })));
      const cache = createCache({ clock, sweepInterval: 0, tiers: [only] });
      only.faults.fail("reject");
      for (let i = 0; i < 5; i++) await cache.get("k");
      const { status, tiers } = await cache.health();
      equal([status, tiers[0]!.breaker], ["down", "open"]);
      only.faults.heal();
      await clock.advance("5s");
      equal([(await cache.health()).status, cache.stats().tiers[0]!.breaker], ["ok", "closed"]);
      await cache.close();
    },
  }),
  ...suite("explain", {
    "keys of every kind are told as they stand in the store": async () => {
      const cache = createCache({ sweepInterval: 0 });
      const says = async (key: Key) => /^A read of (.*) is a miss\./.exec(inWords(await cache.explain(key)))?.[1];
      equal(
        [await says('a "b"'), await says(["user", 42n]), await says([NaN, -0, undefined, new Date(0)])],
        ['"a \\"b\\""', '["user","$42n"]', '["$NaN","$-0","$undefined","$@0"]'],
      );
      await cache.close();
    },
    "each state, as data and in words": async () => {
      const clock = fakeClock();
      const cache = createCache({ clock, sweepInterval: 0, version: "2" });
      const says = async (key: string) => {
        const explanation = await cache.explain(key);
        return [explanation.tiers[0]!.state, inWords(explanation)];
      };
      await cache.set("fresh", 1, { ttl: "1h" });
      await cache.set("stale", 1, { ttl: "1m", grace: "1h" });
      await cache.set("old", 1, { version: "1" });
      await cache.set("tagged", 1, { tags: ["a", "b"] });
      await cache.set("expired", 1, { tags: ["e"], grace: "1h", ttl: "1h" });
      await clock.advance("200s");
      await cache.invalidateTags(["b"]);
      await cache.invalidateTags(["e"], { mode: "expire" });
      equal(await says("none"), ["absent", 'A read of "none" is a miss. memory: nothing under this key.']);
      equal(await says("fresh"), [
        "fresh",
        'A read of "fresh" is a hit from memory. memory: an entry made 3m 20s ago, fresh for 56m 40s more.',
      ]);
      equal(await says("stale"), [
        "stale",
        'A read of "stale" is a miss, but getOrSet may serve the old value of memory. memory: an entry made 3m 20s ago, whose time was over 2m 20s ago, to be served where a load fails or is slow for 57m 40s more.',
      ]);
      equal(await says("old"), [
        "version",
        'A read of "old" is a miss. memory: an entry made 3m 20s ago of version "1", which is another than is asked for.',
      ]);
      equal(await says("tagged"), [
        "deleted",
        'A read of "tagged" is a miss. memory: an entry made 3m 20s ago, which tag b (1 after 0) has invalidated.',
      ]);
      const [state, words] = await says("expired");
      same(state, "stale");
      ok(words!.includes("which tag e (2 after 0) has made stale"));
      equal((await cache.explain("tagged")).tiers[0]!.tagSequences, [0, 1]);
      const off = cache.disable();
      ok(inWords(await cache.explain("fresh")).includes("switched off"));
      off.enable();
      await cache.close();
    },
    "a tier that fails is unavailable, and one below has what the top has not": async () => {
      const { cache, lower } = two();
      await cache.set("k", 1);
      await cache.evict("k");
      equal(
        (await cache.explain("k")).tiers.map(({ tier, state }) => [tier, state]),
        [
          ["memory", "absent"],
          ["lower", "fresh"],
        ],
      );
      ok(inWords(await cache.explain("k")).startsWith('A read of "k" is a hit from lower.'));
      lower.faults.fail("reject");
      const explanation = await cache.explain("k");
      same(explanation.tiers[1]!.state, "unavailable");
      ok(inWords(explanation).includes("lower: not to be asked now, Tier lower failed in getMany."));
      await cache.close();
    },
    "words are one line, whatever is in names": async () => {
      const { cache } = two();
      await cache.set("\u202ek", 1, { tags: ["a\nb\u001b[2J"] });
      await cache.invalidateTags("a\nb\u001b[2J");
      const words = inWords(await cache.explain("\u202ek"));
      ok(words.includes("tag a\\nb\\u001b[2J (") && words.includes('"\\u202ek"'), words);
      await cache.close();
    },
    "durations are said in two units at most": () => {
      equal([0, 12.4, 999, 1_500, 61_000, 3_600_000, 90_061_000].map(formatDuration), [
        "0ms",
        "12ms",
        "999ms",
        "1.5s",
        "1m 1s",
        "1h",
        "1d 1h",
      ]);
    },
  }),
];
