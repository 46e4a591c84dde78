/** Workers KV: the tier contract, and whole caches over it. How it deals with what KV may do is in test/unit/kv.ts. */

import { type D1Binding, d1 } from "../../adapters/d1.ts";
import { type KvNamespace, kv } from "../../adapters/kv.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { suite, type TestCase, tierContract } from "../contract/mod.ts";
import type { WorkerEnv } from "./env.ts";

/** Every test begins with an empty namespace. */
async function emptied(namespace: KvNamespace): Promise<KvNamespace> {
  for (;;) {
    const { keys, list_complete } = await namespace.list({ prefix: "", limit: 1_000 });
    await Promise.all(keys.map(({ name }) => namespace.delete(name)));
    if (list_complete) return namespace;
  }
}

/** Nothing here is about the time that a store takes. */
const PATIENT = { timeout: "1m" } as const;
const encoder = new TextEncoder();
let names = 0;

/** Tests of `kv()`. */
export function suites({ KV, DB }: WorkerEnv): TestCase[] {
  const binding = KV as KvNamespace;
  const keptNames = async () => (await binding.list({ prefix: "", limit: 1_000 })).keys.map(({ name }) => name);
  return [
    ...tierContract({
      name: "kv",
      capabilities: { keys: true, durable: true, shared: true },
      async create() {
        const namespace = await emptied(binding);
        return { tier: kv(namespace), reopen: () => kv(namespace) };
      },
    }),
    ...suite("caches over KV", {
      "share values, deletions and clears through it": async () => {
        await emptied(binding);
        const [one, two] = [1, 2].map(() =>
          createCache({ name: "app", tiers: [memory(), kv(binding, PATIENT)], ttl: "1h" }),
        );
        await one!.set("k", { answer: 42 });
        await one!.set(["list", 1], "array key");
        equal(
          await two!.getMany(["k", ["list", 1]]),
          new Map<unknown, unknown>([
            ["k", { answer: 42 }],
            [["list", 1], "array key"],
          ]),
        );
        await one!.delete("k");
        await two!.evict("k");
        same(await two!.get("k"), undefined);
        const space = one!.namespace("space");
        await space.set("k", 1);
        await space.clear();
        same(await two!.namespace("space").get("k"), undefined);
        equal((await two!.keys()).length, 1);
      },
      "send nothing to it that it does not take": async () => {
        await emptied(binding);
        const cache = createCache({ name: "app", tiers: [memory(), kv(binding, { cacheTtl: "30s" })] });
        await cache.set("brief", 1, { ttl: "59s" });
        await cache.set("minute", 1, { ttl: "60s" });
        await cache.set("漢".repeat(300), 1);
        await cache.set("forever", 1);
        same((await keptNames()).length, 3);
        for (const name of await keptNames()) ok(encoder.encode(name).length <= 512, name);
        equal((await cache.stats()).errors, 0);
      },
      "take garbage in it for a miss": async () => {
        await emptied(binding);
        await binding.put("app:k", encoder.encode("garbage"), {});
        const cache = createCache({ name: "app", tiers: [memory(), kv(binding)] });
        same(await cache.getOrSet("k", () => "loaded"), "loaded");
        same((await cache.stats()).errors, 0);
      },
      "know of no invalidation by tag of an earlier process, and so take tagged entries of it for misses": async () => {
        await emptied(binding);
        const before = createCache({ name: "app", tiers: [kv(binding)] });
        await before.set("tagged", 1, { tags: ["t"] });
        await before.set("plain", 1);
        const after = createCache({ name: "app", tiers: [kv(binding)] });
        equal([await after.get("tagged"), await after.get("plain")], [undefined, 1]);
        await after.set("tagged", 2, { tags: ["t"] });
        same(await after.get("tagged"), 2);
        await after.invalidateTags("t");
        same(await after.get("tagged"), undefined);
      },
      "agree on tags where D1 is below": async () => {
        await emptied(binding);
        const name = `kv-d1-${++names}-${Math.floor(Math.random() * 1e9)}`;
        const open = () =>
          createCache({
            name,
            tiers: [memory(), kv(binding, PATIENT), d1(DB as D1Binding, PATIENT)],
            ttl: "1h",
            coherence: 0,
          });
        const [one, two] = [open(), open()];
        await one.set("k", "old", { tags: ["t"] });
        same(await two.get("k"), "old");
        await one.invalidateTags("t");
        same(await two.get("k"), undefined);
        same(await two.getOrSet("k", () => "new", { tags: ["t"] }), "new");
        same(await one.get("k"), "new");
        // What KV has lost is copied up to it again.
        await emptied(binding);
        const three = open();
        same(await three.get("k"), "new");
        await three.close();
        ok((await keptNames()).includes(`${name}:k`));
      },
    }),
  ];
}
