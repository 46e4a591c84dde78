import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { execute, root } from "./packed.ts";

const deno = join(root, "node_modules/deno/deno");

test("deno publish accepts the package: types are explicit, and only what is shipped is sent", async () => {
  const output = await execute(deno, ["publish", "--dry-run", "--allow-dirty"]);
  const sent = [...output.matchAll(/file:\/\/(\S+) \(/g)].map(([, path = ""]) => path.slice(root.length));
  assert.ok(sent.includes("mod.ts"), output);
  const allowed =
    /^(mod\.ts|(src|adapters|runtimes|test\/contract)\/[\w/-]+\.ts|README\.md|LICENSE|CHANGELOG\.md|deno\.json|jsr\.json)$/;
  assert.deepEqual(
    sent.filter((path) => !allowed.test(path)),
    [],
  );
  assert.ok(!existsSync(join(root, "deno.lock")), "a deno.lock was left behind");
});
