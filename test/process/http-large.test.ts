/** A response of 500 MB through the cache over SQLite: flat memory, 50 readers while it comes, the first of which leaves. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const bin = join(here, "../../node_modules/.bin");
const RUNTIMES: Record<string, string[]> = {
  node: [process.execPath],
  bun: [join(bin, "bun")],
  deno: [join(bin, "deno"), "run", "-A", "--no-check"],
};

for (const [runtime, [program = "", ...args]] of Object.entries(RUNTIMES)) {
  test(`a long body on ${runtime}`, async (t) => {
    const megabytes = process.env.TIERCEL_LONG ? 500 : 50;
    const all = [...args, join(here, "http-large-child.ts"), `${megabytes}`];
    const { stdout } = await promisify(execFile)(program, all, { timeout: 280_000 });
    const { readers, size, asked, growth, hit } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    t.diagnostic(`${megabytes} MB, ${readers} readers: resident memory grew by ${growth} MB at most`);
    assert.deepEqual({ size, asked, hit }, { size: megabytes * 1e6, asked: 1, hit: megabytes * 1e6 });
    assert.ok(growth < 450, `resident memory grew by ${growth} MB`);
  });
}
