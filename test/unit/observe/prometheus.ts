import { createCache, defineTier, memory } from "../../../mod.ts";
import { loadTimes } from "../../../src/observe/mod.ts";
import { prometheus } from "../../../src/observe/prometheus.ts";
import { equal, fakeClock, mapTier, ok, same, suite, type TestCase, throws } from "../../contract/mod.ts";

function open(name = "app") {
  const clock = fakeClock();
  return { clock, cache: createCache({ name, clock, sweepInterval: 0, tiers: [memory(), defineTier(mapTier())] }) };
}

/** The value of a sample. */
function sample(text: string, name: string, ...labels: string[]): number | undefined {
  const line = text
    .split("\n")
    .find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}

export const tests: TestCase[] = [
  ...suite("prometheus", {
    "every number has its family, with help and type, once": async () => {
      const { cache } = open();
      const metrics = prometheus(cache);
      await cache.get("k");
      await cache.getOrSet("k", () => 1);
      await cache.get("k");
      await cache.delete("k");
      await cache.set("secret-key", 1, { tags: ["secret-tag"] });
      const text = metrics.text();
      equal(
        [
          sample(text, "tiercel_reads_total", 'outcome="hit"'),
          sample(text, "tiercel_reads_total", 'outcome="miss"'),
          sample(text, "tiercel_sets_total", 'cache="app"'),
          sample(text, "tiercel_tier_hits_total", 'tier="memory"'),
          sample(text, "tiercel_tier_entries", 'tier="memory"'),
          sample(text, "tiercel_tier_breaker_state", 'tier="map"', 'state="closed"'),
          sample(text, "tiercel_load_duration_seconds_count"),
        ],
        [1, 2, 2, 1, 1, 1, 1],
      );
      ok(!text.includes("secret"), "no key and no tag");
      const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const);
      same(new Set(families.map(([name]) => name)).size, families.length);
      for (const [name, type] of families) {
        ok(text.includes(`# HELP ${name} `), `${name} has help`);
        same(name.endsWith("_total"), type === "counter", name);
      }
      ok(text.endsWith("\n"));
      await cache.close();
    },
    "the histogram adds up": async () => {
      const { cache, clock } = open();
      const metrics = prometheus(cache);
      for (const ms of [1, 3, 3, 40, 60_000]) {
        const loaded = cache.getOrSet(`${ms} ${Math.random()}`, () => clock.sleep(ms).then(() => 1));
        await clock.advance(ms);
        await loaded;
      }
      const text = metrics.text();
      const bucket = (le: string) => sample(text, "tiercel_load_duration_seconds_bucket", `le="${le}"`);
      equal(
        [bucket("0.001"), bucket("0.0025"), bucket("0.005"), bucket("0.05"), bucket("10"), bucket("+Inf")],
        [1, 1, 3, 4, 4, 5],
      );
      same(sample(text, "tiercel_load_duration_seconds_sum"), 60.047);
      await cache.close();
    },
    "several caches are told apart by a label, and two of one name are refused": async () => {
      const [one, two] = [open("one").cache, open("two").cache];
      await two.get("k");
      const text = prometheus([one, two], { prefix: "app_cache", labels: { region: 'e"u\n' } }).text();
      equal(
        ["one", "two"].map((name) => sample(text, "app_cache_reads_total", `cache="${name}"`, 'outcome="miss"')),
        [0, 1],
      );
      ok(text.includes('region="e\\"u\\n"'));
      throws(() => prometheus([one, open("one").cache]), "CONFIG");
      throws(() => prometheus(one, { prefix: "9" }), "CONFIG");
      throws(() => prometheus(one, { labels: { cache: "x" } }), "CONFIG");
      throws(() => prometheus(one, { labels: { __name__: "x" } }), "CONFIG");
      throws(() => prometheus(one, { labels: { shard: 5 as never } }), "CONFIG");
      for (const labels of [5, "", null]) throws(() => prometheus(one, { labels: labels as never }), "CONFIG");
      for (const wrong of [undefined, null, {}, [undefined]]) throws(() => prometheus(wrong as never), "CONFIG");
      throws(() => prometheus(one, { labels: { "a-b": "x" } }), "CONFIG");
    },
    "a namespace has its own reads, and the response its type": async () => {
      const { cache } = open();
      const users = cache.namespace("users");
      await users.get("k");
      const metrics = prometheus([cache, users]);
      const response = metrics.response();
      same(response.headers.get("content-type"), metrics.contentType);
      const text = await response.text();
      same(sample(text, "tiercel_reads_total", 'cache="app/users"', 'outcome="miss"'), 1);
      metrics.stop();
      await cache.close();
    },
  }),
  ...suite("load times", {
    "counts, sum and quantiles": async () => {
      const { cache, clock } = open();
      const times = loadTimes(cache, { bounds: [10, 100] });
      for (const ms of [5, 5, 50, 500]) {
        const loaded = cache.getOrSet(`${ms}${Math.random()}`, () => clock.sleep(ms).then(() => 1));
        await clock.advance(ms);
        await loaded;
      }
      equal([times.bounds, times.counts, times.count, times.sum], [[10, 100, Infinity], [2, 1, 1], 4, 560]);
      equal([times.quantile(0.5), times.quantile(0.75), times.quantile(1)], [10, 100, 100]);
      times.reset();
      equal([times.count, times.sum, times.quantile(0.5)], [0, 0, 0]);
      times.stop();
      await cache.getOrSet("k", () => 1);
      same(times.count, 0);
      throws(() => loadTimes(cache, { bounds: [2, 1] }), "CONFIG");
      await cache.close();
    },
  }),
];
