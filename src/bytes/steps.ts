/**
 * What may stand between the codec of a tier and its store: encode, compress, encrypt. Neither is part of a bundle
 * that does not ask for it.
 *
 * @module
 */
import type { MaybePromise, Tier, TierContext } from "../tier.ts";
import type { SealedMeta } from "./payload.ts";

/** Made by `compression()` of `tiercel/compression`; one may serve several tiers. */
export interface Compression {
  /** Whether it answers at once. A tier is synchronous only where it does. */
  readonly sync: boolean;
  /**
   * What is stored in the place of `body`, or `undefined` where that does not pay.
   *
   * @param now must answer at once; only where it can
   */
  pack(body: Uint8Array, now: boolean): MaybePromise<Uint8Array | undefined>;
  /**
   * What {@linkcode pack} was given.
   *
   * @throws {CorruptError} for damaged bytes and for what becomes too large; {CodecError} for what cannot be unpacked here
   */
  unpack(packed: Uint8Array, now: boolean): MaybePromise<Uint8Array>;
}

/** Made by `encryption()` of `tiercel/encryption`; one may serve several tiers. */
export interface Encryption {
  /** The encryption of one tier, over its store. */
  attach(store: Tier<Uint8Array>): AttachedEncryption;
}

/** The encryption of one tier. */
export interface AttachedEncryption {
  /** What is asked in the place of the store: the store itself, or one that hides names from it. */
  readonly store: Tier<Uint8Array>;
  /** To be called before anything else, with what the store is opened with. */
  open(context: TierContext): void;
  /** Encrypts a payload that has no checksum. */
  seal(key: string, meta: SealedMeta, payload: Uint8Array): MaybePromise<Uint8Array>;
  /**
   * The payload as it was given to {@linkcode seal}, but for its checksum.
   *
   * @throws {CorruptError} for what was tampered with or moved; {CodecError} for what is not encrypted, or with an unknown key
   */
  unseal(key: string, meta: SealedMeta, payload: Uint8Array): MaybePromise<Uint8Array>;
  /** Whether a payload is not under the key in force. */
  isOld(payload: Uint8Array): boolean;
  /** Whether an entry made then is too old to be served now, whatever its deadlines say. */
  isOver(createdAt: number, now: number): boolean;
  /** An entry was read that {@linkcode isOld}: encrypts it again in the background, where the store allows that. */
  renew(key: string): void;
  /** Gives deadlines, in an order with {@linkcode renew} that undoes none of them. */
  touch<T>(change: () => MaybePromise<T>): MaybePromise<T>;
  /** Ends when nothing is under way in the background. */
  settled(): MaybePromise<void>;
}
