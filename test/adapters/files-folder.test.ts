// What is in the folder, what is ours in it, and folders that cannot be used.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { files } from "../../adapters/files.ts";
import { createCache, memory } from "../../mod.ts";
import { ConfigError, StoreOpenError } from "../../src/errors.ts";
import { equal, ok, same, throws } from "../contract/assert.ts";
import { filesIn, inFolder, isDeno, mounted, onlyFile } from "./files-fixture.ts";

const isWindows = process.platform === "win32";

test("makes nothing before the cache is made, and then the folder with those above it", () =>
  inFolder(async (folder) => {
    const path = join(folder.path, "a", "b");
    const tier = files(path);
    ok(!existsSync(join(folder.path, "a")), "nothing must be there yet");
    const cache = createCache({ tiers: [tier] });
    ok(statSync(path).isDirectory());
    await cache.close();
  }));

test("takes a path relative to the working folder, and a file: URL", () =>
  inFolder(async (folder) => {
    const path = join(folder.path, "with space");
    for (const place of [pathToFileURL(path), pathToFileURL(path).href, path]) {
      const cache = createCache({ tiers: [files(place)] });
      await cache.set("k", String(place));
      same(await cache.get("k"), String(place));
      await cache.close();
    }
    same(filesIn(path).length, 1);
  }));

test("refuses what is no folder, with the option's name", () => {
  for (const folder of [
    "",
    "redis://localhost",
    "https://example.com/x",
    7,
    undefined,
    new URL("https://x.y/"),
    "a\0b",
  ])
    throws(() => files(folder as string), ConfigError);
  for (const options of [{ fsync: 1 }, { maxKeyLength: 0 }, { maxKeyLength: Number.NaN }, { name: "" }, { ttl: -1 }])
    throws(() => files("x", options as object), ConfigError);
});

test("throws at creation for a path that is a file, or is below one", () =>
  inFolder((folder) => {
    const file = join(folder.path, "file");
    writeFileSync(file, "text");
    for (const path of [file, join(file, "below")]) {
      const { message } = throws(() => createCache({ tiers: [files(path)] }), StoreOpenError);
      ok(message.includes(path) && message.includes("a file"), message);
    }
    same(readFileSync(file, "utf8"), "text");
  }));

test("throws at creation for a folder that cannot be made or written to", async () => {
  if (process.platform === "linux") throws(() => createCache({ tiers: [files("/proc/tiercel")] }), StoreOpenError);
  await inFolder(async (folder) => {
    const path = join(folder.path, "readonly");
    await mounted(path, "ro", async () => {
      throws(() => createCache({ tiers: [files(path)] }), StoreOpenError);
      throws(() => createCache({ tiers: [files(join(path, "below"))] }), StoreOpenError);
    });
  });
});

test("is one file for each entry, in shards, which only the owner may read", { skip: isWindows }, () =>
  inFolder(async (folder) => {
    const { cache } = folder.open();
    await cache.setMany(Array.from({ length: 300 }, (_, value) => ({ key: `k${value}`, value })));
    const all = filesIn(folder.store);
    same(all.length, 300);
    ok(
      all.every((file) => /^[0-9a-f]{2}\/k[a-z0-9_-]+\.tiercel$/.test(file)),
      all[0],
    );
    ok(new Set(all.map((file) => file.slice(0, 2))).size > 100, "the shards must share them");
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    equal(
      [mode(folder.store), mode(join(folder.store, all[0]!, "..")), mode(join(folder.store, all[0]!))],
      ["700", "700", "600"],
    );
  }),
);

test("keeps keys apart that a file system folds, and keys that are too long for a file name", () =>
  inFolder(async (folder) => {
    const { cache } = folder.open();
    const keys = [
      "a",
      "A",
      "å",
      "a\u030a",
      "CON",
      "con",
      "a/b",
      "a\\b",
      "a:b",
      "..",
      ".",
      "a.",
      "x".repeat(400),
      "x".repeat(399),
    ];
    await cache.setMany(keys.map((key) => ({ key, value: `value of ${key}` })));
    const names = filesIn(folder.store).map((file) => file.toLowerCase().normalize("NFC"));
    same(new Set(names).size, keys.length);
    for (const key of keys) same(await cache.get(key), `value of ${key}`);
    equal([...(await cache.keys())].sort(), [...keys].sort());
    same(await cache.size(), keys.length);
  }));

test("leaves alone what it has not made, when it clears, lists and sweeps", () =>
  inFolder(async (folder) => {
    const { cache, clock } = folder.open();
    await cache.set("k", 1, { ttl: 1000 });
    const [own] = filesIn(folder.store);
    const shard = own!.slice(0, 2);
    const foreign = [
      "README.md",
      "kfoo.tiercel",
      `${shard}/notes.txt`,
      `${shard}/KUPPER.tiercel`,
      `${shard}/.hidden`,
      `${shard}/t1.tmp`,
      `${shard}/sub/kfoo.tiercel`,
      `zz/kfoo.tiercel`,
      `abc/kfoo.tiercel`,
    ];
    for (const file of foreign) {
      mkdirSync(dirname(join(folder.store, file)), { recursive: true });
      writeFileSync(join(folder.store, file), "text");
      utimesSync(join(folder.store, file), 1, 1);
    }
    mkdirSync(join(folder.store, shard, "kfolder.tiercel"));
    equal([...(await cache.keys())], ["k"]);
    await clock.advance(1000);
    equal(await cache.prune(), ["k"]);
    await cache.set("k", 1);
    await cache.clear();
    equal(filesIn(folder.store), foreign.sort());
    for (const file of foreign) same(readFileSync(join(folder.store, file), "utf8"), "text");
    ok(existsSync(join(folder.store, shard, "kfolder.tiercel")));
  }));

test("removes what processes that died left on its way, once it is an hour old", () =>
  inFolder(async (folder) => {
    const { cache } = folder.open();
    await cache.set("k", 1);
    const shard = dirname(onlyFile(folder));
    const [old, young] = [join(shard, "t0123456789abcdef-7.tmp"), join(shard, "t0123456789abcdef-8.tmp")];
    for (const path of [old, young]) writeFileSync(path, "half an ent");
    const hours = Date.now() / 1000 - 3_700;
    utimesSync(old, hours, hours);
    await cache.prune();
    equal([existsSync(old), existsSync(young)], [false, true]);
    same(await cache.get("k"), 1);
  }));

test("follows no link: neither for a file nor for a shard", { skip: isWindows }, () =>
  inFolder(async (folder) => {
    const { cache, corrupt } = folder.open({ breaker: false });
    await cache.set("k", "value");
    const path = onlyFile(folder);
    const elsewhere = join(folder.path, "elsewhere");
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
    same(await cache.get("k"), undefined, "a link is no entry");
    equal(
      corrupt.map(({ key }) => key),
      ["k"],
    );
    await cache.set("k", "new");
    ok(lstatSync(path).isFile(), "a write puts a file in the place of the link");
    const kept = readFileSync(elsewhere);
    await cache.clear();
    equal(readFileSync(elsewhere), kept, "what the link led to is as it was");
    // A shard that leads elsewhere.
    await cache.close();
    const outside = join(folder.path, "outside");
    mkdirSync(outside);
    rmSync(dirname(path), { recursive: true });
    symlinkSync(outside, dirname(path));
    const { cache: again, errors } = folder.open({ breaker: false });
    await again.set("k", "leaked");
    same(await again.get("k"), undefined);
    ok(errors.length > 0, "the fault must be told");
    equal(filesIn(outside), []);
  }),
);

test("a folder that is removed while it is in use is made again", () =>
  inFolder(async (folder) => {
    const { cache, errors } = folder.open();
    await cache.set("k", 1);
    rmSync(folder.store, { recursive: true });
    same(await cache.get("k"), undefined);
    equal([...(await cache.keys())], []);
    await cache.delete("k");
    await cache.clear();
    await cache.set("k", 2);
    same(await cache.get("k"), 2);
    equal(errors, []);
  }));

test("a full disk is a fault that no caller sees, and no old value comes back from it", () =>
  inFolder(async (folder) => {
    const disk = join(folder.path, "disk");
    const done = await mounted(disk, "size=512k", async () => {
      const store = join(disk, "cache");
      const { cache, errors } = folder.open({}, { tiers: [files(store, { breaker: false })] });
      await cache.set("changed", "old");
      writeFileSync(join(disk, "ballast"), new Uint8Array(400_000));
      await cache.set("kept", "before");
      for (let i = 0; i < 100 && errors.length === 0; i++) await cache.set(`filler${i}`, "x".repeat(20_000));
      same(errors[0]?.tier, "files");
      const leftovers = () => filesIn(disk, ".tmp");
      equal(leftovers(), [], "nothing half-written stays");
      await cache.set("changed", "n".repeat(100_000));
      ok((await cache.get("changed")) !== "old", "the old value must not come back");
      same(await cache.get("kept"), "before", "what is there is served");
      same(await cache.getOrSet("loaded", () => "l".repeat(100_000)), "l".repeat(100_000), "a load is answered");
      rmSync(join(disk, "ballast"));
      await cache.set("changed", "newest");
      same(await cache.get("changed"), "newest");
      await cache.close();
      const { cache: again, errors: none } = folder.open({}, { tiers: [files(store)] });
      same(await again.get("changed"), "newest");
      equal(none, []);
      await again.close();
      return true;
    });
    if (done === undefined && !isDeno)
      console.log("# skipped: cannot mount a file system here: run it as root on Linux");
  }));

test("a folder that became read-only is read, and writes are faults that no caller sees", () =>
  inFolder(async (folder) => {
    const disk = join(folder.path, "disk");
    await mounted(disk, "size=512k", async () => {
      const { cache, errors } = folder.open({}, { tiers: [memory(), files(join(disk, "cache"), { breaker: false })] });
      await cache.setMany(["kept", "changed", "deleted"].map((key) => ({ key, value: "old" })));
      await cache.evictAll();
      execFileSync("mount", ["-o", "remount,ro", disk]);
      await cache.set("changed", "new");
      equal(
        errors.map(({ tier, operation }) => [tier, operation]),
        [["files", "setMany"]],
      );
      same(await cache.get("changed"), "new");
      same(await cache.get("kept"), "old", "what is there is served");
      await cache.delete("deleted");
      same(await cache.get("deleted"), undefined, "deleted is deleted, though the folder still has it");
      await cache.evictAll();
      same(await cache.get("changed"), undefined, "neither the old value nor a lost one");
      execFileSync("mount", ["-o", "remount,rw", disk]);
      await cache.set("changed", "newest");
      await cache.close();
      const { cache: again } = folder.open({}, { tiers: [files(join(disk, "cache"))] });
      equal(
        [await again.get("changed"), await again.get("kept"), await again.get("deleted")],
        ["newest", "old", undefined],
      );
      await again.close();
    });
  }));

test("a file in the place of a shard is a fault of its keys alone", () =>
  inFolder(async (folder) => {
    const { cache, errors } = folder.open({ breaker: false });
    await cache.set("kept", "v");
    await cache.set("changed", "old");
    await cache.close();
    const shard = dirname(join(folder.store, filesIn(folder.store).find((file) => file.includes("changed"))!));
    renameSync(shard, `${shard}-away`);
    writeFileSync(shard, "");
    const { cache: again, errors: told } = folder.open({ breaker: false });
    await again.set("changed", "new");
    ok(told.length > 0, "the fault must be told");
    same(await again.get("changed"), undefined);
    same(await again.get("kept"), "v");
    rmSync(shard);
    renameSync(`${shard}-away`, shard);
    await again.set("changed", "newest");
    same(await again.get("changed"), "newest");
    equal(errors, []);
  }));
