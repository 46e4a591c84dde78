import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { memory, type Tier } from "../../mod.ts";
import { model } from "../unit/cache/model.ts";
import { suites } from "../unit/cache/on-every-stack.ts";
import { faulty, type RigOptions, type Stack, syncStack } from "../unit/cache/stacks.ts";

/** The whole cache on a SQLite file of its own. */
function stack(
  name: string,
  depth: Stack["depth"],
  tiers: (path: string, options: RigOptions) => readonly Tier[],
): Stack {
  return {
    name,
    depth,
    shared: true,
    tags: true,
    store() {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
      return {
        tiers: (options) => tiers(join(folder, "cache.db"), options),
        dispose: () => rmSync(folder, { recursive: true }),
      };
    },
  };
}

/** The file by itself, and without promises, in the long suite alone: this takes all runtimes minutes. */
const stacks = [
  stack("sqlite", 1, (path, { upper: { ttl } = {}, lower }) => [
    faulty(sqlite(path, { ...(ttl !== undefined && { ttl }), ...lower })),
  ]),
  stack("memory+sqlite", 2, (path, { upper, lower }) => [memory(upper), faulty(sqlite(path, lower))]),
].flatMap((one) => {
  if (!process.env.TIERCEL_LONG) return one.depth === 1 ? [] : [one];
  return one.depth === 1 ? [one] : [one, syncStack(one)];
});

for (const { name, run, skip } of stacks.flatMap((one) => [...suites, model].flatMap((suite) => suite(one)))) {
  test(name, { skip: skip ?? false }, async () => {
    await run();
  });
}
