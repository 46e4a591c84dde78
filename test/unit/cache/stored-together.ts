import type { Cache, CacheEvents, Tier, Write } from "../../../mod.ts";
import { createCache, defineTier, memory, ValueError } from "../../../mod.ts";
import { equal, mapData, mapTier, rejects, same, suite, type TestCase } from "../../contract/mod.ts";

interface Options {
  /** Does to a value what may fail, before any tier is changed. */
  readonly prepare?: (writes: readonly Write[]) => Promise<readonly Write[]>;
  /** What the tier answers to a write instead of doing it. */
  readonly fails?: boolean;
}

/** A tier that answers later, and the keys of each of its writes. */
function counted(name: string, { prepare, fails }: Options = {}): { tier: Tier; writes: string[][] } {
  const writes: string[][] = [];
  const tier = mapTier({ data: mapData(), name });
  const setMany: Tier["setMany"] = async (some, now) => {
    writes.push(some.map(({ key }) => key.replace("default:", "")));
    if (fails) throw new Error("full");
    return tier.setMany(some, now);
  };
  const { sync, stack, ...rest } = tier;
  return {
    tier: defineTier({
      ...rest,
      capabilities: { ...rest.capabilities, sync: false },
      ...(prepare && { prepare }),
      setMany,
    }),
    writes,
  };
}

function open(tiers: readonly Tier[], onError: "degrade" | "throw" = "degrade") {
  const cache: Cache = createCache({ tiers: [memory(), ...tiers], sweepInterval: 0, coherence: "forever", onError });
  const errors: CacheEvents["error"][] = [];
  cache.on("error", (event) => errors.push(event));
  return { cache, errors };
}

const KEYS = ["a", "b", "c"];
const values = (keys: readonly string[]): string[] => keys.map((key) => `loaded ${key}`);

export const tests: TestCase[] = suite("stored together", {
  "what one call loads is one write to each tier": async () => {
    const [upper, lower] = [counted("upper"), counted("lower")];
    const { cache } = open([upper.tier, lower.tier]);
    await cache.getOrSetMany(KEYS, values, { tags: ["t"] });
    equal([upper.writes, lower.writes], [[KEYS], [KEYS]]);
    equal([...(await cache.getMany(KEYS)).values()], values(KEYS));
    await cache.invalidateTags("t");
    same(await cache.size(), 0);
    await cache.close();
  },
  "and so in a namespace, and where values are made into bytes later": async () => {
    const lower = counted("lower", { prepare: async (writes) => writes });
    const { cache } = open([lower.tier]);
    await cache.namespace("n").getOrSetMany(KEYS, values);
    equal(lower.writes, [KEYS.map((key) => `@n:${key}`)]);
    await cache.close();
  },
  "a value that cannot be stored keeps none of the others from it": async () => {
    const lower = counted("lower", {
      prepare: async (writes) => {
        if (writes.some(({ key }) => key.endsWith("b"))) throw new ValueError("Cannot use b");
        return writes;
      },
    });
    const { cache, errors } = open([lower.tier]);
    equal([...(await cache.getOrSetMany(KEYS, values)).values()], values(KEYS));
    equal(lower.writes, [["a", "c"]]);
    equal(
      errors.map(({ operation, key }) => [operation, key]),
      [["store", "b"]],
    );
    equal([...(await cache.getMany(KEYS)).keys()], ["a", "c"]);
    await cache.close();
  },
  "what was set meanwhile stays, and the others are stored": async () => {
    const lower = counted("lower");
    const { cache } = open([lower.tier]);
    await cache.getOrSetMany(KEYS, async (keys) => {
      await cache.set("b", "set");
      return values(keys);
    });
    equal(lower.writes, [["b"], ["a", "c"]]);
    equal([...(await cache.getMany(KEYS)).values()], ["loaded a", "set", "loaded c"]);
    await cache.close();
  },
  "a tier that fails rejects the call where it is to, and is no fault of another call": async () => {
    const lower = counted("lower", { fails: true });
    const { cache } = open([lower.tier], "throw");
    await rejects(cache.getOrSetMany(KEYS, values), "TIER");
    const { cache: other, errors } = open([counted("lower", { fails: true }).tier]);
    equal([...(await other.getOrSetMany(KEYS, values)).values()], values(KEYS));
    same(errors.length, 1);
    await Promise.all([cache.close(), other.close()]);
  },
});
