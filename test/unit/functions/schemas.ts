import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import type { Cache, StandardSchema } from "../../../mod.ts";
import { createCache, defineScopes, memory, ValidationError } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";
import { STACKS, stackSuite } from "../cache/stacks.ts";
import { deferred, unwanted } from "../cache/tools.ts";

/** Text to its length. */
const lengthOf: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "string" ? { value: value.length } : { issues: [{ message: "must be text" }] },
  },
};

const later = <T>(schema: StandardSchema<T>): StandardSchema<T> => ({
  "~standard": { ...schema["~standard"], validate: async (value) => schema["~standard"].validate(value) },
});

/** Workers forbid what arktype does with text. */
function canCompile(): boolean {
  try {
    return new Function("return true")();
  } catch {
    return false;
  }
}

const schema = stackSuite("schema on getOrSet", {
  "hits and loads are what the schema gives back, and what is stored is as it was loaded": async (open, { depth }) => {
    for (const some of [lengthOf, later(lengthOf)]) {
      const { cache } = open();
      same(await cache.getOrSet("k", () => "four", { schema: some }), 4);
      same(await cache.getOrSet("k", unwanted, { schema: some }), 4);
      if (depth === 2) await cache.evictAll();
      same(await cache.getOrSet("k", unwanted, { schema: some }), 4);
      same(await cache.get("k"), "four");
    }
  },
  "a hit that does not fit is loaded anew, or thrown": async (open) => {
    for (const some of [lengthOf, later(lengthOf)]) {
      const { cache } = open();
      await cache.set("k", 5);
      const error = await rejects(
        cache.getOrSet("k", () => "four", { schema: some, onInvalid: "throw" }),
        ValidationError,
      );
      equal((error as ValidationError).issues, [{ message: "must be text" }]);
      same(await cache.getOrSet("k", () => "four", { schema: some, onInvalid: "miss" }), 4);
      same(await cache.get("k"), "four");
      await rejects(
        cache.getOrSet("k", () => "four", { schema: some, onInvalid: "thorw" as never }),
        "CONFIG",
      );
    }
  },
  "a load that does not fit has failed: it is thrown, not stored, and grace has an answer": async (open) => {
    for (const some of [lengthOf, later(lengthOf)]) {
      const { cache, clock } = open();
      const options = { schema: some, ttl: 1000, grace: "1h" };
      await rejects(
        cache.getOrSet("k", () => 5 as unknown, options),
        ValidationError,
      );
      same(await cache.has("k"), false);
      same(cache.stats().loadErrors, 1);
      await cache.set("k", "old", options as never);
      await clock.advance(2000);
      same(await cache.getOrSet("k", () => 5 as unknown, options), 3);
    }
  },
  "callers with a schema and without share one load": async (open) => {
    const { cache } = open();
    const { promise, resolve } = deferred<string>();
    let runs = 0;
    const load = (): Promise<string> => {
      runs++;
      return promise;
    };
    const without = cache.getOrSet("k", load);
    const within = cache.getOrSet("k", load, { schema: lengthOf });
    const wrong = cache.getOrSet("k", load, { schema: z.number() });
    const refused = rejects(wrong, ValidationError);
    await cache.get("other");
    resolve("four");
    equal([await without, await within], ["four", 4]);
    await refused;
    same(runs, 1);
  },
  "zod, valibot and arktype": async (open) => {
    const user = { id: 1, name: "Ada" };
    const schemas: StandardSchema<{ id: number }>[] = [
      z.object({ id: z.number(), name: z.string() }),
      v.object({ id: v.number(), name: v.string() }),
      ...(canCompile() ? [type({ id: "number", name: "string" })] : []),
    ];
    for (const one of schemas) {
      const { cache } = open();
      equal(await cache.getOrSet("k", () => user, { schema: one }), user);
      equal(await cache.get("k", { schema: one }), user);
      await cache.set("k", { id: "1" });
      same(await cache.get("k", { schema: one }), undefined);
      equal(await cache.getOrSet("k", () => user, { schema: one }), user);
      await cache.set("k", { id: "1" });
      await rejects(
        cache.getOrSet("k", () => user, { schema: one, onInvalid: "throw" }),
        ValidationError,
      );
      await rejects(
        cache.getOrSet("none", () => ({ id: "1" }) as unknown, { schema: one }),
        ValidationError,
      );
      const values = await cache
        .getOrSetMany(["k", "l"], () => new Map([["k", user]]) as never, { schema: one })
        .catch(String);
      ok(String(values).includes("VALIDATION"), "l was not loaded");
    }
    const { cache } = open();
    await cache.set("at", "2026-11-21");
    equal(await cache.get("at", { schema: z.coerce.date() }), new Date("2026-11-21"));
    equal(await cache.getOrSet("to", () => "2026-11-21", { schema: z.coerce.date() }), new Date("2026-11-21"));
    // What a schema gives back may be undefined, and is a hit.
    same(await cache.getOrSet("at", unwanted, { schema: z.unknown().transform(() => undefined) }), undefined);
  },
});

const bySync: TestCase[] = suite("conditions by the synchronous face", {
  "shouldCache, validate and schema": () => {
    const alone = createCache();
    const stacked = createCache({ tiers: [memory(), mapTier({ data: mapData() })] });
    for (const { sync } of [alone, stacked] as Cache<never, never, "sync">[]) {
      same(
        sync.getOrSet("a", () => 1, { shouldCache: () => false }),
        1,
      );
      same(sync.get("a"), undefined);
      sync.set("b", 0);
      let runs = 0;
      const options = { validate: ({ value }: { value: number }) => value > 0 };
      for (const _ of [1, 2])
        same(
          sync.getOrSet<number>("b", () => ++runs, options),
          1,
        );
      same(sync.get("b", options), 1);
      same(
        sync.getOrSet("c", () => "four", { schema: lengthOf }),
        4,
      );
      same(
        sync.getOrSet("c", () => "five!", { schema: lengthOf }),
        4,
      );
      equal(
        sync.getOrSetMany(["b", "d"], () => [7], options),
        new Map([
          ["b", 1],
          ["d", 7],
        ]),
      );
      sync.set("b", 0);
      equal(
        sync.getOrSetMany(["b", "d"], () => [9], options),
        new Map([
          ["b", 9],
          ["d", 7],
        ]),
      );
      throws(() => sync.getOrSet("c", () => "x", { schema: later(lengthOf) }), "SYNC_UNSUPPORTED");
      throws(() => sync.getOrSet("b", () => 1, { validate: async () => true }), "SYNC_UNSUPPORTED");
      same(
        sync.getOrSet("b", () => 1),
        9,
      );
    }
  },
});

const inherited: TestCase[] = suite("conditions on what is inherited", {
  "a parent's entry that is not valid is loaded into the scope itself": async () => {
    const scopes = defineScopes({ org: { param: "org", children: { user: { param: "user" } } } });
    const cache = createCache({ scopes });
    const parent = cache.scope("org", { org: 1 });
    const view = cache.scope("user", { org: 1, user: 2 }, { inherit: true });
    await parent.set("k", "parent");
    same(await view.getOrSet("k", unwanted, { schema: lengthOf }), 6);
    same(await view.getOrSet<string>("k", () => "own", { validate: ({ value }) => value === "own" }), "own");
    same(await parent.get("k"), "parent");
    await parent.set("l", "parent");
    const options = { validate: ({ value }: { value: string }) => value === "own" };
    equal(
      await view.getOrSetMany(["k", "l"], () => ["own"], options),
      new Map([
        ["k", "own"],
        ["l", "own"],
      ]),
    );
  },
});

export const tests: TestCase[] = [...STACKS.flatMap((stack) => schema(stack)), ...bySync, ...inherited];
