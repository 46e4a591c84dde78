/** How commands end that find nothing, are used wrongly, or have no store: scripts go by it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-exits-"));
after(() => rmSync(cwd, { recursive: true, force: true }));

const url = join(cwd, "cache.db");

async function ends(
  code: number,
  args: readonly string[],
  input = "",
  env: Record<string, string> = {},
): Promise<void> {
  const ended = await tiercel(args, { cwd, env: { TIERCEL_URL: url, ...env }, input });
  assert.equal(ended.code, code, `tiercel ${args.join(" ")}: ${ended.out}${ended.err}`);
}

/** Commands with their arguments, where there is nothing of what they ask for. */
const NOTHING: readonly (readonly string[])[] = [
  ["get", "none"],
  ["has", "none"],
  ["meta", "none"],
  ["explain", "none"],
  ["delete", "none"],
  ["touch", "none", "--ttl", "1h"],
  ["expire", "none"],
  ["mget", "none"],
  ["keys"],
  ["keys", "--count"],
  ["entries"],
  ["hot"],
  ["access-log"],
  ["eviction-log"],
  ["profile", "get", "none"],
];

test("what finds nothing ends with 1", async () => {
  // A store that is there, with nothing in it.
  await ends(0, ["set", "k", "v"]);
  await ends(0, ["delete", "k"]);
  for (const args of NOTHING) await ends(1, args);
});

test("what finds something of what it was asked for ends with 0, but 1 where a value is missing", async () => {
  await ends(0, ["set", "k", "v", "--grace", "1h"]);
  for (const [command, ...rest] of [
    ["get"],
    ["has"],
    ["meta"],
    ["explain"],
    ["touch", "--ttl", "1h"],
    ["mget"],
  ] as const)
    await ends(0, [command, "k", ...rest]);
  await ends(1, ["mget", "k", "none"]);
  for (const args of [["keys"], ["keys", "--count"], ["entries"], ["health"], ["stats"], ["doctor"]])
    await ends(0, args);
  await ends(0, ["expire", "k", "none"]);
  await ends(0, ["set", "k", "v"]);
  await ends(0, ["delete", "k", "none"]);
});

test("wrong usage ends with 2, a store that fails with 3, and what is not confirmed with 4", async () => {
  for (const args of [
    [],
    ["gett", "k"],
    ["get"],
    ["get", "a", "b"],
    ["get", "k", "--nonsense"],
    ["set", "k", "v", "--ttl", "soon"],
    ["touch", "k"],
    ["profile"],
  ])
    await ends(2, args);
  const nowhere = { TIERCEL_URL: join(cwd, "none.db") };
  for (const args of [["get", "k"], ["keys"], ["health"], ["doctor"]]) await ends(3, args, "", nowhere);
  await ends(4, ["clear"]);
  await ends(4, ["invalidate", "--tag", "t"]);
});
