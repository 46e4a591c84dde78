/**
 * Encrypted streams: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár ("Online Authenticated-Encryption and its
 * Nonce-Reuse Misuse-Resistance", 2015) over AES-256-GCM, as age and Tink have it.
 *
 * Every stream has a key of its own, derived of one of the ring by HKDF over a random salt and what the stream is: so no chunk of another
 * stream fits, nor of another key, scope or cache. The nonce of a chunk is its number and whether it is the last: so none fits
 * in another place, and none can be left out or added. docs/format.md has it byte by byte.
 *
 * @module
 */
import { structured } from "../bytes/codecs/structured.ts";
import { type KeyRing, keysOf, type RingKey } from "../bytes/encryption/key-ring.ts";
import { CorruptError } from "../errors.ts";
import type { Space } from "../space.ts";
import { countOf, type Head, type Seal } from "./manifest.ts";

/** Bytes that encryption adds to a chunk: the tag of AES-GCM. */
export const TAG_BYTES = 16;
const SALT_BYTES = 32;
/** The last byte of a nonce. */
const MORE = 0;
const LAST = 1;
const HEAD = 2;

/** Encrypts and decrypts the parts of one stream. */
export class Sealing {
  readonly #key: CryptoKey;
  readonly #id: Uint8Array;
  readonly #salt: Uint8Array;

  private constructor(key: CryptoKey, id: Uint8Array, salt: Uint8Array) {
    this.#key = key;
    this.#id = id;
    this.#salt = salt;
  }

  /** For a new stream under a key as the tiers know it. */
  static async create(ring: KeyRing, space: Space, text: string): Promise<Sealing> {
    const { current } = await keysOf(ring);
    return Sealing.from(current, crypto.getRandomValues(new Uint8Array(SALT_BYTES)), space, text);
  }

  /** For one that is there; `undefined` where the ring has not its key. */
  static async open(ring: KeyRing, seal: Seal, space: Space, text: string): Promise<Sealing | undefined> {
    const key = (await keysOf(ring)).find(seal.key);
    return key && Sealing.from(key, seal.salt, space, text);
  }

  static async from(key: RingKey, salt: Uint8Array, space: Pick<Space, "engine">, text: string): Promise<Sealing> {
    const { name, prefix } = space.engine.options;
    const info = JSON.stringify(["tiercel stream v1", name, prefix, text, key.hex]);
    const derived = await key.derive(salt, new TextEncoder().encode(info));
    return new Sealing(derived as CryptoKey, key.id, salt);
  }

  async encrypt(index: number, bytes: Uint8Array, isLast: boolean): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.encrypt(nonce(index, isLast ? LAST : MORE), this.#key, source(bytes)));
  }

  /** @throws {CorruptError} for anything but what {@linkcode Sealing.encrypt} made of the same chunk of the same stream */
  decrypt(index: number, bytes: Uint8Array, isLast: boolean): Promise<Uint8Array> {
    return this.#open(index, isLast ? LAST : MORE, bytes);
  }

  async #open(index: number, flag: number, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(nonce(index, flag), this.#key, source(bytes)));
    } catch {
      throw new CorruptError("Cannot decrypt stream as each part must be whole and in its place: received another");
    }
  }

  /** @throws {CodecError} when the `meta` cannot be encoded */
  async seal(head: Head): Promise<Seal> {
    const sealed = await crypto.subtle.encrypt(nonce(0, HEAD), this.#key, source(structured.encode(head)));
    return { key: this.#id, salt: this.#salt, head: new Uint8Array(sealed) };
  }

  /** @throws {CorruptError} */
  async head(seal: Seal, count: number): Promise<Head> {
    const head = structured.decode(await this.#open(0, HEAD, seal.head)) as Head;
    if (countOf(head) === count) return head;
    throw new CorruptError(`Cannot decrypt stream as it must have ${countOf(head)} chunks: received ${count}`);
  }
}

/** 11 bytes for the number, the highest first, and one for the flag. */
function nonce(index: number, flag: number): AesGcmParams {
  const iv = new Uint8Array(12);
  const view = new DataView(iv.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index);
  iv[11] = flag;
  return { name: "AES-GCM", iv };
}

/** Never of shared memory. */
function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
