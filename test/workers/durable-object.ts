/** The SQLite storage of a Durable Object: the tier contract and whole caches, inside an object. */

import { type DurableObjectStorage, durableObject } from "../../adapters/durable-object.ts";
import { ConfigError, createCache, memory, StoreOpenError } from "../../mod.ts";
import { equal, rejects, same, throws } from "../contract/assert.ts";
import { suite, type TestCase, tierContract } from "../contract/mod.ts";
import type { WorkerEnv } from "./env.ts";

/** In the row without nodejs_compat too: with it, there is a node:sqlite that does not work. */
export const bare = true;

/** Each test has an object of its own. */
export const place = "object";

/** Tests of `durableObject()`. */
export function suites({ storage }: WorkerEnv): TestCase[] {
  const own = storage as DurableObjectStorage;
  return [
    ...tierContract({
      name: "durable object",
      capabilities: { sync: true, keys: true, tags: true, durable: true },
      create: () => ({
        tier: durableObject(own),
        reopen: () => durableObject(own),
        loseTags(tags) {
          for (const tag of tags) own.sql.exec("DELETE FROM tags WHERE name = ?", tag);
        },
      }),
    }),
    ...suite("caches in a durable object", {
      "have their entries, tags and invalidations again when the object starts anew": async () => {
        const open = () => createCache({ name: "app", tiers: [memory(), durableObject(own)], ttl: "1h" });
        const before = open();
        await before.set("k", { answer: 42 }, { tags: ["t"] });
        await before.set("gone", 1, { tags: ["u"] });
        await before.invalidateTags("u");
        const after = open();
        equal(await after.get("k"), { answer: 42 });
        same(await after.get("gone"), undefined);
        await after.invalidateTags("t");
        same(await open().get("k"), undefined);
      },
      "load once for many callers, and refuse what was loaded before a change": async () => {
        const cache = createCache({ name: "app", tiers: [memory(), durableObject(own)] });
        let loads = 0;
        const values = await Promise.all(Array.from({ length: 20 }, () => cache.getOrSet("k", async () => ++loads)));
        equal([new Set(values).size, loads], [1, 1]);
        const late = cache.getOrSet("j", async () => {
          await cache.set("j", "set");
          return "loaded";
        });
        same(await late, "loaded");
        same(await cache.get("j"), "set");
      },
      "answer synchronously": () => {
        const tier = durableObject(own);
        const cache = createCache({ name: "app", tiers: [tier] });
        tier.sync.setMany(tier.prepare!([{ key: "app:k", entry: ENTRY }]) as never, Date.now());
        same(tier.sync.getMany(["app:k"], { now: Date.now() }).entries[0]?.value, "value");
        same(cache.tier("durable-object").client, own);
      },
      "stand beside the tables of others": async () => {
        own.sql.exec("CREATE TABLE users (name TEXT)");
        const cache = createCache({ name: "app", tiers: [durableObject(own)] });
        await cache.set("k", 1);
        await cache.clear();
        equal([...own.sql.exec("SELECT count(*) FROM users").raw()], [[0]]);
      },
      "refuse a storage whose tables have their names": () => {
        own.sql.exec("CREATE TABLE entries (name TEXT)");
        throws(() => createCache({ name: "app", tiers: [durableObject(own)] }), StoreOpenError);
      },
      "refuse what is no storage with SQLite": () => {
        for (const storage of [undefined, {}, { sql: {} }, { transactionSync() {} }])
          throws(() => durableObject(storage as never), ConfigError);
      },
      "take a damaged row for a miss, and remove it": async () => {
        const cache = createCache({ name: "app", tiers: [durableObject(own)] });
        const corrupt: unknown[] = [];
        cache.on("corrupt", ({ key }) => corrupt.push(key));
        await cache.set("a", 1);
        await cache.set("b", 1);
        own.sql.exec("UPDATE entries SET data = x'00' WHERE key = 'app:a'");
        own.sql.exec("UPDATE entries SET created_at = 'x' WHERE key = 'app:b'");
        equal([await cache.get("a"), await cache.get("b")], [undefined, undefined]);
        equal(corrupt, ["a", "b"]);
        await new Promise((resolve) => setTimeout(resolve, 0));
        equal([...own.sql.exec("SELECT count(*) FROM entries").raw()], [[0]]);
      },
      "refuse a value that has no room in a row, before anything is changed": async () => {
        const cache = createCache({ name: "app", tiers: [memory(), durableObject(own)] });
        await cache.set("k", "before");
        await rejects(cache.set("k", new Uint8Array(1_980_001)), "TIER_LIMIT");
        same(await cache.get("k"), "before");
        await cache.set("k", new Uint8Array(1_979_000));
      },
    }),
  ];
}

const ENTRY = {
  value: "value",
  createdAt: 0,
  freshUntil: Infinity,
  staleUntil: Infinity,
  tags: [],
  sequence: undefined,
  version: undefined,
  loadTime: 0,
};
