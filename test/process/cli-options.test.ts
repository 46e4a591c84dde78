/** Lengths of time and other values of options: what is taken, and how the rest is told. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pause } from "../../cli/interrupt.ts";
import { documents, tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-options-"));
after(() => rmSync(cwd, { recursive: true, force: true }));

const run = (args: readonly string[], input?: string) =>
  tiercel(args, { cwd, env: { TIERCEL_URL: "cache.db" }, ...(input !== undefined && { input }) });

async function refused(args: readonly string[], says: RegExp, input?: string): Promise<void> {
  const { code, err } = await run(args, input);
  assert.equal(code, 2, `tiercel ${args.join(" ")}: ${err}`);
  assert.match(err, says);
}

test("a duration without a unit is told so, and a ttl of 0 stores nothing", async () => {
  await refused(["set", "k", "v", "--ttl", "5000"], /--ttl as it must have a unit, as 5000ms or 5m: received "5000"/);
  await refused(["set", "k", "v", "--ttl", "soon"], /--ttl as it must be a duration, as 250ms/);
  await refused(["watch", "--for", "5"], /--for as it must have a unit/);
  await refused(["clear", "--ttl", "5"], /--ttl as it must have a unit/);
  for (const zero of ["0", "0ms"])
    for (const args of [
      ["set", "k", "v"],
      ["mset", "k=v"],
      ["touch", "k"],
      ["warm", "--from", "http://127.0.0.1:1/{key}"],
      ["profile", "save", "p"],
    ])
      await refused([...args, "--ttl", zero], /--ttl as it must be longer than 0/);
  assert.equal((await run(["set", "k", "v", "--ttl", "250ms", "--grace", "0"])).code, 0);
  assert.equal((await run(["set", "k", "v", "--ttl", "forever"])).code, 0);
  assert.equal((await run(["get", "k"])).out, "v\n");
  for (const args of [
    ["--ttl", "1h30m"],
    ["--ttl", "forever", "--sweep-interval", "0"],
  ])
    assert.equal((await run(["profile", "save", "p", ...args])).code, 0);
  const [profile] = documents((await run(["profile", "get", "p", "--json"])).out) as [Record<string, unknown>];
  assert.deepEqual([profile.ttl, profile.sweepInterval], [null, 0]);
});

test("a pause that is longer than a timer takes is as long as one takes", (t) => {
  const times: unknown[] = [];
  t.mock.method(globalThis, "setTimeout", (_: unknown, ms: unknown) => times.push(ms));
  for (const ms of [5, 30 * 86_400_000, Infinity]) void pause(ms, new AbortController().signal);
  assert.deepEqual(times, [5, 2 ** 31 - 1, 2 ** 31 - 1]);
});

test("a field of a JSON line that there is not is told, and nothing of the line stored", async () => {
  await refused(["mset"], /line 1 .* received "tll" \(did you mean ttl\?\)/, '{"key":"line","value":1,"tll":"1h"}\n');
  assert.equal((await run(["get", "line"])).code, 1);
});

test("a JSON line with a ttl that stores nothing is told", async () => {
  for (const ttl of [0, -1, "0s"])
    await refused(
      ["mset"],
      /^tiercel: Cannot use ttl of line 1 as it must be longer than 0\n$/,
      `${JSON.stringify({ key: "line", value: 1, ttl })}\n`,
    );
});

test("serve takes a port in digits, and says which of host and port cannot be had", async () => {
  for (const port of ["", "1e3", "0x10", "70000"])
    await refused(["serve", "--port", port], /--port as it must be 0 to 65535/);
  await refused(["serve", "--port", "0", "--host", "nope.invalid"], /choose another --host/);
});

test("serve says of which variable the token cannot be used, and nothing of the token", async () => {
  const env = { TIERCEL_URL: "cache.db", TIERCEL_ADMIN_TOKEN: "short-secret" };
  const { code, err } = await tiercel(["serve", "--port", "0"], { cwd, env });
  assert.equal(code, 2);
  assert.match(err, /Cannot use TIERCEL_ADMIN_TOKEN as it must be at least 16 visible ASCII characters/);
  assert.ok(!err.includes("short-secret"));
});

test("a group of commands has help, and a profile that there is not is nothing found", async () => {
  assert.equal((await run(["help", "profile"])).out, (await run(["profile", "--help"])).out);
  for (const args of [
    ["get", "none"],
    ["use", "none", "--yes"],
    ["delete", "none", "--yes"],
  ]) {
    const { code, err } = await run(["profile", ...args]);
    assert.deepEqual([code, err], [1, "no such profile\n"]);
  }
});
