/**
 * What is compared when a tag is invalidated: caches over SQLite, in which every entry carries one and the same tag.
 */
import { KEYS } from "../contender.ts";

/** A cache over one file. */
export interface Session {
  /** The value, or `undefined` on a miss. */
  read(key: string): Promise<unknown>;
  write(key: string, value: object, tag: string): Promise<unknown>;
  invalidate(tag: string): Promise<unknown>;
  /**
   * One step of removing what is no longer served, as small as the contender has it; answers with the rows removed. It
   * is measured without memory before the store.
   */
  clean?(): Promise<number>;
  close(): Promise<unknown>;
}

/** One way to keep entries in SQLite. */
export interface Store {
  /** Makes a file with so many entries, all with {@linkcode TAG}. */
  fill(file: string, size: number): Promise<void>;
  /** Opens such a file, with memory before it or not. */
  open(file: string, memory: boolean): Promise<Session>;
}

/** One row of the tables. */
export interface Entrant {
  readonly label: string;
  /** Name of the {@linkcode Store}, whose files it shares with others of the same store. */
  readonly store: string;
  readonly memory: boolean;
  /** Packages whose versions are told. */
  readonly packages?: readonly string[];
}

/** The tag that all entries carry. */
export const TAG = "catalog";

/** Entries that caches with a bound keep in memory. */
export const IN_MEMORY: number = KEYS;

/** Entries written by one call, or in one transaction, while a file is made. */
export const BATCH = 10_000;

/** Keys that are read in every round. */
export const SAMPLE = 1_000;

/** Key number `index` in the order of filling, which is not the order of the keys: sizes are powers of ten. */
export function keyAt(index: number, size: number): string {
  return `user:${(index * 7_919) % size}`;
}

/** The keys that are read in a round: scattered over the file, always the same. */
export function sample(size: number): string[] {
  return Array.from({ length: Math.min(SAMPLE, size) }, (_, i) => `user:${(i * 104_729 + 50) % size}`);
}

/** Pages of keys and values for filling. */
export function* pages(size: number, record: (index: number) => object): Generator<{ key: string; value: object }[]> {
  for (let start = 0; start < size; start += BATCH) {
    yield Array.from({ length: Math.min(BATCH, size - start) }, (_, i) => ({
      key: keyAt(start + i, size),
      value: record(start + i),
    }));
  }
}
