import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { context, type MeterProvider, type TracerProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  MeterProvider as SdkMeterProvider,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { type Cache, createCache, defineScopes, defineTier, memory, type SyncCache } from "../../mod.ts";
import { openTelemetry } from "../../src/observe/opentelemetry.ts";
import { fakeClock, faultyTier, mapTier } from "../contract/mod.ts";
import { remoteTier } from "../unit/cache/stacks.ts";

const exporter = new InMemorySpanExporter();
const tracerProvider: TracerProvider & BasicTracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
});
const none = { getMeter: () => new SdkMeterProvider().getMeter("none") } as MeterProvider;

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  exporter.reset();
});
afterEach(() => context.disable());

test("options and providers that are none are refused by their name", () => {
  for (const wrong of [null, 5])
    throws(() => openTelemetry(createCache(), wrong as never), { code: "CONFIG", option: "options" });
  for (const option of ["tracerProvider", "meterProvider"])
    for (const wrong of [5, {}, null])
      throws(() => openTelemetry(createCache(), { [option]: wrong }), { code: "CONFIG", option });
});

test("ids of tenants are in no span, with keys hashed neither", async () => {
  const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });
  for (const keys of ["omit", "hash"] as const) {
    exporter.reset();
    const cache = createCache({ name: "app", scopes });
    openTelemetry(cache, { tracerProvider, meterProvider: none, keys, hits: "all" });
    const user = cache.scope("user", { orgId: "acme/x", userId: "ada" });
    await user.getOrSet("k", () => 1);
    await user.get("k");
    const load = async (orgId: string) => orgId;
    await cache.wrap(load, { name: "load", scope: "organization", from: (orgId) => ({ orgId }) })("acme");
    await cache.namespace("n").get("k");
    const spans = exporter.getFinishedSpans();
    const told = JSON.stringify(spans.map(({ name, attributes }) => [name, attributes]));
    equal(/acme|ada/.test(told), false, told);
    const names = new Set(spans.map(({ name }) => name));
    for (const name of [
      "getOrSet app/organization/user",
      "load app/organization/user",
      "get app/organization/user",
      "getOrSet app/organization/fn:load",
      "get app/n",
    ])
      ok(names.has(name), `${name} of ${[...names].join(", ")}`);
    await cache.close();
  }
});

interface Tree {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  readonly children: Tree[];
}

/** The finished spans as trees, in the order of their beginnings. */
function trees(): Tree[] {
  const spans = exporter.getFinishedSpans();
  const started = ({ startTime: [seconds, nanos] }: ReadableSpan) => seconds * 1e9 + nanos;
  const below = (parent: string | undefined): Tree[] =>
    spans
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
      .sort((a, b) => started(a) - started(b))
      .map((span) => ({
        name: span.name,
        attributes: { ...span.attributes },
        children: below(span.spanContext().spanId),
      }));
  return below(undefined);
}

/** Names alone, as nested arrays. */
function names(all: readonly Tree[]): unknown[] {
  return all.map(({ name, children }) => (children.length > 0 ? [name, ...names(children)] : name));
}

function three(): Cache {
  const tiers = [memory(), defineTier(mapTier({ name: "near" })), defineTier(remoteTier(mapTier({ name: "far" })))];
  return createCache({ name: "app", tiers, sweepInterval: 0 });
}

test("one getOrSet through three tiers is one tree: tiers, loader, and what the loader does", async () => {
  const cache = three();
  const stop = openTelemetry(cache, { tracerProvider, meterProvider: none });
  const tracer = tracerProvider.getTracer("user");
  await tracer.startActiveSpan("request", async (request) => {
    await cache.getOrSet("k", async () => {
      await null;
      tracer.startSpan("query").end();
      return 1;
    });
    request.end();
  });
  const [request, ...others] = trees();
  deepEqual(others, []);
  deepEqual(names([request!]), [
    [
      "request",
      [
        "getOrSet app",
        "memory getMany",
        "near getMany",
        "far getMany",
        ["load app", "query"],
        ...request!.children[0]!.children.slice(4).map(({ name }) => name),
      ],
    ],
  ]);
  deepEqual(
    request!.children[0]!.children.slice(4)
      .map(({ name }) => name)
      .sort(),
    ["far setMany", "memory setMany", "near setMany"],
  );
  const { attributes } = request!.children[0]!;
  deepEqual(attributes, {
    "tiercel.cache": "app",
    "tiercel.operation": "getOrSet",
    "tiercel.outcome": "miss",
  });
  stop();
  await cache.close();
});

test("hits tell their tier; where asked for, a hit in memory has a span within another", async () => {
  const cache = three();
  openTelemetry(cache, { tracerProvider, meterProvider: none, hits: "within" });
  await cache.set("k", 1);
  await cache.evict("k");
  exporter.reset();
  await cache.get("k");
  const [get] = trees();
  equal(get!.attributes["tiercel.outcome"], "hit");
  equal(get!.attributes["tiercel.tier"], "near");
  exporter.reset();
  await cache.get("k");
  deepEqual(trees(), []);
  await tracerProvider.getTracer("user").startActiveSpan("request", async (span) => {
    await cache.get("k");
    span.end();
  });
  deepEqual(names(trees()), [["request", "get app"]]);
  deepEqual(trees()[0]!.children[0]!.attributes["tiercel.tier"], "memory");
  await cache.close();
});

test("hits of many keys in memory are part of the one span of their call", async () => {
  for (const hits of ["within", "all", "none"] as const) {
    exporter.reset();
    const cache = createCache({ name: "c", tiers: [memory(), mapTier({ name: "lower" })] });
    await cache.setMany(["a", "b", "c"].map((key) => ({ key, value: key })));
    openTelemetry(cache, { tracerProvider, meterProvider: none, hits });
    const tracer = tracerProvider.getTracer("test");
    await tracer.startActiveSpan("request", async (span) => {
      equal((await cache.getMany(["a", "b", "c"])).size, 3);
      equal((await cache.getOrSetMany(["a", "b", "c"], () => [])).size, 3);
      equal((cache.sync as SyncCache).getMany(["a", "b", "c"]).size, 3);
      span.end();
    });
    const [request] = trees();
    deepEqual(
      request!.children.map(({ name, children }) => [name, children.length]),
      ["getMany c", "getOrSetMany c", "getMany c"].map((name) => [name, 0]),
    );
    await cache.close();
  }
});

test("a failed load is an error by its kind, without its message, and a stale value is told", async () => {
  const clock = fakeClock();
  const cache = createCache({ name: "app", ttl: 5, grace: "1h", sweepInterval: 0, clock });
  openTelemetry(cache, { tracerProvider, meterProvider: none });
  const failing = () => Promise.reject(new RangeError("secret"));
  await cache.getOrSet("k", failing).catch(() => {});
  const [failed] = exporter.getFinishedSpans().filter(({ name }) => name === "getOrSet app");
  equal(failed!.status.code, 2);
  equal(failed!.attributes["error.type"], "RangeError");
  ok(
    !JSON.stringify(
      exporter.getFinishedSpans().map(({ events, attributes, status }) => [events, attributes, status]),
    ).includes("secret"),
  );
  await cache.set("k", 1);
  await clock.advance(10);
  exporter.reset();
  equal(await cache.getOrSet("k", failing), 1);
  const [served] = exporter.getFinishedSpans().filter(({ name }) => name === "getOrSet app");
  equal(served!.attributes["tiercel.outcome"], "stale");
  await cache.close();
});

test("a tier that fails is an error of its own span alone", async () => {
  const broken = defineTier(faultyTier(mapTier({ name: "near" })));
  const cache = createCache({ name: "app", tiers: [memory(), broken], sweepInterval: 0 });
  openTelemetry(cache, { tracerProvider, meterProvider: none });
  broken.faults.fail({ getMany: "reject" });
  equal(await cache.getOrSet("k", () => 1), 1);
  const spans = exporter.getFinishedSpans();
  equal(spans.find(({ name }) => name === "near getMany")!.status.code, 2);
  equal(spans.find(({ name }) => name === "getOrSet app")!.status.code, 0);
  await cache.close();
});

test("keys are left out, or hashed when asked; namespaces, functions and the synchronous face have spans", async () => {
  const cache = createCache({ name: "app", sweepInterval: 0 });
  const stop = openTelemetry(cache, { tracerProvider, meterProvider: none, keys: "hash", hits: "all" });
  const users = cache.namespace("users");
  await users.set("ada@example.org", 1);
  cache.sync.get("ada@example.org");
  const twice = cache.wrap((n: number) => 2 * n, { name: "twice" });
  await twice(2);
  await twice(2);
  const spans = exporter.getFinishedSpans();
  ok(!JSON.stringify(spans.map(({ name, attributes }) => [name, attributes])).includes("ada"));
  ok(/^[0-9a-f]{16}$/.test(String(spans[0]!.attributes["tiercel.key.hash"])));
  deepEqual(
    spans.map(({ name }) => name),
    ["set app/users", "get app", "load app/fn:twice", "getOrSet app/fn:twice", "get app/fn:twice"],
  );
  stop();
  exporter.reset();
  await users.get("k");
  await cache.set("k", 1);
  deepEqual(trees(), []);
  await cache.close();
});

test("without a context manager operations and loaders have spans, and answers are the same", async () => {
  context.disable();
  const cache = three();
  openTelemetry(cache, { tracerProvider, meterProvider: none });
  equal(await cache.getOrSet("k", () => 1), 1);
  deepEqual(names(trees()), [["getOrSet app", "load app"]]);
  await cache.close();
});

test("metrics are those of stats, in units and with attributes, of two caches in one meter", async () => {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e8 });
  const meterProvider = new SdkMeterProvider({ readers: [reader] });
  const caches = ["one", "two"].map((name) => createCache({ name, sweepInterval: 0 }));
  const stops = caches.map((cache) => openTelemetry(cache, { tracerProvider, meterProvider }));
  for (const [i, cache] of caches.entries()) {
    for (let j = 0; j <= i; j++) await cache.get("none");
    await cache.getOrSet("k", () => 1);
    await cache.get("k");
  }
  await reader.forceFlush();
  const all = metricExporter
    .getMetrics()
    .at(-1)!
    .scopeMetrics.flatMap(({ metrics }) => metrics);
  const points = (name: string) =>
    all
      .find(({ descriptor }) => descriptor.name === name)!
      .dataPoints.map(({ attributes, value }) => [attributes["tiercel.cache"], attributes["tiercel.outcome"], value]);
  deepEqual(points("tiercel.reads"), [
    ["one", "hit", 1],
    ["one", "stale", 0],
    ["one", "miss", 2],
    ["two", "hit", 1],
    ["two", "stale", 0],
    ["two", "miss", 3],
  ]);
  const load = all.find(({ descriptor }) => descriptor.name === "tiercel.load.duration")!;
  equal(load.descriptor.unit, "s");
  deepEqual(
    load.dataPoints.map(({ value }) => (value as { count: number }).count),
    [1, 1],
  );
  for (const stop of stops) stop();
  await meterProvider.shutdown();
  for (const cache of caches) await cache.close();
});
