import { type Cache, memory } from "../../../mod.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import type { Encryption } from "../../../src/bytes/steps.ts";
import type { Tier } from "../../../src/tier.ts";
import { equal, same } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/mod.ts";
import { mapData, mapTier } from "../../contract/mod.ts";
import { suites } from "../cache/on-every-stack.ts";
import { faulty, remoteTier, type Stack, stackSuite } from "../cache/stacks.ts";

/**
 * Encrypts nothing, and takes its time for it: in turns instead of in another thread as Web Crypto does, so that the clock of a test knows
 * when it is over. Every other call takes longer, as large values do.
 */
const late: Encryption = {
  attach(store) {
    let calls = 0;
    const passed = async (payload: Uint8Array): Promise<Uint8Array> => {
      for (let turn = calls++ % 2 === 0 ? 8 : 1; turn > 0; turn--) await undefined;
      return payload;
    };
    return {
      store,
      open() {},
      seal: (_key, _meta, payload) => passed(payload),
      unseal: (_key, _meta, payload) => passed(payload),
      isOld: () => false,
      isOver: () => false,
      renew() {},
      touch: (change) => change(),
      settled() {},
    };
  },
};

const stack: Stack = {
  name: "memory+late bytes",
  depth: 2,
  shared: true,
  tags: true,
  store() {
    const data = mapData();
    return {
      tiers: ({ upper = {}, lower = {} }) => [
        memory(upper),
        faulty(bytes(remoteTier(mapTier({ ...lower, data })) as Tier<Uint8Array>, { encryption: late })),
      ],
    };
  },
};

const order = stackSuite("orders of what takes its time to encode", {
  "of two writes of one key the later one stays, however long the first takes": async (open) => {
    for (const calls of [
      ["slow", "fast"],
      ["fast", "slow", "fast"],
      ["a", "b", "c", "d", "e"],
    ]) {
      const { cache } = open();
      await Promise.all(calls.map((value) => cache.set("k", value)));
      same(await cache.get("k"), calls.at(-1));
      await cache.evictAll();
      same(await cache.get("k"), calls.at(-1));
    }
  },
  "what is deleted, cleared or invalidated after a write was called is gone": async (open) => {
    const removals: Record<string, (cache: Cache) => Promise<unknown>> = {
      delete: (cache) => cache.delete("k"),
      clear: (cache) => cache.clear(),
      tag: (cache) => cache.invalidateTags(["t"]),
    };
    for (const [name, remove] of Object.entries(removals)) {
      const { cache } = open();
      const written = cache.set("k", "value", { tags: ["t"] });
      await Promise.all([written, remove(cache)]);
      same(await cache.get("k"), undefined, name);
      await cache.evictAll();
      same(await cache.get("k"), undefined, name);
      await cache.set("k", "again");
      same(await cache.get("k"), "again", name);
    }
  },
  "a write that is refused while it is encoded holds nobody up": async (open) => {
    const { cache } = open();
    const [first, second] = await Promise.allSettled([cache.set("k", () => {}), cache.set("k", 2)]);
    equal([first.status, second.status], ["rejected", "fulfilled"]);
    same(await cache.get("k"), 2);
  },
});

/** What a cache promises holds where encoding takes its time. */
export const tests: TestCase[] = [...suites, order].flatMap((suite) => suite(stack));
