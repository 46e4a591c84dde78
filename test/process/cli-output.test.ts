/** Where the output cannot go, what a terminal is spared, and what Deno does not permit. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { programPath } from "../servers/available.ts";
import { main, root, runtimes, tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-output-"));
after(() => rmSync(cwd, { recursive: true, force: true }));

const NO_FULL = { skip: !existsSync("/dev/full") && "there is no /dev/full" };

for (const [runtime, [program, ...before]] of Object.entries(runtimes))
  test(`a full disk under the output is told in one line on ${runtime}, and is no miss`, NO_FULL, async () => {
    assert.equal((await tiercel(["mset", "a=1", "b=2", "--url", "full.db"], { cwd })).code, 0);
    const full = openSync("/dev/full", "w");
    try {
      for (const args of [["get", "a"], ["keys", "--json"], ["export"]]) {
        const { status, stderr } = spawnSync(program, [...before, ...args, "--url", "full.db"], {
          cwd,
          stdio: ["ignore", full, "pipe"],
          encoding: "utf8",
        });
        assert.equal(status, 3, stderr);
        assert.match(stderr, /^tiercel: Cannot write standard output: [^\n]+\n$/);
      }
    } finally {
      closeSync(full);
    }
  });

const script = programPath("script");

test("on a terminal a value has no control characters but ends of lines and tabs", {
  skip: script === undefined && "there is no script",
}, async () => {
  const value = "a\u001b[31mred\u001b]0;title\u0007\n\tb\u202e";
  await tiercel(["set", "k", value, "--url", "terminal.db"], { cwd });
  const shown = (...args: string[]): string => {
    const line = [process.execPath, main, ...args, "--url", "terminal.db"].join(" ");
    const { stdout } = spawnSync(script!, ["-qec", line, "/dev/null"], { cwd, encoding: "utf8", input: "" });
    return stdout.replaceAll("\r", "");
  };
  assert.equal(shown("get", "k"), "a\\u001b[31mred\\u001b]0;title\\u0007\n\tb\\u202e\n");
  const json = shown("get", "k", "--json");
  assert.ok(!json.includes("\u202e"));
  assert.equal(JSON.parse(json), value);
  assert.equal((await tiercel(["get", "k", "--url", "terminal.db"], { cwd })).out, `${value}\n`);
});

test("what is remarked has no control characters of keys", async () => {
  const { err } = await tiercel(["set", "a\u001b[31m", "v", "--url", "memory:"], { cwd });
  assert.equal(err, 'stored \\"a\\u001b[31m"\n');
});

test("what Deno does not permit is told in one line, and is no miss", () => {
  const [program] = runtimes.Deno!;
  const args = ["run", "--allow-read", "--no-prompt", "--config", join(root, "deno.json"), main, "get", "k"];
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  assert.equal(status, 3, stderr);
  assert.match(stderr, /^tiercel: [^\n]*env[^\n]*\n$/);
});
