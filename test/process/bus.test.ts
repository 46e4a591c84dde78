/**
 *     TIERCEL_LONG=1    under every Node, and not under 24 alone
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory, pollingBus } from "../../mod.ts";
import { inside, programs } from "../../scripts/project.mjs";

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "tiercel-bus-"));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

const RUNTIMES: Record<string, [program: string, ...args: string[]]> = {
  ...(process.env.TIERCEL_LONG && {
    "Node 22": [programs.node22, "--no-warnings", "--experimental-strip-types"],
    "Node 26": [programs.node26],
  }),
  "Node 24": [programs.node24],
  Bun: [programs.bun, "run"],
  Deno: [programs.deno, "run", "-A", "--no-prompt", "--no-check", "--config", inside("deno.json")],
};

let stores = 0;

async function run([program, ...args]: readonly string[], file: string, ...rest: string[]): Promise<string> {
  const path = inside("test/process/bus", file);
  const { stdout } = await execute(program!, [...args, path, ...rest], { cwd: folder, timeout: 240_000 });
  return stdout.trim();
}

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  test(`broadcastBus under ${runtime}: memories of three threads drop what one of them changes`, async () => {
    assert.equal(await run(command, "threads.ts"), "48 checks");
  });

  test(`broadcastBus under ${runtime}: memories of three threads over one SQLite file as well`, async () => {
    assert.equal(await run(command, "threads.ts", join(folder, `${++stores}.db`)), "48 checks");
  });

  for (const kind of ["broadcast", "polling", "threads"])
    test(`a bus that is not closed keeps no process alive under ${runtime}: ${kind}`, async () => {
      assert.equal(await run(command, "idle.ts", kind), "used");
    });

  test(`pollingBus: what a process under ${runtime} changes leaves this one's memory, though no call looks`, async () => {
    const store = join(folder, `${++stores}.db`);
    const bus = pollingBus({ every: "20ms" });
    const cache = createCache({ name: "polled", tiers: [memory(), sqlite(store)], bus, coherence: "forever" });
    try {
      for (const change of ["key", "tags"]) {
        await cache.set("k", 1, { tags: ["t"] });
        assert.equal(await cache.get("k"), 1);
        await run(command, "other.ts", store, change);
        const end = Date.now() + 120_000;
        while ((await cache.meta("k", { tier: "memory" })) && Date.now() < end) await setTimeout(5);
        assert.equal(await cache.get("k"), undefined, change);
      }
    } finally {
      await cache.close();
    }
  });
}
