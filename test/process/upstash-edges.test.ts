// The whole contract where there is nothing but `fetch`: in the VM of edge-runtime and in workerd, against a real Redis.
import { after, before, test } from "node:test";
import { EdgeVM } from "@edge-runtime/vm";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { equal, ok } from "../contract/assert.ts";
import { reasonFor } from "../servers/available.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { startUpstashBridge, type UpstashBridge } from "../servers/upstash.ts";
import type { Outcome } from "./upstash/contract.ts";

const skip = reasonFor("redis");

let redis: RedisServer;
let bridge: UpstashBridge;

before(async () => {
  if (skip) return;
  redis = await startRedis();
  bridge = await startUpstashBridge(redis);
});

after(async () => {
  await bridge?.stop();
  await redis?.stop();
});

interface Bundle {
  readonly text: string;
  /** Modules in it. */
  readonly inputs: readonly string[];
}

async function bundled(entry: string, format: "esm" | "iife", conditions: string[]): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    ...{ bundle: true, write: false, metafile: true, target: "es2022", logLevel: "error" },
    ...{ format, conditions },
  });
  return { text: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

function passes({ passed, failed }: Outcome): void {
  equal(failed, []);
  ok(passed > 100, `all tests must have run: ${passed}`);
}

test("in the VM of edge-runtime", { skip, timeout: 300_000 }, async () => {
  const { text } = await bundled("./upstash/edge.ts", "iife", ["edge-light", "browser"]);
  const place = { url: bridge.url, token: bridge.token };
  const outcome = await new Promise<Outcome>((done) => {
    // The turn of the event loop is for the test kit's clock.
    const vm = new EdgeVM({ extend: (context) => Object.assign(context, { host: { place, done }, setImmediate }) });
    vm.evaluate(text);
  });
  passes(outcome);
});

for (const compatibilityDate of ["2023-01-01", "2026-11-17"]) {
  test(`in workerd of ${compatibilityDate}`, { skip, timeout: 300_000 }, async () => {
    const { text: script } = await bundled("./upstash/worker.ts", "esm", ["workerd", "worker", "browser"]);
    const worker = new Miniflare({ modules: true, script, compatibilityDate });
    try {
      const body = JSON.stringify({ url: bridge.url, token: bridge.token, runtime: `workerd-${compatibilityDate}` });
      const response = await worker.dispatchFetch("http://localhost/", { method: "POST", body });
      passes((await response.json()) as Outcome);
    } finally {
      await worker.dispose();
    }
  });
}

test("a bundle of the entry has no client, and nothing of other adapters", async () => {
  const { inputs } = await bundled("../../adapters/upstash.ts", "esm", []);
  const adapters = inputs.filter((file) => /adapters\/[^/]+\.ts$/.test(file)).map((file) => file.replace(/^.*\//, ""));
  equal(adapters.sort(), ["options.ts", "upstash.ts"]);
  const foreign = inputs.filter((file) =>
    /@upstash|ioredis|node-redis|redis\/(bun|own|connect|pool|target)\.ts/.test(file),
  );
  equal(foreign, []);
});
