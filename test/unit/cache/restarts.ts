import type { Cache, Tier } from "../../../mod.ts";
import { createCache, defineTier, memory } from "../../../mod.ts";
import type { MapData, TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, same, seededRandom, suite } from "../../contract/mod.ts";
import { MUTATIONS } from "./coherence.ts";

/** A tier of one machine, which outlives its processes. */
type Middle = (data: MapData) => Tier;

const MIDDLES: Record<string, Middle> = {
  "with tags": (data) => mapTier({ data, name: "middle" }),
  "of plain entries": (data) => {
    const { stack, sync, invalidate, journal, release, ...plain } = mapTier({ data, name: "middle" });
    return defineTier({ ...plain, capabilities: { keys: true, local: true, durable: true, shared: true } });
  },
};

/**
 * A machine with a tier of its own, and another machine, over one shared store.
 *
 * @param isSlow an invalidation in the shared store takes time
 */
function machines(middle: Middle, isSlow: boolean) {
  const clock = fakeClock();
  const [own, common] = [mapData(), mapData()];
  const store = () => {
    const tier = mapTier({ data: common, name: "common" });
    const invalidate: typeof tier.invalidate = async (invalidation) => {
      const sequence = await tier.invalidate!(invalidation);
      await clock.advance(3);
      return sequence;
    };
    return isSlow ? defineTier({ ...tier, stack: undefined, sync: undefined, invalidate } as never) : tier;
  };
  const open = (tiers: readonly Tier[]): Cache =>
    createCache({ clock, random: seededRandom(1), sweepInterval: 0, tiers: [memory(), ...tiers] });
  return {
    clock,
    own,
    common,
    here: () => open([middle(own), store()]),
    elsewhere: () => open([store()]),
  };
}

async function withOld(middle: Middle, isSlow: boolean = false) {
  const rig = machines(middle, isSlow);
  const cache = rig.here();
  await cache.set("k", "old", { tags: ["t", "u"] });
  await cache.set("untouched", 1);
  await cache.set("tagged", 2, { tags: ["v"] });
  await cache.close();
  return rig;
}

const cases: TestCase[] = Object.entries(MIDDLES).flatMap(([name, middle]) =>
  suite(`a lasting tier ${name} above the shared one`, {
    "does not serve after a restart what was changed elsewhere meanwhile": async () => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { here, elsewhere } = await withOld(middle);
        const other = elsewhere();
        await mutate(other);
        const cache = here();
        ok((await cache.get("k")) !== "old", what);
        ok((await cache.getMany(["k"])).get("k") !== "old", what);
        await cache.close();
        await other.close();
      }
    },
    "nor after two restarts, the first of which saw nothing of it": async () => {
      const { here, elsewhere } = await withOld(middle);
      await here().close();
      const other = elsewhere();
      await other.invalidateTags(["t"]);
      await other.delete("untouched");
      const cache = here();
      await cache.close();
      const again = here();
      same(await again.get("k"), undefined);
      same(await again.get("untouched"), undefined);
      await Promise.all([again.close(), other.close()]);
    },
    "still serves what was not changed": async () => {
      const { here, elsewhere } = await withOld(middle);
      const other = elsewhere();
      await other.delete("k");
      const cache = here();
      same((await cache.getEntry("untouched"))?.tier, "middle");
      same((await cache.getEntry("tagged"))?.tier, "middle");
      await Promise.all([cache.close(), other.close()]);
    },
    "is emptied of our keys when the journal does not reach back so far": async () => {
      const { here, elsewhere, common } = await withOld(middle);
      const other = elsewhere();
      (common as { journalLimit: number }).journalLimit = 10;
      await other.delete("k");
      for (let i = 0; i < 20; i++) await other.set(`more ${i}`, i);
      const cache = here();
      same(await cache.get("k"), undefined);
      same((await cache.getEntry("untouched"))?.tier, "common");
      await Promise.all([cache.close(), other.close()]);
    },
    "is emptied of our keys when it does not say how far it followed": async () => {
      const { here, elsewhere, own } = await withOld(middle);
      for (const key of own.entries.keys()) if (!key.startsWith("default:")) own.entries.delete(key);
      const other = elsewhere();
      await other.delete("k");
      const cache = here();
      same(await cache.get("k"), undefined);
      same((await cache.getEntry("untouched"))?.tier, "common");
      await Promise.all([cache.close(), other.close()]);
    },
    "keeps how far it followed where no key is": async () => {
      const { here, own } = await withOld(middle);
      const cache = here();
      equal((await cache.keys()).sort(), ["k", "tagged", "untouched"]);
      equal((await cache.keys({ tier: "middle" })).sort(), ["k", "tagged", "untouched"]);
      same(await cache.size({ tier: "middle" }), 3);
      await cache.clear();
      equal(await cache.keys(), []);
      await cache.close();
      ok(own.entries.size > 0, "what is kept is in the tier");
    },
    "keeps what is set after an invalidation by its tags, here or elsewhere, also where time goes on meanwhile":
      async () => {
        for (const match of ["any", "all", "exact"] as const) {
          const { here, elsewhere, clock } = await withOld(middle, true);
          const [cache, other] = [here(), elsewhere()];
          for (const one of [cache, other]) {
            await one.invalidateTags(["t", "u"], { match });
            await clock.advance(1_000);
            same(await cache.get("k"), undefined, match);
            await cache.set("k", "new", { tags: ["t", "u"] });
            await cache.evict("k");
            same((await cache.getEntry("k"))?.tier, "middle", match);
          }
          await Promise.all([cache.close(), other.close()]);
        }
      },
    "follows what is changed elsewhere while it runs": async () => {
      const { here, elsewhere, clock } = await withOld(middle);
      const cache = here();
      const other = elsewhere();
      same(await cache.get("k"), "old");
      for (let i = 0; i < 3_000; i++) await other.set(`more ${i}`, i);
      await other.invalidateTags(["t"]);
      await clock.advance(1_000);
      same(await cache.get("k"), undefined);
      // As if it were killed: the next goes by what was written last.
      const next = here();
      same(await next.get("k"), undefined);
      await Promise.all([cache.close(), next.close(), other.close()]);
    },
  }),
);

/** Tiers that keep tags, made anew by each process, over one of plain entries that outlives them. */
const UPPERS: Record<string, (data: MapData) => Tier> = {
  "of one machine": (data) => mapTier({ data, name: "upper" }),
  "of one process": () => mapTier({ name: "upper" }),
};

const below: TestCase[] = Object.entries(UPPERS).flatMap(([name, upper]) =>
  suite(`a lasting tier of plain entries below one with tags ${name}`, {
    "does not serve after a restart what was invalidated by tag before": async () => {
      for (const mode of ["delete", "expire"] as const) {
        for (const isLost of [false, true]) {
          const clock = fakeClock();
          const [own, plain] = [mapData(), mapData()];
          const open = (): Cache =>
            createCache({
              clock,
              sweepInterval: 0,
              grace: "1h",
              tiers: [memory(), upper(own), MIDDLES["of plain entries"]!(plain)],
            });
          const cache = open();
          await cache.set("k", "old", { tags: ["t"] });
          await cache.invalidateTags("t", { mode });
          await cache.set("untagged", 1);
          await cache.set("later", 2, { tags: ["t"] });
          await cache.close();
          // The upper tier may have dropped its entries by itself.
          if (isLost) own.entries.clear();
          await clock.advance("1s");
          const next = open();
          same(await next.get("k"), undefined, mode);
          same(await next.has("k"), false, mode);
          equal([...(await next.getMany(["k", "untagged"])).keys()], ["untagged"], mode);
          if (name === "of one machine") same(await next.get("later"), 2, mode);
          await next.set("k", "new", { tags: ["t"] });
          await next.evictAll();
          await next.evict("k", { tier: "upper" });
          same(await next.get("k"), "new", mode);
          await next.invalidateTags("t");
          same(await next.get("k"), undefined, mode);
        }
      }
    },
  }),
);

export const tests: TestCase[] = [...cases, ...below];
