import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sqlite } from "../../adapters/sqlite.ts";
import { type Cache, createCache, memory } from "../../mod.ts";
import { accessLog, evictionLog } from "../../src/observe/mod.ts";

// Node 20 runs these tests compiled.
const SCRIPT = fileURLToPath(import.meta.url).replace("observe.test", "observe-child");
const isNode = !("Bun" in globalThis) && !("Deno" in globalThis);
const onlyNode = isNode ? false : "the heap's limit is an option of Node";

function start(flags: readonly string[], task: string, what: string) {
  const child = spawn(process.execPath, [...flags, "--no-warnings", SCRIPT, task, what], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, reader, lines, ended };
}

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-observe-"));
  try {
    await run(join(folder, "cache.db"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const open = (path: string): Cache => createCache({ name: "app", tiers: [memory(), sqlite(path)] });

test(
  "after kill -9 the logs have all but the last two seconds of reads, and the last of what left",
  { skip: onlyNode },
  () =>
    inFolder(async (path) => {
      const { child, reader, lines, ended } = start([], "logForever", path);
      const read = () => lines.filter((line) => line.startsWith("read"));
      reader.on("line", () => read().length >= 100 && child.kill("SIGKILL"));
      await ended;
      const cache = open(path);
      const reads = new Set((await accessLog(cache).list({ limit: 1e6 })).map(({ key }) => key));
      const gone = (await evictionLog(cache).list({ limit: 1e6 })).filter(({ reason }) => reason === "delete");
      deepEqual(
        read().filter((key) => !reads.has(key)),
        [],
      );
      const certain = lines.filter((line) => line === "gone").length;
      ok(certain >= 100 && gone.length >= certain, `${gone.length} of ${certain} deletions at least`);
      ok(reads.size >= 100, `${reads.size} reads`);
      await cache.close();
    }),
);

/** What is young has a bound too: V8 lets it grow to as much as all that is old may take, and moves it there at once. */
const SMALL_HEAP = ["--max-old-space-size=64", "--max-semi-space-size=2"];

test("a process that stores four times its heap survives by giving entries up, and the log says why", {
  skip: onlyNode,
}, async () => {
  const { lines, ended } = start(SMALL_HEAP, "fill", "watched");
  equal(await ended, 0);
  const { evicted, reason, entries } = JSON.parse(lines[0]!);
  equal(reason, "memory-pressure");
  ok(evicted > 20_000 && entries > 100, `${evicted} gone, ${entries} left`);
});

test("without that it dies", { skip: onlyNode }, async () => {
  const { lines, ended } = start(SMALL_HEAP, "fill", "unwatched");
  ok((await ended) !== 0);
  equal(lines.length, 0);
});
