/**
 * A folder for the files of a run, in the system's folder for temporary ones.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes the folder, and removes those of runs that were killed: a benchmark of tags leaves a gigabyte then. */
export function makeFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^tiercel-bench-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && isGone(Number(owner))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `tiercel-bench-${process.pid}-`));
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
