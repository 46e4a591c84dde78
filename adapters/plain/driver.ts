/**
 * What a plain store must be able to do to be made a tier by {@linkcode plainStore}: keep bytes under keys, and no more.
 *
 * @module
 */
import type { CorruptError } from "../../src/errors.ts";
import type { MaybePromise, TierContext } from "../../src/tier.ts";

/** What is under a key: bytes that nobody else has a reference to, nothing, or what cannot be read. */
export type Found = Uint8Array | CorruptError | undefined;

/** One record to write. */
export interface PlainRecord {
  readonly key: string;
  /** A whole entry, as `encodeEnvelope` makes it. */
  readonly bytes: Uint8Array;
  /** When the store may remove it by itself, in milliseconds since the epoch by the cache's clock; `Infinity` never. */
  readonly staleUntil: number;
}

/** What to do with a record: put another in its place, remove it (`null`), or leave it (`undefined`). */
export type Replacement = Omit<PlainRecord, "key"> | null | undefined;

/** Says what becomes of a record that is there. May be asked again when the record has changed meanwhile. */
export type Decide = (key: string, found: Uint8Array | CorruptError) => Replacement;

/** One page of a listing. */
export interface PlainListing {
  /** Records of live and of expired entries, in any order. */
  readonly records: readonly Pick<PlainRecord, "key" | "staleUntil">[];
  /** Where the next page begins; `undefined` after the last. */
  readonly cursor?: string | undefined;
}

/**
 * A store of bytes under keys. Keys are any strings, within the capabilities of the tier; none comes twice in a call.
 *
 * A call that fails rejects once all of its parts are over, so that none arrives after what is done next.
 */
export interface PlainDriver {
  /**
   * A reader sees a record whole while it is written, old or new. Default `false`: reads wait for writes of their key, as
   * far as this process knows of them.
   */
  readonly atomic?: boolean;
  /** Records in the order of the keys. With `metaOnly` the payload within the envelope is not looked at. */
  readMany(keys: readonly string[], metaOnly: boolean): Promise<readonly Found[]>;
  /** Writes records. */
  writeMany(records: readonly PlainRecord[], now: number): Promise<void>;
  /** Removes records and answers what they were, in the order of the keys. */
  takeMany(keys: readonly string[]): Promise<readonly Found[]>;
  /**
   * Changes records that are there, each in one step with reading it where the store can. Default: reads, then writes or
   * removes, between which another process may come.
   */
  replaceMany?(keys: readonly string[], decide: Decide, now: number): Promise<void>;
  /** Lists records by the prefix of their keys, in pages of about `limit`. Left out by stores that cannot. */
  list?(prefix: string, cursor: string | undefined, limit: number): Promise<PlainListing>;
  /** Removes all records whose key has the prefix. Left out: by listing them. A store that cannot list must have it. */
  clear?(prefix: string): Promise<void>;
  /** Called before each round of pruning. */
  tidy?(): Promise<void>;
  /** Called by the tier's `open`; throws on a configuration mistake. */
  open?(context: TierContext): MaybePromise<void>;
  /** Called once all operations are over, or have been waited for long enough. */
  close?(): MaybePromise<void>;
}
