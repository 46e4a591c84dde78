/**
 * Tiers that others have written, in ways that the contract allows or that are easily made by mistake.
 */
import { type Cache, type CacheOptions, createCache, defineTier, type Tier } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, same, suite } from "../../contract/mod.ts";
import { deferred, query, unwanted } from "./tools.ts";

const OPERATIONS = ["getMany", "setMany", "deleteMany", "touchMany", "clear", "scan", "size", "invalidate"] as const;

/** A store of its own, whose operations some others stand in for. */
function ownTier(replace: (inner: Tier) => Partial<Tier>, capabilities: Tier["capabilities"] = {}, name = "own"): Tier {
  const { sync, ...inner } = mapTier({ data: mapData(), name });
  void sync;
  const given = { ...inner.capabilities, sync: false, journal: false, ...capabilities };
  return defineTier({ ...inner, ...replace(inner), capabilities: given });
}

function open(tiers: readonly Tier[], options: CacheOptions = {}): { cache: Cache; failures: unknown[] } {
  const cache = createCache({ clock: fakeClock(), sweepInterval: 0, tiers, ...options });
  const failures: unknown[] = [];
  cache.on("error", ({ error }) => void failures.push(error));
  return { cache, failures };
}

export const tests: TestCase[] = suite("tiers of others", {
  "an answer may be one that can be awaited and is no promise": async () => {
    for (const local of [true, false]) {
      const asked = (inner: Tier) =>
        Object.fromEntries(
          OPERATIONS.map((name) => [
            name,
            (...args: never[]) => query(async () => (inner[name] as (...all: never[]) => unknown)(...args)),
          ]),
        );
      const { cache, failures } = open([ownTier(asked, { local })]);
      await cache.set("k", 1, { tags: ["t"], ttl: "1h" });
      same(await cache.get("k"), 1);
      same(await cache.getOrSet("k", unwanted), 1);
      same(await cache.getOrSet("l", () => 2), 2);
      same(await cache.touch("l", { ttl: "2h" }), true);
      equal([(await cache.keys()).sort(), await cache.size()], [["k", "l"], 2]);
      await cache.invalidateTags(["t"]);
      same(await cache.get("k"), undefined);
      same(await cache.delete("l"), true);
      await cache.clear();
      equal([failures, cache.stats().tiers[0]!.breaker], [[], "closed"]);
      await cache.close();
    }
  },
  "one that throws when it is awaited is a fault of the tier": async () => {
    const refuse = () => {
      throw new Error("not to be awaited");
    };
    // biome-ignore lint/suspicious/noThenProperty: that is what it is about.
    const { cache, failures } = open([ownTier(() => ({ getMany: () => ({ then: refuse }) as never }))]);
    same(await cache.getOrSet("k", () => 1), 1);
    same(failures.length, 1);
  },
  "an operation that answers nothing where there is something to tell is a fault, in one batch and in several":
    async () => {
      for (const maxBatch of [1, 2]) {
        const { cache, failures } = open([
          ownTier(() => ({ deleteMany: async () => undefined as never }), { maxBatch }),
        ]);
        same(await cache.deleteMany(["a", "b"]), 0);
        same(failures.length, 1);
      }
    },
  "a tier that takes its batch apart takes nothing from those below": async () => {
    for (const shared of [true, false]) {
      const upper = ownTier(
        (inner) => ({
          async getMany(keys, options) {
            const { entries } = await inner.getMany([...keys], options);
            (keys as string[]).splice(0, 2);
            return { entries };
          },
        }),
        { shared, durable: shared },
        "upper",
      );
      const { cache } = open([upper, ownTier(() => ({}))]);
      const keys = ["a", "b", "c"];
      await cache.setMany(keys.map((key) => ({ key, value: key })));
      await upper.clear("", 0);
      equal([...(await cache.getMany(keys)).values()], keys);
      await upper.clear("", 0);
      equal([...(await cache.getOrSetMany(keys, unwanted as never)).values()], keys);
    }
  },
  "an answer may have what it tells from its class": async () => {
    class Answer {
      readonly #of: Awaited<ReturnType<Tier["getMany"]>>;
      constructor(of: Awaited<ReturnType<Tier["getMany"]>>) {
        this.#of = of;
      }
      get entries() {
        return this.#of.entries;
      }
      get sequence() {
        return this.#of.sequence;
      }
      get leases() {
        return this.#of.leases;
      }
    }
    const clock = fakeClock();
    const told = ownTier((inner) => ({
      getMany: async (keys, options) => new Answer(await inner.getMany(keys, options)) as never,
    }));
    const { cache, failures } = open([told], { clock, tags: ["t"], ttl: "1s", grace: "1h" });
    await cache.set("k", "old");
    await clock.advance(1_001);
    same(await cache.getOrSet("k", () => "new"), "new");
    equal([await cache.get("k"), failures], ["new", []]);
  },
  "of what a tier makes of the writes for itself, no more goes elsewhere than there are keys": async () => {
    const data = mapData();
    const chunked: Partial<Tier> = {
      prepare: (writes) => writes.flatMap((write) => [write, { ...write, key: `${write.key}#2` }]),
    };
    const other = mapTier({ data, name: "other" });
    const { cache } = open([defineTier({ ...other, ...chunked }), ownTier(() => ({}))]);
    await cache.set("k", 1);
    same([...data.entries.keys()].length, 1);
  },
  "what waitUntil throws while values are copied up fences off no load that comes later": async () => {
    let isOutside = false;
    const waitUntil = (): void => {
      if (isOutside) throw new Error("outside of a request");
    };
    const upper = ownTier((inner) => ({ setMany: async (...args) => inner.setMany(...args) }), {}, "upper");
    const { cache } = open([upper, ownTier(() => ({}))], { waitUntil });
    await cache.set("k", 1);
    await upper.clear("", 0);
    isOutside = true;
    await cache.get("k").catch(() => {});
    isOutside = false;
    const write = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++)
        await cache.setMany(Array.from({ length: 100 }, (_, i) => ({ key: [rounds, round, i], value: 1 })));
    };
    // While somebody reads, 10,000 written keys are remembered: with one more, all that is under way counts as overtaken.
    await write(50);
    const gate = deferred();
    const loading = cache.getOrSet("loaded", () => gate.promise.then(() => 1));
    await write(60);
    gate.resolve();
    same(await loading, 1);
    same(await cache.has("loaded"), true);
  },
});
