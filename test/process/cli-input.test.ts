/** What commands read: standard input that an interruption ends, pipes that have a name, and files that are none. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { main, runtimes, tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-input-"));
after(() => rmSync(cwd, { recursive: true, force: true }));
const run = (args: readonly string[], input?: string) => tiercel(args, { cwd, ...(input !== undefined && { input }) });
const POSIX = { skip: process.platform === "win32" && "there are neither groups of processes nor named pipes" };

before(async () => assert.equal((await run(["set", "kept", "whole", "--url", "cache.db"])).code, 0));

/** More than a pipe holds: when it has gone, the command has begun to read. */
const MUCH = "x".repeat(2 * 1024 * 1024);

/** Gives a command half of its input, and a SIGINT instead of the rest: standard input is open until the command has ended. */
async function interrupted(args: readonly string[], half: string, runtime = "Node"): Promise<unknown> {
  const [program, ...own] = runtimes[runtime]!;
  const child = spawn(program, [...own, ...args, "--url", "cache.db"], { cwd, stdio: "pipe" });
  let told = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (told += chunk));
  child.stdin.on("error", () => {});
  await new Promise((resolve) => child.stdin.write(half + MUCH, resolve));
  child.kill("SIGINT");
  const late = setTimeout(() => child.stdin.end(), 8_000);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(late);
  return { code, told, isLate: child.stdin.writableEnded };
}

const ENDED = { code: 130, told: "", isLate: false };

for (const [name, args, half] of [
  ["set", ["set", "page"], "half of the doc"],
  ["set --raw", ["set", "page", "--raw"], "half of the doc"],
  ["mset", ["mset"], '{"key":"page","value":"ha'],
  ["mget", ["mget"], "kept\npa"],
  ["import", ["import"], '{"tiercel":"export","version":1,"cache":"default","at":1}\n{"key":"page'],
  ["profile import", ["profile", "import"], '[{"name":"half"},{"name":"'],
] as const)
  test(`${name} that is interrupted while it reads ends at once, and stores nothing of the half`, POSIX, async () => {
    assert.deepEqual(await interrupted(args, half), ENDED);
    assert.equal((await run(["get", "page", "--url", "cache.db"])).code, 1);
    assert.equal((await run(["profile", "get", "half", "--url", "cache.db"])).code, 1);
  });

test("set is interrupted on the other runtimes too", POSIX, async () => {
  for (const runtime of ["Bun", "Deno"])
    assert.deepEqual(await interrupted(["set", "page"], "half of the doc", runtime), ENDED, runtime);
  assert.equal((await run(["get", "page", "--url", "cache.db"])).code, 1);
});

test("an end of the input that an interruption has brought about is none", POSIX, async () => {
  for (let round = 0; round < 12; round++) {
    const writes = "trap - INT; head -c 2000000 /dev/zero | tr '\\0' x; echo begun >&2; exec sleep 20";
    const child = spawn(
      "bash",
      ["-c", `trap : INT; (${writes}) | "$0" "$1" set page --url cache.db`, process.execPath, main],
      {
        cwd,
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      },
    );
    let told = "";
    child.stdout.on("data", (chunk) => (told += chunk));
    await once(child.stderr, "data");
    child.stderr.on("data", (chunk) => (told += chunk));
    process.kill(-child.pid!, "SIGINT");
    const [code] = (await once(child, "close")) as [number | null];
    assert.deepEqual([code, told], [130, ""]);
    assert.equal((await run(["get", "page", "--url", "cache.db"])).code, 1);
  }
});

test("every argument that is a file may be a pipe, which is not gone on with", POSIX, async () => {
  execFileSync("bash", ["-c", `"$0" "$1" export --url cache.db | gzip > backup.gz`, process.execPath, main], { cwd });
  const by = (command: string) =>
    new Promise<{ code: number | null; told: string }>((resolve) => {
      const child = spawn("bash", ["-c", `"$0" "$1" ${command}`, process.execPath, main], { cwd });
      let told = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (told += chunk));
      child.on("close", (code) => resolve({ code, told }));
    });
  const imported = await by("import <(gunzip -c backup.gz) --url piped.db --json");
  assert.deepEqual([imported.code, JSON.parse(imported.told).imported], [0, 1], imported.told);
  assert.equal((await run(["get", "kept", "--url", "piped.db"])).out, "whole\n");
  const simulated = await by("simulate <(printf 'a\\nb\\na\\n') --sizes 1,2 --json");
  assert.equal(simulated.code, 0, simulated.told);
  execFileSync("mkfifo", [join(cwd, "named")]);
  const resumed = await run(["import", "named", "--resume", "--url", "piped.db"]);
  assert.equal(resumed.code, 2);
  assert.match(resumed.err, /^tiercel: Cannot resume an import of named as it must be a file.*\n$/);
  const cut = await by('import <(printf \'{"tiercel":"export","version":1,"cache":"x","at":1}\\n\') --url piped.db');
  assert.equal(cut.code, 2);
  assert.doesNotMatch(cut.told, /--resume/);
  assert.deepEqual(
    readdirSync(cwd).filter((name) => name.endsWith(".import.json")),
    [],
  );
});

test("a trace that is packed and cannot be read is told as any other", async () => {
  mkdirSync(join(cwd, "folder.gz"));
  writeFileSync(join(cwd, "plain.gz"), "no gzip");
  for (const [file, says] of [
    ["missing.gz", /there is no such file/],
    ["folder.gz", /EISDIR/],
    ["plain.gz", /Z_DATA_ERROR/],
  ] as const) {
    const { code, err } = await run(["simulate", file]);
    assert.equal(code, 2, err);
    assert.match(err, /^tiercel: Cannot read trace [^\n]*\n$/);
    assert.match(err, says);
  }
  assert.ok(!existsSync(join(cwd, ".tiercel")));
});

test("lines that are no UTF-8 are refused, and neither stored nor taken for keys", async () => {
  const LATIN = Buffer.from("caf\xe9", "latin1");
  const around = (before: string, after: string): Buffer =>
    Buffer.concat([Buffer.from(before), LATIN, Buffer.from(after)]);
  const header = '{"tiercel":"export","version":1,"cache":"default","at":1}\n';
  const entry = '{"key":"odd","created":1,"fresh":null,"stale":null,"value":"';
  for (const [line, args, input] of [
    [2, ["import"], around(header + entry, '"}\n{"end":true,"entries":1}\n')],
    [1, ["mset"], around('{"key":"odd","value":"', '"}\n')],
    [3, ["mget"], around("a\nb\n", "\n")],
    [1, ["warm", "--from", "http://127.0.0.1:9/{key}"], around("", "\n")],
  ] as const) {
    const { code, err } = await tiercel([...args, "--url", "cache.db"], { cwd, input });
    assert.equal(err.trim(), `tiercel: Cannot read line ${line} as it must be UTF-8: received other bytes`, args[0]);
    assert.equal(code, 2, args[0]);
  }
  assert.equal((await run(["keys", "--url", "cache.db"])).out, "kept\n");
});
