/** The SQLite tier with encryption: what is in the file, rotation while it is at work, and several processes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { type Cache, createCache, memory } from "../../mod.ts";
import { compression } from "../../src/bytes/compression/mod.ts";
import { type EncryptionOptions, encryption, type KeyRing, keyRing } from "../../src/bytes/encryption/mod.ts";
import type { Tier } from "../../src/tier.ts";
import { tierContract } from "../contract/mod.ts";
import { inFolder, rawDatabase, rows } from "./sql-fixture.ts";

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A cache over an encrypted file, which fails the test when it tells of anything. */
function open(path: string, ring: KeyRing, options: EncryptionOptions = {}, above: readonly Tier[] = []): Cache {
  const tiers = [...above, sqlite(path, { encryption: encryption(ring, options), compression: compression() })];
  const cache = createCache({ name: "app", tiers, ttl: "1h", coherence: 0 }) as Cache;
  cache.on("corrupt", ({ error }) => Promise.reject(error));
  cache.on("error", ({ error }) => Promise.reject(error));
  return cache;
}

/** Number of entries by the id of their key. */
function idsIn(path: string): Record<string, number> {
  const database = rawDatabase(path);
  const ids: Record<string, number> = {};
  for (const { data } of rows(database, "SELECT data FROM entries")) {
    const id = Buffer.from(data as Uint8Array)
      .subarray(4, 8)
      .toString("hex");
    ids[id] = (ids[id] ?? 0) + 1;
  }
  database.close();
  return ids;
}

/** All bytes of the database, with what its log has. */
function bytesOf(path: string): string {
  return ["", "-wal", "-shm"]
    .map((end) => (statSync(path + end, { throwIfNoEntry: false }) ? readFileSync(path + end).toString("latin1") : ""))
    .join("");
}

const CAPABILITIES = { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true };

// With names as they are in the long suite alone.
for (const hashKeys of process.env.TIERCEL_LONG ? [false, true] : [true]) {
  const suite = tierContract({
    name: `sqlite, encrypted${hashKeys ? " with hidden names" : ""}`,
    capabilities: CAPABILITIES,
    create() {
      const ring = keyRing({ current: key(1) });
      const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
      const tier = () => sqlite(join(folder, "cache.db"), { encryption: encryption(ring, { hashKeys }) });
      return { tier: tier(), reopen: tier, dispose: () => rmSync(folder, { recursive: true }) };
    },
    copies: true,
    skip: hashKeys
      ? [
          "tells of each change of another opener: write, touch, delete, clear",
          "tells of odd keys and prefixes as they are",
        ].map((test) => ({ test, reason: "it clears within a namespace, which no cache does" }))
      : [],
  });
  for (const { name, run, skip } of suite)
    test(name, { skip: skip ?? false }, async () => {
      await run();
    });
}

test("the file has no value in it that can be read, and with hashKeys no name of a key, tag, namespace or function", () =>
  inFolder(async ({ path }) => {
    for (const hashKeys of [false, true]) {
      const file = join(path, `${hashKeys}.db`);
      const cache = open(file, keyRing({ current: key(1) }), { hashKeys }, [memory()]);
      for (let at = 0; at < 200; at++) {
        const value = { secret: `plaintext${at}`, text: "plaintext ".repeat(at) };
        await cache.set(`customer:${at}`, value, { tags: [`premium${at % 3}`] });
        await cache.namespace("billing").set(["invoice", at], value);
      }
      await cache.invalidateTags(["premium1"]);
      await cache.invalidateTags(["premium0", "premium2"], { match: "all" });
      await cache.delete("customer:7");
      await cache.invalidatePattern("customer:1*");
      await cache.wrap(async (id: number) => `plaintext${id}`, { name: "getUser", ttl: "1h" })(5);
      const during = bytesOf(file);
      await cache.close();
      for (const bytes of [during, bytesOf(file)]) {
        ok(bytes.length > 50_000);
        ok(!bytes.includes("plaintext") && !bytes.includes("secret"), "values");
        for (const name of ["customer", "premium", "billing", "invoice", "getUser"])
          equal(bytes.includes(name), !hashKeys, `${name}, ${hashKeys ? "hidden" : "readable"}`);
        // Nor the key, in any form.
        for (const secret of ["\x01".repeat(32), "AQEBAQEBAQEB", "0101010101010101"]) ok(!bytes.includes(secret));
      }
    }
  }));

test("10,000 entries: a ring that is rotated under load costs no miss, and one pass of reads leaves nothing under the old key", () =>
  inFolder(async ({ path }) => {
    const file = join(path, "cache.db");
    const ring = keyRing({ current: key(1) });
    const cache = open(file, ring);
    const keys = Array.from({ length: 10_000 }, (_, at) => `key${at}`);
    for (let at = 0; at < keys.length; at += 1_000) {
      const some = keys.slice(at, at + 1_000);
      await cache.setMany(some.map((name) => ({ key: name, value: { name, generation: 0 } })));
    }
    const [old] = await ring.ids();
    deepEqual(idsIn(file), { [old!]: 10_000 });

    // Eight readers and two writers, each over its own keys, before, while and after the ring is rotated.
    let misses = 0;
    let isOver = false;
    let reads = 0;
    const generations = new Map<string, number>();
    const reader = async (own: number): Promise<void> => {
      for (let at = own; !isOver; at = (at + 7) % keys.length) {
        const name = keys[at]!;
        const known = generations.get(name) ?? 0;
        const value = await cache.get<{ name: string; generation: number }>(name);
        // SQLite answers at once, so that nothing else would have its turn.
        if (++reads % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (value?.name !== name || value.generation < known) misses++;
      }
    };
    const writer = async (own: number): Promise<void> => {
      for (let at = own; !isOver; at = (at + 2) % 1_000) {
        const name = keys[at]!;
        const generation = (generations.get(name) ?? 0) + 1;
        await cache.set(name, { name, generation });
        generations.set(name, generation);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const load = [...Array.from({ length: 8 }, (_, own) => reader(own * 1_000)), writer(0), writer(1)];
    while (reads < 2_000) await new Promise((resolve) => setTimeout(resolve, 5));
    const current = await ring.rotate(key(2));
    const rotated = reads;
    while (reads < rotated + 5_000) await new Promise((resolve) => setTimeout(resolve, 5));
    isOver = true;
    await Promise.all(load);
    equal(misses, 0);

    for (let at = 0; at < keys.length; at += 1_000) {
      const found = await cache.getMany<{ generation: number }>(keys.slice(at, at + 1_000));
      equal(found.size, 1_000);
    }
    await cache.close({ timeout: "1h" });
    deepEqual(idsIn(file), { [current]: 10_000 });

    await ring.drop();
    const again = open(file, ring);
    for (let at = 0; at < keys.length; at += 1_000) {
      const found = await again.getMany<{ generation: number }, string>(keys.slice(at, at + 1_000));
      for (const [name, value] of found) equal(value.generation, generations.get(name) ?? 0, name);
      equal(found.size, 1_000);
    }
    await again.close();
  }));

test("two processes rotate one after the other without a miss, if both know the new key first", () =>
  inFolder(async ({ path }) => {
    const file = join(path, "cache.db");
    const rings = [keyRing({ current: key(1) }), keyRing({ current: key(1) })];
    const caches = rings.map((ring) => open(file, ring));
    await caches[0]!.set("k", "value");
    for (const ring of rings) await ring.add(key(2));
    await rings[0]!.rotate(key(2));
    await caches[0]!.set("l", "value");
    for (const cache of caches) deepEqual([await cache.get("k"), await cache.get("l")], ["value", "value"]);
    // The other one is still under the old key, and both go on changing what they find.
    for (let round = 0; round < 5; round++)
      for (const cache of caches) deepEqual([await cache.get("k"), await cache.get("l")], ["value", "value"]);
    await rings[1]!.rotate(key(2));
    for (const cache of caches) await cache.getMany(["k", "l"]);
    // What the other one had begun under the old key is there once it is closed.
    await caches[1]!.close({ timeout: "1h" });
    await caches[0]!.getMany(["k", "l"]);
    await caches[0]!.close({ timeout: "1h" });
    deepEqual(Object.keys(idsIn(file)), [(await rings[0]!.ids())[0]]);
  }));

test("what was changed in the file by hand is a miss and an event", () =>
  inFolder(async ({ path }) => {
    const file = join(path, "cache.db");
    const ring = keyRing({ current: key(1) });
    let cache = open(file, ring);
    for (const name of ["a", "b", "c", "d"]) await cache.set(name, name, { tags: ["t"] });
    await cache.set("old", "new value");
    await cache.close();
    const database = rawDatabase(file);
    database.exec(`UPDATE entries SET data = (SELECT data FROM entries WHERE key = 'app:b') WHERE key = 'app:a'`);
    database.exec(`UPDATE entries SET created_at = created_at + 1 WHERE key = 'app:c'`);
    database.exec(`UPDATE entries SET fresh_until = 1e15, stale_until = 1e15 WHERE key = 'app:d'`);
    database.close();
    const tier = sqlite(file, { encryption: encryption(ring), compression: compression() });
    const told: unknown[] = [];
    cache = createCache({ name: "app", tiers: [tier] }) as Cache;
    cache.on("corrupt", ({ key: name, error }) => told.push([name, (error as { code?: unknown }).code]));
    deepEqual(await Promise.all(["a", "b", "c", "d"].map((name) => cache.get(name))), [undefined, "b", undefined, "d"]);
    deepEqual(told.sort(), [
      ["a", "CORRUPT"],
      ["c", "CORRUPT"],
    ]);
    await cache.close();
  }));
