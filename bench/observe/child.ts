/**
 * A process that reads from memory, with nothing attached or with all observers: takes a sample whenever it is told how long that is to be,
 * in milliseconds. The first argument is the folder of the build, the second what is attached.
 */
import { pathToFileURL } from "node:url";
import type { Cache } from "../../mod.ts";

const [folder, attached] = process.argv.slice(2) as [string, "nothing" | "all"];
process.on("disconnect", () => process.exit());

const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href);
const { createCache, memory } = (await load("mod.ts")) as typeof import("../../mod.ts");
const KEYS = 10_000;
const cache: Cache = createCache({ tiers: [memory({ maxEntries: 2 * KEYS })] });
if (attached === "all") await attachAll();

async function attachAll(): Promise<void> {
  const observe = (await load("src/observe/mod.ts")) as typeof import("../../src/observe/mod.ts");
  const { prometheus } = (await load("src/observe/prometheus.ts")) as typeof import("../../src/observe/prometheus.ts");
  const { openTelemetry } = (await load(
    "src/observe/opentelemetry.ts",
  )) as typeof import("../../src/observe/opentelemetry.ts");
  const { context } = await import("@opentelemetry/api");
  const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
  const { BasicTracerProvider } = await import("@opentelemetry/sdk-trace-base");
  const { MeterProvider } = await import("@opentelemetry/sdk-metrics");
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  openTelemetry(cache, { tracerProvider: new BasicTracerProvider(), meterProvider: new MeterProvider() });
  observe.hotKeys(cache);
  observe.accessLog(cache);
  observe.evictionLog(cache);
  observe.loadTimes(cache);
  observe.memoryPressure(cache);
  prometheus(cache);
}

for (let i = 0; i < KEYS; i++) await cache.set(`key ${i}`, i + 1);

/** Reads as they are in life: the k-th of the keys is read in proportion to 1/k (Zipf), in an order that is always the same. */
const order: string[] = [];
let state = 42;
const harmonic = Math.log(KEYS + 1);
for (let i = 0; i < 100_000; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  order.push(`key ${Math.min(KEYS - 1, Math.floor(Math.exp((state / 2 ** 32) * harmonic)) - 1)}`);
}

async function run(): Promise<void> {
  for (const key of order) if ((await cache.get(key)) === undefined) throw new Error("no hit");
}

/** Microseconds that this thread has had of the processor, which other work on the machine does not change. */
function now(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

process.on("message", async (atLeast: number) => {
  await run();
  const start = now();
  let done = 0;
  do {
    await run();
    done += order.length;
  } while (now() - start < atLeast * 1_000);
  process.send!(((now() - start) * 1_000) / done);
});
