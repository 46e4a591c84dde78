import type { Cache, Tier } from "../../../mod.ts";
import { CodecError, createCache, memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same, suite } from "../../contract/mod.ts";
import { faulty, openTiers, remoteTier } from "./stacks.ts";
import { deferred, stateOf } from "./tools.ts";

/** A tier that refuses to keep functions, as one of bytes does. */
function encoding(tier: Tier): Tier {
  return {
    ...tier,
    prepare(writes) {
      for (const { entry } of writes)
        if (typeof entry.value === "function") throw new CodecError("a function cannot be encoded");
      return writes;
    },
  };
}

export const tests: TestCase[] = suite("tiers in any order", {
  "a failing tier on top never hides a hit below": async () => {
    for (const fault of ["throw", "reject"] as const) {
      const top = faulty(memory());
      const { cache } = openTiers([top, faulty(mapTier({ data: mapData() }))]);
      await cache.set("k", "v");
      top.faults.fail(fault);
      same(await cache.get("k"), "v");
      same(await cache.getOrSet("k", () => "loaded"), "v");
      same(await cache.has("k"), true);
      // Memory whose sizeOf throws takes no value, and gives back what it has.
      top.faults.fail({ setMany: fault });
      await cache.set("k", "new");
      same(await cache.get("k"), "new");
      equal(await cache.keys(), ["k"]);
      top.faults.heal();
      // What it missed is not what it serves.
      same(await cache.get("k"), "new");
    }
  },
  "a hung tier on top delays a hit below by its budget": async () => {
    const top = faulty(remoteTier(mapTier({ name: "top", timeout: 500, data: mapData() })));
    const { cache, clock } = openTiers([top, faulty(mapTier({ data: mapData() }))]);
    await cache.set("k", "v");
    top.faults.fail({ getMany: "hang" });
    const call = cache.get("k");
    await clock.advance(499);
    same(await stateOf(call, clock.settle), "pending");
    await clock.advance(1);
    same(await call, "v");
    top.faults.release();
  },
  "of a set and what is begun after it, no tier above a slow one keeps the older": async () => {
    const later: Record<string, (cache: Cache) => Promise<unknown>> = {
      delete: (cache) => cache.delete("k"),
      deleteMany: (cache) => cache.deleteMany(["k", "x"]),
      clear: (cache) => cache.clear(),
      "set with a ttl of 0": (cache) => cache.set("k", "void", { ttl: 0 }),
      pattern: (cache) => cache.invalidatePattern("k*"),
      tags: (cache) => cache.invalidateTags("t"),
      "set anew": (cache) => cache.set("k", "new"),
    };
    for (const [what, change] of Object.entries(later)) {
      for (const delay of [0, 5]) {
        const below = faulty(remoteTier(mapTier({ name: "below", data: mapData() })));
        const tiers = [memory(), mapTier({ name: "middle", data: mapData() }), below];
        const { cache, clock } = openTiers(tiers);
        await cache.set("k", "older", { tags: ["t"] });
        below.faults.fail({ setMany: { delay }, deleteMany: { delay }, clear: { delay }, invalidate: { delay } });
        const set = cache.set("k", "old", { tags: ["t"] });
        const changed = change(cache);
        await clock.advance(100);
        await Promise.all([set, changed]);
        const left = what === "set anew" ? "new" : undefined;
        same(await cache.get("k"), left, what);
        for (const tier of ["middle", "below"])
          same((await cache.meta("k", { tier })) !== undefined, left !== undefined, `${what}: ${tier}`);
        await cache.evictAll();
        same(await cache.get("k"), left, what);
      }
    }
  },
  "memory below a shared tier follows what others change there, and brings nothing back": async () => {
    const changes: Record<string, (cache: Cache) => Promise<unknown>> = {
      set: (cache) => cache.set("k", "new"),
      delete: (cache) => cache.delete("k"),
      clear: (cache) => cache.clear(),
      tags: (cache) => cache.invalidateTags("t"),
      pattern: (cache) => cache.invalidatePattern("k*"),
    };
    for (const [what, change] of Object.entries(changes)) {
      const data = mapData();
      const { cache, clock } = openTiers([faulty(remoteTier(mapTier({ data }))), memory()]);
      const other = createCache({ clock, sweepInterval: 0, tiers: [mapTier({ data })] });
      const left = what === "set" ? "new" : undefined;
      await cache.set("k", "old", { tags: ["t"] });
      await change(other);
      // Within the bound, memory may have it.
      await cache.get("k");
      same(await other.get("k"), left, what);
      await clock.advance("1s");
      same(await cache.get("k"), left, what);
      same(await other.get("k"), left, what);
    }
  },
  "garbage on top is a miss there and a hit below": async () => {
    const top = faulty(mapTier({ name: "top", data: mapData() }));
    const { cache } = openTiers([top, faulty(mapTier({ data: mapData() }))]);
    const corrupt: unknown[] = [];
    cache.on("corrupt", ({ tier }) => corrupt.push(tier));
    await cache.set("k", "v");
    top.faults.fail({ getMany: "corrupt" }, 1);
    same(await cache.get("k"), "v");
    equal(corrupt, ["top"]);
  },
  "a promotion that fails is counted, and the hit is a hit": async () => {
    const top = faulty(mapTier({ name: "top", data: mapData() }));
    const { cache } = openTiers([top, faulty(mapTier({ data: mapData() }))]);
    await cache.set("k", "v");
    await cache.evict("k");
    top.faults.fail({ setMany: "reject" }, 1);
    same(await cache.get("k"), "v");
    await cache.close();
    const [stats] = cache.stats().tiers;
    equal([stats!.promotions, stats!.promotionErrors], [0, 1]);
  },
  "a promotion that hangs delays nobody": async () => {
    const top = faulty(remoteTier(mapTier({ name: "top", data: mapData() })));
    const { cache, clock } = openTiers([top, faulty(mapTier({ data: mapData() }))]);
    await cache.set("k", "v");
    await cache.evict("k");
    top.faults.fail({ setMany: "hang" });
    same(await stateOf(cache.get("k"), clock.settle), "resolved");
    await clock.advance("1m");
    top.faults.release();
  },
  "a delete that races a promotion wins": async () => {
    for (const fault of ["hang", "mute"] as const) {
      for (const ms of [0, 3000]) {
        const middle = faulty(remoteTier(mapTier({ name: "middle", data: mapData() })));
        const { cache, clock } = openTiers([memory(), middle, faulty(mapTier({ name: "bottom", data: mapData() }))]);
        for (const mutate of [
          () => cache.delete("k"),
          () => cache.set("k", "new"),
          () => cache.clear(),
          () => cache.invalidatePattern("*"),
        ]) {
          await cache.set("k", "old");
          await cache.evict("k");
          await cache.evict("k", { tier: "middle" });
          middle.faults.fail({ setMany: fault }, 1);
          same(await cache.get("k"), "old");
          // Past its time-out or not, the promotion arrives after the mutation.
          await clock.advance(ms);
          const mutated = mutate();
          await clock.settle();
          middle.faults.release();
          await mutated;
          await clock.settle();
          for (const tier of ["memory", "middle", "bottom"]) {
            ok((await cache.get("k")) !== "old", `${mutate} after ${fault} of ${ms} ms, above ${tier}`);
            await cache.evict("k", { tier });
          }
          await cache.clear();
        }
      }
    }
  },
  "at no time after a delete does a promotion under way show the old value": async () => {
    const middle = faulty(remoteTier(mapTier({ name: "middle", data: mapData() })));
    const { cache, clock } = openTiers([memory(), middle, faulty(mapTier({ name: "bottom", data: mapData() }))]);
    await cache.set("k", "old");
    await cache.evict("k");
    await cache.evict("k", { tier: "middle" });
    middle.faults.fail({ setMany: { delay: 20 }, deleteMany: { delay: 5 } });
    same(await cache.get("k"), "old");
    let isDeleted = false;
    void cache.delete("k").then(() => {
      isDeleted = true;
    });
    for (let ms = 0; ms < 60; ms++) {
      await clock.advance(1);
      if (!isDeleted) continue;
      await cache.evictAll();
      same(await cache.get("k", { promote: false }), undefined, `${ms} ms after`);
    }
    ok(isDeleted);
  },
  "nothing is copied into a tier in the middle while a mutation is under way below": async () => {
    const middle = faulty(remoteTier(mapTier({ name: "middle", data: mapData() })));
    const bottom = faulty(mapTier({ name: "bottom", data: mapData() }));
    const { cache, clock } = openTiers([memory(), middle, bottom]);
    for (const mutate of [
      () => cache.delete("k"),
      () => cache.set("k", "new"),
      () => cache.clear(),
      () => cache.invalidatePattern("*"),
    ]) {
      await cache.set("k", "old");
      await cache.evict("k");
      await cache.evict("k", { tier: "middle" });
      bottom.faults.fail({ deleteMany: "hang", setMany: "hang", clear: "hang" }, 1);
      const mutated = mutate();
      await clock.settle();
      await cache.get("k");
      await clock.settle();
      bottom.faults.release();
      await mutated;
      for (const tier of ["memory", "middle", "bottom"]) {
        ok((await cache.get("k", { promote: false })) !== "old", `${mutate}, from ${tier}`);
        await cache.evict("k", { tier });
      }
    }
  },
  "what is loaded is stored in every tier, and leaves no older value in one": async () => {
    for (const write of ["through", "behind"] as const) {
      const { cache, clock } = openTiers([
        memory(),
        faulty(remoteTier(mapTier({ name: "middle", write, data: mapData() }))),
        faulty(remoteTier(mapTier({ name: "bottom", data: mapData() }))),
      ]);
      await cache.set("k", "old", { ttl: 1_000 });
      await clock.advance(600);
      same(await cache.getOrSet("k", () => "new", { ttl: "1h", refreshAhead: 0.5 }), "old");
      await clock.settle();
      for (const tier of ["memory", "middle", "bottom"]) {
        const found = await cache.getEntry("k", { promote: false });
        equal([found?.value, found?.tier], ["new", tier], write);
        await cache.evict("k", { tier });
      }
    }
  },
  "what the lowest tier refuses is kept by none above it": async () => {
    const [middle, bottom] = [mapData(), mapData()];
    const open = () =>
      openTiers([
        memory(),
        faulty(remoteTier(mapTier({ name: "middle", data: middle }), { tags: false, leases: false, journal: false })),
        faulty(remoteTier(mapTier({ name: "bottom", data: bottom }))),
      ]);
    const { cache, clock } = open();
    const other = open().cache;
    const loaded = deferred<string>();
    const load = cache.getOrSet("k", () => loaded.promise);
    await clock.settle();
    await other.delete("k");
    loaded.resolve("old");
    same(await load, "old");
    await clock.settle();
    for (const tier of ["memory", "middle", "bottom"]) same(await cache.meta("k", { tier }), undefined, tier);
    same(await other.get("k"), undefined);
  },
  "what one tier cannot encode is stored in none, and leaves the old value": async () => {
    const orders = [
      () => [memory(), faulty(encoding(mapTier({ data: mapData() })))],
      () => [faulty(mapTier({ name: "plain", data: mapData() })), faulty(encoding(mapTier({ data: mapData() })))],
      () => [
        memory(),
        faulty(encoding(remoteTier(mapTier({ data: mapData() })))),
        faulty(mapTier({ name: "last", data: mapData() })),
      ],
    ];
    for (const order of orders) {
      const { cache } = openTiers(order());
      await cache.set("k", "old");
      await rejects(
        cache.set("k", () => {}),
        "CODEC",
      );
      await rejects(
        cache.setMany([
          { key: "j", value: 1 },
          { key: "k", value: () => {} },
        ]),
        "CODEC",
      );
      same(await cache.get("k"), "old");
      same(await cache.get("j"), undefined);
      for (const { name } of cache.stats().tiers) equal(await cache.keys({ tier: name }), ["k"], name);
      same(cache.stats().sets, 1);
      same(cache.stats().errors, 0);
      // A loaded value has its caller already.
      const value = () => {};
      same(await cache.getOrSet("loaded", () => value), value);
      same(await cache.get("loaded"), undefined);
    }
  },
  "what a lower tier makes of a value is not what memory is given": async () => {
    const sealed = (tier: Tier): Tier => ({
      ...tier,
      prepare: (writes) =>
        writes.map((write) => ({ ...write, entry: { ...write.entry, value: ["sealed", write.entry.value] } })),
      getMany: async (keys, options) => {
        const answer = await tier.getMany(keys, options);
        return {
          ...answer,
          entries: answer.entries.map((entry) => entry && { ...entry, value: (entry.value as unknown[])[1] }),
        };
      },
    });
    const { cache } = openTiers([
      memory(),
      faulty(sealed(mapTier({ name: "sealed", data: mapData() }))),
      faulty(mapTier({ data: mapData() })),
    ]);
    const value = { secret: 1 };
    await cache.set("k", value);
    same(await cache.get("k"), value);
    await cache.evict("k");
    same(await cache.get("k"), value);
    await cache.evict("k");
    await cache.evict("k", { tier: "sealed" });
    // Promoted through the one that seals.
    same(await cache.get("k"), value);
    await cache.evict("k");
    same(await cache.get("k"), value);
    same(await cache.getOrSet("l", () => value), value);
    same(await cache.get("l"), value);
  },
});
