import { type Cache, createCache, defineTier, memory, type Tier } from "../../../mod.ts";
import { fakeClock, mapData, mapTier, same, suite, type TestCase } from "../../contract/mod.ts";

/** A store that answers later, with a journal and leases. */
function store(look = (ask: () => unknown): unknown => ask()): Tier {
  const { sync: _, stack: __, ...inner } = mapTier({ data: mapData() });
  return defineTier({
    ...inner,
    capabilities: { ...inner.capabilities, sync: false, local: false },
    getMany: async (...args) => look(() => inner.getMany(...args)) as never,
    journal: async (since) => inner.journal!(since),
  });
}

/** A cache in which a look into the journal is due at each call. */
async function open(...tiers: Tier[]): Promise<Cache> {
  const cache = createCache({ tiers, coherence: 0, clock: fakeClock() });
  await cache.set("k", "kept", { tags: ["t"] });
  return cache;
}

const choosy = [
  {},
  { validate: () => true },
  { schema: { "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) } } },
];

export const tests: TestCase[] = suite("calls on their way while the cache is switched off or on", {
  "a load is one of a cache that is off, whoever looks at hits": async () => {
    for (const options of choosy) {
      for (const what of [undefined, { tags: ["t"] }]) {
        const cache = await open(memory(), store());
        const asked = cache.getOrSet("k", () => "loaded", { tags: ["t"], ...options });
        const off = cache.disable(what);
        same(await asked, "loaded");
        off.enable();
        same(await cache.get("k"), "kept");
        await cache.close();
      }
    }
  },
  "a load that begins when the cache is on again is stored": async () => {
    for (const options of choosy) {
      const cache = createCache({ tiers: [memory(), store()], coherence: 0, clock: fakeClock() });
      const off = cache.disable({ tags: ["t"] });
      const asked = cache.getOrSet("none", () => "loaded", { tags: ["t"], ...options });
      off.enable();
      same(await asked, "loaded");
      same(await cache.get("none"), "loaded");
      await cache.close();
    }
  },
  "who is never satisfied with what others bring loads for himself in the end": async () => {
    let looks = 0;
    // Finds nothing where a request looks, and the entry where one looks whether another has loaded it.
    const cache = await open(store((ask) => (looks++ % 3 === 0 ? { entries: [undefined] } : ask())));
    same(await cache.getOrSet("k", () => "loaded", { validate: () => true }), "loaded");
    await cache.close();
  },
});
