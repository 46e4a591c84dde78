/**
 * Which core of the processor does what.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** The server's core, and that of whoever is timed. */
export const CORES = { server: 0, contender: 1 } as const;

/**
 * Keeps a process on a core, with all its threads. Where server and client are let onto one, the scheduler puts them there as it
 * likes, and a call that wakes no other core takes less than half the time of one that does, which over a network each does.
 * Says whether it could: this is the work of `taskset`.
 */
export function keepOn(core: number, pid: number | undefined): boolean {
  if (pid === undefined || availableParallelism() < 2) return false;
  const { status } = spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(core), String(pid)]);
  return status === 0;
}
