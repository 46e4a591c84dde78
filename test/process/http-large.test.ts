/**
 * A response of 500 MB through the cache over SQLite: 50 readers while it comes, the first of whom leaves, and memory stays flat: where readers bring
 * their own, and else beside what the same bytes take without a cache.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const bin = join(here, "../../node_modules/.bin");
const RUNTIMES: Record<string, string[]> = {
  node: [process.execPath],
  bun: [join(bin, "bun")],
  deno: [join(bin, "deno"), "run", "-A", "--no-check"],
};
const megabytes = process.env.TIERCEL_LONG ? 500 : 25;
/** Megabytes that a cache may take, with SQLite and what a runtime makes of its code. */
const OWN = 150;

interface Outcome {
  readers: number;
  size: number;
  asked: number;
  /** In megabytes. */
  growth: number;
  hit: number;
}

/** How far resident memory grew, where all came through. */
function whole({ size, asked, hit, growth }: Outcome): number {
  assert.deepEqual({ size, asked, hit }, { size: megabytes * 1e6, asked: 1, hit: megabytes * 1e6 });
  return growth;
}

for (const [runtime, [program = "", ...args]] of Object.entries(RUNTIMES)) {
  const run = async (t: TestContext, how: "into" | "out" | "floor"): Promise<Outcome> => {
    const all = [...args, join(here, "http-large-child.ts"), `${megabytes}`, how];
    const { stdout } = await promisify(execFile)(program, all, { timeout: 280_000 });
    const outcome: Outcome = JSON.parse(stdout.trim().split("\n").at(-1)!);
    t.diagnostic(`${megabytes} MB, ${how}: resident memory grew by ${outcome.growth} MB at most`);
    return outcome;
  };
  /** When an engine collects is its own affair: what is too much is measured once more. */
  const check = async (t: TestContext, how: "into" | "out", most: number): Promise<void> => {
    const first = whole(await run(t, how));
    const growth = first < most ? first : whole(await run(t, how));
    assert.ok(growth < most, `resident memory grew by ${growth} MB, where ${most} are allowed`);
  };

  test(`a long body on ${runtime}, for readers with memory of their own`, (t) => check(t, "into", OWN));

  test(`a long body on ${runtime}, for readers without`, async (t) => {
    const { growth } = await run(t, "floor");
    await check(t, "out", growth + OWN);
  });
}
