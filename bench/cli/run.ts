/**
 * How long the command line takes from start to end: `tiercel get` of one key in SQLite, beside a Node that does nothing.
 *
 * Runs take turns, so that a busy machine is as busy for both. `--check` fails where the median is above 1.5 times that of `node -e ""` plus 60 ms.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asText } from "../table.ts";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const [TIMES, RUNS, QUICK_RUNS, MORE] = [1.5, 41, 11, 60];

/** Milliseconds of one process. */
function took(args: readonly string[], cwd: string): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - begun;
}

/** Prints the times. */
export async function compareCli({
  check = false,
  quick = false,
}: {
  check?: boolean;
  quick?: boolean;
}): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), "tiercel-bench-cli-"));
  try {
    took([MAIN, "set", "key", "value"], cwd);
    const commands: Record<string, readonly string[]> = {
      'node -e ""': ["-e", ""],
      "tiercel get key": [MAIN, "get", "key"],
      "tiercel keys": [MAIN, "keys"],
      "tiercel --version": [MAIN, "--version"],
    };
    const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
    for (let run = 0; run < (quick ? QUICK_RUNS : RUNS); run++)
      for (const [name, args] of Object.entries(commands)) times.get(name)!.push(took(args, cwd));
    const at = (name: string, part: number): number => {
      const sorted = times.get(name)!.toSorted((a, b) => a - b);
      return sorted[Math.floor((sorted.length - 1) * part)]!;
    };
    const empty = at('node -e ""', 0.5);
    const limit = empty * TIMES + MORE;
    const rows = [...times.keys()].map((name) => [
      name,
      ...[0, 0.5, 0.9].map((part) => at(name, part).toFixed(0)),
      (at(name, 0.5) / empty).toFixed(2),
    ]);
    console.log(asText([["Start to end, ms", "least", "median", "90%", 'times node -e ""'], ...rows]));
    const got = at("tiercel get key", 0.5);
    console.log(`tiercel get: ${got.toFixed(0)} ms; at most ${limit.toFixed(0)} ms are wanted`);
    if (check && got > limit) process.exitCode = 1;
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
