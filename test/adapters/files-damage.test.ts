// What a cache says of files that were damaged, swapped, or are no files.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { equal, ok, same } from "../contract/assert.ts";
import { filesIn, inFolder, onlyFile } from "./files-fixture.ts";

const VALUE = { text: "value", list: [1, 2, 3] };

test("a file that is cut off or changed, anywhere, is a miss and an event, and is removed", () =>
  inFolder(async (folder) => {
    const { cache, corrupt, errors } = folder.open();
    await cache.set("k", VALUE, { tags: ["t"], version: "1" });
    const path = onlyFile(folder);
    const whole = readFileSync(path);
    const damaged = [
      ...Array.from(whole, (_, length) => whole.subarray(0, length)).filter((_, length) => length % 3 === 0),
      ...Array.from(whole, (byte, at) => Buffer.from(whole).fill(byte ^ (1 << (at % 8)), at, at + 1)).filter(
        (_, at) => at % 3 === 1,
      ),
      Buffer.from("garbage"),
      Buffer.concat([whole, Buffer.from([0])]),
      Buffer.alloc(whole.length),
    ];
    for (const [index, content] of damaged.entries()) {
      writeFileSync(path, content);
      same(await cache.get("k", { version: "1" }), undefined, `damage ${index}`);
      same(corrupt.length, index + 1, `event of damage ${index}`);
      ok(!existsSync(path), `damage ${index} must be removed`);
    }
    ok(corrupt.every(({ key, tier }) => key === "k" && tier === "files"));
    writeFileSync(path, whole);
    equal(await cache.get("k", { version: "1" }), VALUE);
    equal(errors, []);
  }));

test("damage harms no other key, neither in a batch nor in a listing", () =>
  inFolder(async (folder) => {
    const { cache, corrupt } = folder.open();
    await cache.setMany([1, 2, 3].map((value) => ({ key: `k${value}`, value })));
    const bad = filesIn(folder.store).find((file) => file.includes("k2"))!;
    writeFileSync(join(folder.store, bad), "garbage");
    equal(
      [...(await cache.getMany(["k1", "k2", "k3"]))],
      [
        ["k1", 1],
        ["k3", 3],
      ],
    );
    writeFileSync(join(folder.store, bad), "garbage");
    equal([...(await cache.keys())].sort(), ["k1", "k3"]);
    ok(!existsSync(join(folder.store, bad)), "what nobody can read is removed when a listing comes by");
    writeFileSync(join(folder.store, bad), "garbage");
    await cache.clear();
    equal(filesIn(folder.store), []);
    same(corrupt.length, 2);
  }));

test("a file under another key's name is no entry of that key, nor listed as one", () =>
  inFolder(async (folder) => {
    const { cache, corrupt } = folder.open();
    await cache.set("a", "of a");
    const ofA = onlyFile(folder);
    const kept = readFileSync(ofA);
    rmSync(ofA);
    await cache.set("b", "of b");
    const ofB = onlyFile(folder);
    for (const read of [() => cache.get("b"), () => cache.has("b"), async () => [...(await cache.keys())][0]]) {
      writeFileSync(ofB, kept);
      const found = await read();
      ok(found === undefined || found === false, String(found));
    }
    same(corrupt.length, 3);
  }));

test("a file of another folder's entry of the same key is as good", () =>
  inFolder(async (folder) => {
    const { cache } = folder.open();
    await cache.set("k", "copied");
    const path = onlyFile(folder);
    copyFileSync(path, join(folder.path, "copy"));
    await cache.delete("k");
    renameSync(join(folder.path, "copy"), path);
    same(await cache.get("k"), "copied");
  }));

test("a file of a newer version is a miss", () =>
  inFolder(async (folder) => {
    const { cache, corrupt } = folder.open();
    await cache.set("k", 1);
    const path = onlyFile(folder);
    const whole = readFileSync(path);
    whole[2] = 2;
    writeFileSync(path, whole);
    same(await cache.get("k"), undefined);
    ok(String(corrupt[0]?.error).includes("version"));
  }));

test("a folder in the place of a file is a miss and an event, stays, and harms no other key", () =>
  inFolder(async (folder) => {
    const { cache, corrupt, errors } = folder.open({ breaker: false });
    await cache.set("k", 1);
    const path = onlyFile(folder);
    rmSync(path);
    mkdirSync(join(path, "inside"), { recursive: true });
    await cache.set("other", 2);
    equal([...(await cache.getMany(["k", "other"]))], [["other", 2]]);
    equal(
      corrupt.map(({ key }) => key),
      ["k"],
    );
    same(await cache.delete("k"), false);
    await cache.set("k", 3);
    same(errors.length, 1, "a write of it is a fault");
    await cache.clear();
    ok(existsSync(join(path, "inside")), "it is not ours");
    rmSync(path, { recursive: true });
    await cache.set("k", 4);
    same(await cache.get("k"), 4);
  }));

test("a pipe in the place of a file is not waited for", { skip: process.platform === "win32" }, () =>
  inFolder(async (folder) => {
    const { cache } = folder.open();
    await cache.set("k", 1);
    const path = onlyFile(folder);
    rmSync(path);
    execFileSync("mkfifo", [path]);
    same(await cache.get("k"), undefined);
    await cache.set("k", 2);
    same(await cache.get("k"), 2);
  }),
);
