import type { IndexedDbOptions } from "../../../adapters/indexeddb.ts";
import { indexedDb } from "../../../adapters/indexeddb.ts";
import { type Cache, type CacheEvents, type CacheOptions, createCache, memory } from "../../../mod.ts";
import { equal, type FakeClock, fakeClock, ok, same, suite, type TestCase } from "../../contract/mod.ts";
import { inWorker, openTier, perform } from "./in-worker.ts";
import { deleteDatabase, inBrowsers, inStore, newName } from "./raw.ts";

/** A cache with what it told of. */
export interface Opened {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly errors: CacheEvents["error"][];
  readonly corrupt: CacheEvents["corrupt"][];
}

/** Memory over a database, and looks into its journal at every call. */
export function openCache(database: string, options: CacheOptions = {}, tier: IndexedDbOptions = {}): Opened {
  const clock = fakeClock();
  const tiers = [memory(), indexedDb(database, tier)];
  const cache = createCache({ tiers, clock, coherence: 0, sweepInterval: 0, ...options });
  const opened: Opened = { cache, clock, errors: [], corrupt: [] };
  cache.on("error", (event) => opened.errors.push(event));
  cache.on("corrupt", (event) => opened.corrupt.push(event));
  return opened;
}

/** A database of its own for a test, which is deleted when that is over. */
export async function onDatabase(test: (database: string) => Promise<void>): Promise<void> {
  const database = newName();
  try {
    await test(database);
  } finally {
    await deleteDatabase(database);
  }
}

/** What is under each key. */
async function values(cache: Cache, ...keys: string[]): Promise<unknown[]> {
  return Promise.all(keys.map((key) => cache.get(key)));
}

export const tests: TestCase[] = inBrowsers("a cache over indexedDb", () =>
  suite("a cache over indexedDb", {
    "keeps entries, tags and deadlines when it is closed and opened again": () =>
      onDatabase(async (database) => {
        const { cache } = openCache(database);
        await cache.set("tagged", { n: [1, new Uint8Array([2])] }, { tags: ["t"], ttl: "1h" });
        await cache.set("plain", "v");
        await cache.close();
        const { cache: again, clock, errors } = openCache(database);
        equal(await again.get("tagged"), { n: [1, new Uint8Array([2])] });
        same((await again.meta("tagged"))?.ttl, 3_600_000);
        await again.invalidateTags(["t"]);
        equal(await values(again, "tagged", "plain"), [undefined, "v"]);
        clock.stepWall(3_600_000);
        await again.close();
        equal(errors, []);
      }),
    "what one tab changes, another no longer serves from memory": () =>
      onDatabase(async (database) => {
        const [one, other] = [openCache(database), openCache(database)];
        for (const key of ["set", "deleted", "tagged", "cleared/1"]) await one.cache.set(key, "old", { tags: [key] });
        equal(await values(other.cache, "set", "deleted", "tagged", "cleared/1"), ["old", "old", "old", "old"]);
        await one.cache.set("set", "new");
        await one.cache.delete("deleted");
        await one.cache.invalidateTags(["tagged"]);
        await one.cache.invalidatePattern("cleared/*");
        equal(await values(other.cache, "set", "deleted", "tagged", "cleared/1"), [
          "new",
          undefined,
          undefined,
          undefined,
        ]);
        equal([one.errors, other.errors], [[], []]);
        await Promise.all([one.cache.close(), other.cache.close()]);
      }),
    "two tabs load a key once": () =>
      onDatabase(async (database) => {
        // Their clocks run far ahead of the database.
        const options = { lease: "1000h", leaseTimeout: "1000h" };
        const timeout = { timeout: "1000h" };
        const [one, other] = [openCache(database, options, timeout), openCache(database, options, timeout)];
        let loads = 0;
        let finish!: () => void;
        const finished = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const load = async (): Promise<string> => {
          loads += 1;
          await finished;
          return "loaded";
        };
        const first = one.cache.getOrSet("k", load);
        // Until the lease is there to be seen.
        const tier = openTier(database);
        while ((await tier.scan!({ prefix: "", limit: 10, now: 0, leased: true })).keys.length === 0);
        await tier.close!();
        let isDone = false;
        const second = other.cache.getOrSet("k", load).finally(() => {
          isDone = true;
        });
        finish();
        equal(await first, "loaded");
        // It looks again after a pause.
        while (!isDone) await other.clock.advance(250);
        equal([await second, loads], ["loaded", 1]);
        await Promise.all([one.cache.close(), other.cache.close()]);
      }),
    "a worker and its page give each lease to one of them, and share one sequence of invalidations": () =>
      onDatabase(async (database) => {
        const tier = openTier(database);
        await tier.getMany([], { now: 0, sequence: true });
        const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
        const task = { database, keys, tags: ["t"] };
        const [inPage, other] = await Promise.all([perform(task), inWorker(task)]);
        equal(
          keys.map((_, index) => Number(inPage[index]) + Number(other[index])),
          keys.map(() => 1),
          "holders of each lease",
        );
        const { position } = await tier.journal!();
        const { changes } = await tier.journal!(position - 2);
        const told = changes!.flatMap((change) => (change.by === "tags" ? [change.sequence] : []));
        ok(told.length === 2 && told[0]! < told[1]!, "both invalidations are told, one after the other");
        await tier.close!();
      }),
    "clear touches this cache alone": () =>
      onDatabase(async (database) => {
        const [one, other] = [openCache(database, { name: "one" }), openCache(database, { name: "other" })];
        await one.cache.set("k", 1);
        await other.cache.set("k", 2);
        await one.cache.clear();
        equal([await one.cache.get("k"), await other.cache.get("k")], [undefined, 2]);
        await Promise.all([one.cache.close(), other.cache.close()]);
      }),
    "a record that nobody can read is a miss, is told of and removed": () =>
      onDatabase(async (database) => {
        const { cache, errors, corrupt } = openCache(database);
        await cache.set("k", "v");
        await cache.set("whole", "v");
        const [key] = (await inStore(database, "entries", (store) => store.getAllKeys())) as string[];
        const record = await inStore(database, "entries", (store) => store.get(key!));
        const garbage: unknown[] = [
          7,
          null,
          { ...record, v: "text" },
          { ...record, c: "soon" },
          { ...record, g: [[7]] },
        ];
        garbage.push({ ...record, v: new Uint8Array([1, 2, 3]) });
        for (const [index, bad] of garbage.entries()) {
          await inStore(database, "entries", (store) => store.put(bad, key));
          const reader = openCache(database);
          equal(await values(reader.cache, "k", "whole"), [undefined, "v"], JSON.stringify(bad));
          equal([reader.corrupt.length, reader.corrupt[0]?.key, reader.errors], [1, "k", []]);
          same(await inStore(database, "entries", (store) => store.getKey(key!)), undefined, `removed: ${index}`);
          await reader.cache.close();
        }
        equal([errors, corrupt], [[], []]);
        await cache.close();
      }),
    "bytes are stored as bytes, without what is beside them in their buffer": () =>
      onDatabase(async (database) => {
        const { cache } = openCache(database);
        const bytes = new Uint8Array(100_000).subarray(10, 20).fill(7);
        await cache.set("k", bytes);
        const [record] = (await inStore(database, "entries", (store) => store.getAll())) as { v: Uint8Array }[];
        ok(record!.v instanceof Uint8Array && record!.v.buffer.byteLength < 100, "the record must be small");
        await cache.close();
      }),
    "entries that an invalidation hit are removed for good by the sweep": () =>
      onDatabase(async (database) => {
        const { cache } = openCache(database);
        for (let n = 0; n < 5; n++) await cache.set(`dead${n}`, n, { tags: ["t", `${n}`] });
        await cache.set("live", 1, { tags: ["u"] });
        await cache.invalidateTags(["t"]);
        const count = (): Promise<number> => inStore(database, "entries", (store) => store.count());
        same(await count(), 6);
        await cache.prune();
        same(await count(), 1);
        equal(await cache.get("live"), 1);
        await cache.close();
      }),
  }),
);
