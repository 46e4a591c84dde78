/**
 * Where the entries are: `<folder>/<shard>/<name>.tiercel`. Of 256 shards each has a part of the keys, so that no folder
 * grows too large. All else in the folder is not ours.
 *
 * @module
 */
import { hashString } from "../../src/bytes/checksum.ts";
import { nameOf } from "../plain/names.ts";

/** Ending of a file with an entry. */
const ENDING = ".tiercel";
/** Longest name without the ending. File systems take 255 bytes. */
const MOST = 200;

/** A file, in its shard. */
export interface Place {
  /** `00` to `ff`. */
  readonly shard: string;
  /** With its ending. */
  readonly file: string;
}

/** The file of a key. */
export function placeOf(key: string): Place {
  const shard = (hashString(key, 0) & 0xff).toString(16).padStart(2, "0");
  return { shard, file: nameOf(key, MOST) + ENDING };
}

/** Whether a folder may be a shard of ours. */
export function isShard(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}

/** The name in the name of a file of ours. */
export function nameIn(file: string): string | undefined {
  return /^([kh][a-z0-9_-]*)\.tiercel$/.exec(file)?.[1];
}

/** Names for files on their way into their place. No two processes, threads or tiers make the same. */
export function newTemporaryNames(): () => string {
  const id = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  let count = 0;
  return () => `t${id}-${++count}.tmp`;
}

/** Whether a file is one on its way, of whomever. */
export function isTemporary(file: string): boolean {
  return /^t[0-9a-f]{16}-\d+\.tmp$/.test(file);
}
