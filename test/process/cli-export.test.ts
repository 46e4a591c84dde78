/** Where an export goes: files, links to them, pipes and devices; and files that have become shorter. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { main, tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-export-"));
after(() => rmSync(cwd, { recursive: true, force: true }));
const run = (args: readonly string[], input?: string) => tiercel(args, { cwd, ...(input !== undefined && { input }) });
const at = (name: string): string => join(cwd, name);
const POSIX = { skip: process.platform === "win32" && "there are neither named pipes nor such devices" };

before(async () => assert.equal((await run(["set", "kept", "whole", "--url", "cache.db"])).code, 0));

test("an export through a link goes to the file that it leads to", POSIX, async () => {
  mkdirSync(at("elsewhere"));
  writeFileSync(at("elsewhere/real.ndjson"), "old");
  symlinkSync("elsewhere/real.ndjson", at("link.ndjson"));
  const { code, err } = await run(["export", "link.ndjson", "--yes", "--url", "cache.db"]);
  assert.equal(code, 0, err);
  assert.ok(lstatSync(at("link.ndjson")).isSymbolicLink());
  assert.match(readFileSync(at("elsewhere/real.ndjson"), "utf8"), /"kept"/);
  symlinkSync("nowhere/real.ndjson", at("lost.ndjson"));
  const lost = await run(["export", "lost.ndjson", "--yes", "--url", "cache.db"]);
  assert.equal(lost.code, 2);
  assert.match(lost.err, /^tiercel: Cannot write lost.ndjson as it is a link to what is not there.*\n$/);
  assert.ok(lstatSync(at("lost.ndjson")).isSymbolicLink());
});

test("an export to a named pipe is read at its other end, and the pipe stays", POSIX, async (t) => {
  execFileSync("mkfifo", [at("pipe")]);
  const reader = spawn("cat", ["pipe"], { cwd });
  const closed = once(reader, "close");
  t.after(() => reader.kill("SIGKILL"));
  let read = "";
  reader.stdout.on("data", (chunk) => (read += chunk));
  const { code, err } = await run(["export", "pipe", "--url", "cache.db"]);
  assert.equal(code, 0, err);
  assert.ok(lstatSync(at("pipe")).isFIFO());
  await closed;
  assert.match(read, /"kept".*"end":true/s);
  assert.ok(!existsSync(at("pipe.partial")) && !existsSync(at("pipe.partial.json")));
  assert.equal((await run(["export", "pipe", "--resume", "--url", "cache.db"])).code, 2);
});

test(
  "an export to a pipe that nobody reads is interrupted at once, and one whose reader leaves ends in silence",
  POSIX,
  async (t) => {
    execFileSync("mkfifo", [at("lonely")]);
    const child = spawn(process.execPath, [main, "export", "lonely", "--debug", "--url", "cache.db"], { cwd });
    t.after(() => child.kill("SIGKILL"));
    let told = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (told += chunk));
    await once(child.stderr, "data");
    assert.match(told, /waiting until somebody reads lonely/);
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "close"), [130, null]);

    const items = Array.from({ length: 3_000 }, (_, i) => JSON.stringify({ key: `k${i}`, value: "x".repeat(500) }));
    assert.equal((await run(["mset", "--url", "large.db"], items.join("\n"))).code, 0);
    const reader = spawn("head", ["-c", "100", "lonely"], { cwd, stdio: "ignore" });
    t.after(() => reader.kill("SIGKILL"));
    const { code, err } = await run(["export", "lonely", "--quiet", "--url", "large.db"]);
    assert.deepEqual([code, err], [0, ""]);
  },
);

test("an export to a device is written into it", POSIX, async () => {
  const command = '"$0" "$1" export /dev/stdout --quiet --url cache.db | cat';
  const out = execFileSync("bash", ["-c", command, process.execPath, main], { cwd, encoding: "utf8" });
  assert.match(out, /"kept".*"end":true/s);
  assert.equal((await run(["export", "/dev/null", "--url", "cache.db"])).code, 0);
  assert.ok(lstatSync("/dev/null").isCharacterDevice());
});

test("what is a folder is no file to export to", async () => {
  mkdirSync(at("folder"));
  for (const folder of [".", "folder"]) {
    const { code, err } = await run(["export", folder, "--yes", "--url", "cache.db"]);
    assert.equal(code, 2, err);
    assert.match(err, /^tiercel: Cannot write .* as it is a folder\n$/);
  }
  assert.ok(!existsSync(at("..partial")) && !existsSync(at("folder.partial")));
});

test("an export is not gone on with where its file is shorter than was noted", async () => {
  const what = JSON.stringify(["cache.db", "default:", "ndjson"]);
  writeFileSync(at("cut.ndjson.partial"), '{"tiercel":"export","version":1,"cache":"default","at":1}\n');
  writeFileSync(at("cut.ndjson.partial.json"), JSON.stringify({ what, bytes: 500, entries: 3 }));
  const before = readFileSync(at("cut.ndjson.partial"));
  const { code, err } = await run(["export", "cut.ndjson", "--resume", "--url", "cache.db"]);
  assert.equal(code, 2, err);
  assert.match(
    err,
    /^tiercel: Cannot resume as cut.ndjson.partial must have 500 bytes: received 58 \(begin without --resume\)\n$/,
  );
  assert.deepEqual(readFileSync(at("cut.ndjson.partial")), before);
  assert.ok(!existsSync(at("cut.ndjson")));
});

test("the end of an export must say how many entries it has", async () => {
  const header = JSON.stringify({ tiercel: "export", version: 1, cache: "default", at: 1 });
  for (const end of [
    { end: true },
    { end: true, entries: "1" },
    { end: true, entries: -1 },
    { end: true, entries: 0.5 },
  ]) {
    const { code, err } = await run(["import", "--url", "into.db"], `${header}\n${JSON.stringify(end)}\n`);
    assert.equal(code, 2, err);
    assert.match(err, /^tiercel: Cannot read line 2 as its number of entries must be an integer\n$/);
  }
});
