import { ok } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createCache, memory } from "../../mod.ts";

const isNode = !("Bun" in globalThis) && !("Deno" in globalThis);

test("a wrapped function keeps no long argument when its entry is gone", {
  skip: isNode ? false : "asks V8 for a collection as Node does",
}, async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const cache = createCache({ tiers: [memory({ maxEntries: 10 })] });
  const measure = cache.wrap(async (text: string) => text.length, { name: "measure" });
  const before = heap();
  for (let i = 0; i < 2_000; i++) await measure(`${i} `.repeat(6_000));
  const kept = heap() - before;
  ok(kept < 10_000_000, `${kept} bytes of 2,000 arguments, of which 10 have entries`);
  await measure("last");
  await cache.close();
});
