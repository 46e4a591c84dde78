/**
 * The slice of Deno KV that is used, and its limits.
 *
 * @module
 */

/** A part of a key. They are ordered by type: bytes, strings, numbers, big integers, booleans. */
export type KvKeyPart = Uint8Array | string | number | bigint | boolean | symbol;

/** `Deno.KvKey`. */
export type KvKey = readonly KvKeyPart[];

/** `Deno.KvEntryMaybe`. */
export interface KvFound {
  readonly key: KvKey;
  /** `null` where there is nothing. */
  readonly value: unknown;
  /** Changes with every write of the key; `null` where there is nothing. */
  readonly versionstamp: string | null;
}

/** `Deno.KvListSelector`. */
export type KvSelector =
  | { readonly prefix: KvKey; readonly start?: KvKey; readonly end?: KvKey }
  | { readonly start: KvKey; readonly end: KvKey };

/** `Deno.AtomicOperation`. */
export interface KvAtomic {
  check(...checks: { readonly key: KvKey; readonly versionstamp: string | null }[]): KvAtomic;
  set(key: KvKey, value: unknown, options?: { expireIn?: number }): KvAtomic;
  delete(key: KvKey): KvAtomic;
  /** `ok` is false where a check failed; then nothing was changed. */
  commit(): Promise<{ readonly ok: boolean }>;
}

/** `Deno.Kv`. */
export interface DenoKv {
  getMany(keys: readonly KvKey[]): Promise<readonly KvFound[]>;
  list(
    selector: KvSelector,
    options?: { limit?: number; reverse?: boolean; batchSize?: number },
  ): AsyncIterable<KvFound>;
  atomic(): KvAtomic;
  /** Stands for the number of the commit that writes it: rising, in hexadecimal. */
  commitVersionstamp(): symbol;
  close(): void;
}

/** Keys in one `getMany`. */
export const MOST_READS = 10;

/** Checks in one atomic operation. */
export const MOST_CHECKS = 100;

/** Changes in one atomic operation, out of 1,000. */
export const MOST_CHANGES = 900;

/** Bytes of the keys and values of one atomic operation, out of 800 KiB; what each takes on the wire is estimated. */
export const MOST_BYTES = 760_000;

/** Bytes of the keys of one atomic operation, out of 80 KiB. The journal repeats some of them in a value of 64 KiB. */
export const MOST_KEY_BYTES = 56_000;

/** Bytes of a key, out of 2 KiB, that are left beside what we put before and after it. */
export const MAX_KEY_BYTES = 1_700;

/** Values in one batch of a list. */
export const MOST_LISTED = 500;

/** Bytes of a value that is stored with its metadata. Listing reads it too. */
export const INLINE_BYTES = 1_024;

/** Bytes of each part of a value that is not, out of 64 KiB. */
export const PART_BYTES = 64_000;

/** Most parts of a value: together with its metadata they are one atomic operation. */
export const MOST_PARTS = 10;

/** A longer time is kept as one without end: Deno takes no number of milliseconds that does not fit its clock. */
const LONGEST = 2 ** 40;

/** How long, by the store's own clock, something is kept that is over at `end`. */
export function expireIn(end: number, now: number): { expireIn?: number } {
  const ms = Math.max(1, Math.ceil(end - now));
  return ms > LONGEST ? {} : { expireIn: ms };
}
