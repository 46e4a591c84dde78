/**
 * How far a transfer has come, in a file beside the one that is written or read.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { usage } from "../failure.ts";
import { parseJson } from "../values.ts";

/** Where to go on. */
export interface Checkpoint {
  /** What is transferred, so that no other is gone on with. */
  readonly what: string;
  /** Bytes of the file that are done. */
  readonly bytes: number;
  /** Entries that are done. */
  readonly entries: number;
  /** Of an export: where the store goes on; absent at the beginning. */
  readonly cursor?: string | undefined;
  /** Of an export: how many entries it could not hold, and what is told of the first. */
  readonly left?: { count: number; first: string } | undefined;
}

/** Writes it anew, in one step. */
export function save(path: string, checkpoint: Checkpoint): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(checkpoint)}\n`);
  renameSync(`${path}.new`, path);
}

/** @throws {Failure} where there is none, or it is of another transfer */
export function load(path: string, what: string): Checkpoint {
  if (!existsSync(path)) throw usage(`Cannot resume as there is no ${path}`, "begin without --resume");
  const kept = parseJson(readFileSync(path, "utf8"), path) as Checkpoint;
  if (kept?.what !== what)
    throw usage(`Cannot resume as ${path} is of another store, cache or format`, "begin without --resume");
  return kept;
}

/** Removes it. */
export function drop(path: string): void {
  rmSync(path, { force: true });
}
