/**
 * Payloads under AES-256-GCM (NIST SP 800-38D). docs/format.md has them byte by byte.
 *
 * @module
 */
import { CodecError, CorruptError, TierLimitError } from "../../errors.ts";
import { ended, then } from "../../maybe.ts";
import type { MaybePromise } from "../../tier.ts";
import { textSize, varintSize, writeText, writeVarint } from "../envelope-fields.ts";
import { HEAD, type SealedMeta } from "../payload.ts";
import { type KeyRing, keysOf, type RingKey } from "./key-ring.ts";
import { type Gcm, gcmOf, kept, TAG_LENGTH } from "./primitives.ts";

/** Flag of an encrypted payload. */
const ENCRYPTED = 2;
/** Magic, version and flags, which stay in clear. */
const CLEAR = 4;
/** Where the nonce begins: after the key's id. */
const NONCE = 8;
/** 96 bits, the length for which GCM needs no further hashing (SP 800-38D section 5.2.1.1). */
const NONCE_LENGTH = 12;
/** Where the ciphertext begins. */
const BODY = NONCE + NONCE_LENGTH;

/** With random nonces one key may encrypt so many values (SP 800-38D section 8.3). */
const MOST_WRITES = 2 ** 32;

/** Before the name of the cache in the info of HKDF. */
const LABEL = "tiercel payload v1\0";
const NO_SALT = /* @__PURE__ */ new Uint8Array(0);
const encoder = /* @__PURE__ */ new TextEncoder();

/** What one cache's values are encrypted with: of each key of the ring a key of its own. */
export interface CipherOptions {
  readonly ring: KeyRing;
  readonly cacheName: string;
  /** Writes under one key after which {@linkcode warn} is called, once. */
  readonly warnAfter: number;
  readonly warn: (error: unknown) => void;
}

/** A key of the ring as this cache uses it. */
interface CacheKey {
  readonly gcm: () => MaybePromise<Gcm>;
  writes: number;
}

/** Seals and opens payloads of one cache. */
export class Cipher {
  readonly #options: CipherOptions;
  /** HKDF is dear, so it is done once for each key of the ring. */
  readonly #keys = new WeakMap<RingKey, CacheKey>();

  constructor(options: CipherOptions) {
    this.#options = options;
  }

  /** Encrypts a payload that has no checksum. Batches go on in parallel: nothing waits for another. */
  seal(key: string, meta: SealedMeta, payload: Uint8Array): MaybePromise<Uint8Array> {
    return then(keysOf(this.#options.ring), ({ current }) => {
      const own = this.#cacheKey(current);
      return then(own.gcm(), (gcm) => {
        this.#count(own, current);
        const head = new Uint8Array(BODY);
        head.set(payload.subarray(0, CLEAR));
        head[3]! |= ENCRYPTED;
        head.set(current.id, CLEAR);
        const iv = crypto.getRandomValues(head.subarray(NONCE));
        return then(gcm.encrypt(iv, this.#boundTo(head, key, meta), payload.subarray(HEAD)), (sealed) => {
          const bytes = new Uint8Array(BODY + sealed.length);
          bytes.set(head);
          bytes.set(sealed, BODY);
          return bytes;
        });
      });
    });
  }

  /**
   * Opens what {@linkcode seal} made, under the same key and metadata.
   *
   * @throws {CorruptError} when any bit of it, of the key or of the metadata is another
   * @throws {CodecError} when its key is not in the ring
   */
  unseal(key: string, meta: SealedMeta, payload: Uint8Array): MaybePromise<Uint8Array> {
    if (payload.length < BODY + TAG_LENGTH) {
      throw new CorruptError(
        `Cannot decrypt payload as it must have at least ${BODY + TAG_LENGTH} bytes: received ${payload.length}`,
      );
    }
    return then(keysOf(this.#options.ring), (keys) => {
      const ringKey = keys.find(payload.subarray(CLEAR, NONCE));
      if (ringKey === undefined) throw unknownKey(payload);
      return then(this.#cacheKey(ringKey).gcm(), (gcm) => {
        const head = new Uint8Array(BODY);
        head.set(payload.subarray(0, BODY));
        const additionalData = this.#boundTo(head, key, meta);
        return ended(
          () => gcm.decrypt(head.subarray(NONCE), additionalData, payload.subarray(BODY)),
          (content) => {
            const opened = new Uint8Array(HEAD + content.length);
            opened.set(head.subarray(0, CLEAR));
            opened[3]! &= ~ENCRYPTED;
            opened.set(content, HEAD);
            return opened;
          },
          (cause) => {
            throw new CorruptError(
              "Cannot decrypt payload as its tag must match its bytes, cache, key, tags, version, profile and time: received another",
              { cause },
            );
          },
        );
      });
    });
  }

  /** Whether a payload is under another key than the current one, as far as that is known by now. */
  isOld(payload: Uint8Array): boolean {
    const keys = keysOf(this.#options.ring);
    if (keys instanceof Promise) return false;
    return keys.current.id.some((byte, at) => byte !== payload[CLEAR + at]);
  }

  #cacheKey(ringKey: RingKey): CacheKey {
    let own = this.#keys.get(ringKey);
    if (own === undefined) {
      const info = encoder.encode(LABEL + this.#options.cacheName);
      own = { gcm: kept(async () => gcmOf(await ringKey.deriveBytes(NO_SALT, info))), writes: 0 };
      this.#keys.set(ringKey, own);
    }
    return own;
  }

  #count(own: CacheKey, { hex }: RingKey): void {
    const { warnAfter, warn, cacheName } = this.#options;
    if (++own.writes !== warnAfter) return;
    warn(
      new TierLimitError(
        `Cannot go on for long with key ${hex} in cache ${cacheName} as it must encrypt at most ${MOST_WRITES} values: ` +
          `received ${own.writes} in this process, so rotate the ring`,
      ),
    );
  }

  /** Additional data: what must be the same when the payload is opened. */
  #boundTo(head: Uint8Array, key: string, { createdAt, version, profile, tags }: SealedMeta): Uint8Array<ArrayBuffer> {
    const { cacheName } = this.#options;
    // A store may give tags back in an order of its own.
    const sorted = tags.length > 1 ? [...tags].sort() : tags;
    let size = BODY + textSize(cacheName) + textSize(key) + 9 + varintSize(tags.length);
    if (version !== undefined) size += textSize(version);
    if (profile !== undefined) size += textSize(profile);
    for (const tag of sorted) size += textSize(tag);
    const bytes = new Uint8Array(size);
    bytes.set(head);
    let at = writeText(bytes, BODY, cacheName);
    at = writeText(bytes, at, key);
    new DataView(bytes.buffer).setFloat64(at, createdAt);
    at += 8;
    bytes[at++] = (version === undefined ? 0 : 1) | (profile === undefined ? 0 : 2);
    if (version !== undefined) at = writeText(bytes, at, version);
    if (profile !== undefined) at = writeText(bytes, at, profile);
    at = writeVarint(bytes, at, sorted.length);
    for (const tag of sorted) at = writeText(bytes, at, tag);
    return bytes;
  }
}

function unknownKey(payload: Uint8Array): CodecError {
  const id = Array.from(payload.subarray(CLEAR, NONCE), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return new CodecError(`Cannot decrypt payload as its key must be in the ring: received one of key ${id}`);
}
