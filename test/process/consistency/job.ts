/**
 * What a process of a run is told.
 *
 * @module
 */
import type { FaultName } from "./broken.ts";

/** Ten thousand operations on one cache, for example. */
export interface Job {
  /** Number of the process. */
  readonly process: number;
  readonly seed: number;
  readonly operations: number;
  /** The SQLite file that the processes share. */
  readonly store: string;
  /** The file of the history. */
  readonly history: string;
  /** Whether a memory tier stands above SQLite. */
  readonly memory: boolean;
  readonly coherence: number | string;
  /** Default: the cache's. */
  readonly lease?: string;
  /** What is broken, to see whether it is found. */
  readonly fault?: FaultName;
}

/** What a process that loads cold keys is told. */
export interface LoadJob {
  readonly process: number;
  readonly store: string;
  /** The file to which each loader appends a line when it starts and one when it ends. */
  readonly history: string;
  readonly keys: number;
  /** How many processes ask for them. */
  readonly processes: number;
  readonly lease: string;
  /** Its loaders do not come back from this one on. */
  readonly hangsAfter?: number;
}

/** A line of its history: a call begins, its loader started or ended, or it was answered. */
export interface LoadLine {
  readonly time: number;
  readonly process: number;
  readonly event: "ask" | "start" | "end" | "got";
  readonly key: string;
  readonly value?: string;
}

/** The job of this process: the last argument of its command. */
export function jobOf<J>(): J {
  return JSON.parse(process.argv.at(-1)!) as J;
}

/** Says that this process is ready, and waits until all are. It ends when the one who started it does. */
export function told(): Promise<void> {
  process.stdin.on("end", () => process.exit(1));
  process.stdout.write("ready\n");
  return new Promise((resolve) => process.stdin.once("data", () => resolve()));
}
