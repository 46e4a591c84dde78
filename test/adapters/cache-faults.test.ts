// What a user of the cache sees when the file under it fails for real.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { SqliteTier } from "../../adapters/sqlite.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import type { Cache, CacheEvents } from "../../mod.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { files, inFolder, isDeno } from "./sql-fixture.ts";

/** A cache over a file, with the faults and corruptions that it told of. */
function openCache(
  path: string,
  withMemory = true,
): { cache: Cache; tier: SqliteTier; told: { errors: CacheEvents["error"][]; corrupt: CacheEvents["corrupt"][] } } {
  const tier = sqlite(path);
  const cache = createCache({ tiers: withMemory ? [memory(), tier] : [tier], sweepInterval: 0 });
  const told = { errors: [] as CacheEvents["error"][], corrupt: [] as CacheEvents["corrupt"][] };
  cache.on("error", (event) => told.errors.push(event));
  cache.on("corrupt", (event) => told.corrupt.push(event));
  return { cache, tier, told };
}

/** Runs one statement on the tier's own handle. */
function change(tier: SqliteTier, sql: string): void {
  files.adopt(tier.client as object)!.all(sql, []);
}

test("a full disk degrades: nothing rejects, faults are events, what was stored is served, and the old value never comes back", (t) =>
  inFolder(async (folder) => {
    const disk = join(folder.path, "disk");
    try {
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], { stdio: "pipe" });
    } catch {
      const reason = "cannot mount a file system here: run it as root on Linux";
      return isDeno ? undefined : t.skip(reason);
    }
    const ballast = join(disk, "ballast");
    const { cache, told } = openCache(join(disk, "cache.db"));
    try {
      writeFileSync(ballast, new Uint8Array(250_000));
      await cache.set("kept", "before");
      await cache.set("changed", "old");
      for (let i = 0; i < 400 && told.errors.length === 0; i++) await cache.set(`filler${i}`, "x".repeat(10_000));
      ok(told.errors.length > 0, "the disk must have become full");
      same(told.errors[0]!.tier, "sqlite");
      await cache.set("changed", "n".repeat(20_000));
      same(await cache.get("changed"), "n".repeat(20_000), "memory has the new value");
      await cache.evictAll();
      same(await cache.getOrSet("loaded", () => "l".repeat(20_000)), "l".repeat(20_000), "a load is answered");
      ok((await cache.get("changed")) !== "old", "the old value must not come back");
      ok(cache.stats().errors > 0);
      writeFileSync(ballast, "");
      // A new cache, which need not wait for the breaker's pause.
      await cache.close();
      const { cache: again, told: toldAgain } = openCache(join(disk, "cache.db"));
      same(await again.get("kept"), "before");
      await again.set("room", "again");
      equal(toldAgain.errors, []);
      await again.close();
      const { cache: third } = openCache(join(disk, "cache.db"));
      same(await third.get("room"), "again");
      await third.close();
    } finally {
      await cache.close();
      execFileSync("umount", ["-l", disk]);
    }
  }));

test("a file that became read-only degrades: reads go on, writes are events and stay in memory", () =>
  inFolder(async (folder) => {
    const { cache, tier, told } = openCache(folder.file);
    await cache.set("kept", "v");
    await cache.set("changed", "old");
    await cache.evictAll();
    change(tier, "PRAGMA query_only = 1");
    await cache.set("changed", "new");
    same(told.errors.length > 0, true);
    same(await cache.get("changed"), "new");
    same(await cache.get("kept"), "v", "what is there is served");
    await cache.evictAll();
    same(await cache.get("changed"), undefined, "neither the old value nor a lost one");
    await cache.delete("kept");
    same(await cache.get("kept"), undefined, "deleted is deleted, though the file still has it");
    change(tier, "PRAGMA query_only = 0");
    await cache.set("changed", "newest");
    await cache.close();
    const { cache: again } = openCache(folder.file, false);
    same(await again.get("changed"), "newest");
    same(await again.get("kept"), undefined, "the deletion was made up for");
    await again.close();
  }));

test("a corrupt row is a miss and an event, is removed, and harms no other", () =>
  inFolder(async (folder) => {
    const { cache, tier, told } = openCache(folder.file, false);
    await cache.setMany([1, 2, 3].map((value) => ({ key: `k${value}`, value })));
    change(
      tier,
      "UPDATE entries SET data = CAST(substr(data, 1, length(data) - 1) || x'ff' AS BLOB) WHERE key = 'default:k2'",
    );
    equal(
      [...(await cache.getMany(["k1", "k2", "k3"]))],
      [
        ["k1", 1],
        ["k3", 3],
      ],
    );
    equal(
      told.corrupt.map(({ key, tier: name }) => [key, name]),
      [["k2", "sqlite"]],
    );
    equal([...(await cache.keys())].sort(), ["k1", "k3"]);
    same(await cache.getOrSet("k2", () => "loaded"), "loaded");
    same(await cache.get("k2"), "loaded");
    await cache.close();
  }));

test("1,000 acknowledged sets survive kill -9", () =>
  inFolder(async (folder) => {
    const script = fileURLToPath(import.meta.url).replace("cache-faults.test", "cache-child");
    const args = isDeno ? ["run", "-A", script] : [script];
    const child = spawn(process.execPath, [...args, folder.file], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (some) => {
        printed += some;
        if (printed.split("\n").length > 1_000) resolve();
      });
      child.once("exit", () => resolve());
    });
    const gone = child.exitCode ?? child.signalCode ?? new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    const acknowledged = printed.split("\n").slice(0, -1);
    ok(acknowledged.length >= 1_000, `the process must have run until it was killed: ${acknowledged.length}`);
    const { cache } = openCache(folder.file);
    const found = await cache.getMany(acknowledged);
    equal(
      acknowledged.filter((key) => found.get(key) !== `value of ${key}`),
      [],
    );
    await cache.close();
  }));

test("the handle underneath is at hand however the tier is written to", () =>
  inFolder(async (folder) => {
    await createCache({ tiers: [sqlite(folder.file)] }).close();
    for (const options of [{}, { write: "behind" }, { write: "around" }, { readOnly: true }] as const) {
      const cache = createCache({ tiers: [memory(), sqlite(folder.file, options)] });
      ok(cache.tier("sqlite").client, JSON.stringify(options));
      await cache.close();
    }
  }));
