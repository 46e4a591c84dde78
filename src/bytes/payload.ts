/**
 * The sealed payload: one encoded value as a byte store keeps it, in a frame that says how to read it and refuses
 * to be read when it is damaged, foreign, or under another key. docs/format.md has it byte by byte.
 *
 * @module
 */
import type { Entry } from "../entry.ts";
import { CodecError, CorruptError } from "../errors.ts";
import { avalanche, hashString, xxHash32 } from "./checksum.ts";

/** First two bytes. 0xFE occurs in no UTF-8 text, so no text is taken for a payload. */
const MAGIC_0 = 0xfe;
const MAGIC_1 = 0x54;
/** Format version, the third byte. */
const VERSION = 1;
/** Flag: what the codec made is packed by a compression. */
const PACKED = 1;
/** Flag: what follows the flags is encrypted. */
const ENCRYPTED = 2;
/** Flags that this version can read. */
const KNOWN_FLAGS = 3;
/** Magic, version, flags, checksum. */
export const HEAD = 8;
/** The same and the length of the codec id. */
const FIXED = 9;
/** Longest codec id. */
const MAX_CODEC_ID = 32;

/** The part of an entry's metadata that never changes and is sealed with the value. */
export type SealedMeta = Pick<Entry, "createdAt" | "version" | "tags" | "profile">;

/** A payload that proved whole and in place. */
export interface OpenedPayload {
  /** Id of the codec that made the body. */
  readonly codec: string;
  /** The encoded value, packed or not: a view of the payload, not a copy. */
  readonly body: Uint8Array;
  /** Whether the body is packed by a compression. */
  readonly isPacked: boolean;
}

/**
 * A payload without its seal, the checksum: magic, format version, flags, four zeros, codec id, body.
 *
 * @param codec 1 to 32 characters of `a-z`, `0-9`, `-`
 * @returns new bytes that alias nothing
 */
export function newPayload(codec: string, body: Uint8Array, isPacked = false): Uint8Array<ArrayBuffer> {
  const start = FIXED + codec.length;
  const payload = new Uint8Array(start + body.length);
  payload[0] = MAGIC_0;
  payload[1] = MAGIC_1;
  payload[2] = VERSION;
  payload[3] = isPacked ? PACKED : 0;
  payload[8] = codec.length;
  for (let index = 0; index < codec.length; index++) payload[FIXED + index] = codec.charCodeAt(index);
  payload.set(body, start);
  return payload;
}

/**
 * Seals an encoded value by a checksum that covers all of it, the storage key, and the metadata that never changes but the
 * profile.
 *
 * @param codec 1 to 32 characters of `a-z`, `0-9`, `-`
 * @returns new bytes that alias nothing
 */
export function sealPayload(
  key: string,
  meta: SealedMeta,
  codec: string,
  body: Uint8Array,
  isPacked?: boolean,
): Uint8Array<ArrayBuffer> {
  const payload = newPayload(codec, body, isPacked);
  const sum = checksum(payload, key, meta);
  payload[4] = sum >>> 24;
  payload[5] = sum >>> 16;
  payload[6] = sum >>> 8;
  payload[7] = sum;
  return payload;
}

/**
 * Opens what {@linkcode sealPayload} made, under the same key and metadata.
 *
 * @throws {CorruptError} when it is damaged, foreign, of an unknown version or flag, or belongs to another key
 * @throws {CodecError} when it is encrypted
 */
export function openPayload(key: string, meta: SealedMeta, payload: Uint8Array): OpenedPayload {
  const sum = ((payload[4]! << 24) | (payload[5]! << 16) | (payload[6]! << 8) | payload[7]!) >>> 0;
  // Has the checksum of a plain one if a bit of the flags was flipped.
  if (isEncrypted(payload) && checksum(payload, key, meta, payload[3]! & ~ENCRYPTED) !== sum) {
    throw new CodecError("Cannot read payload as it must not be encrypted: received no key ring");
  }
  if (checksum(payload, key, meta) !== sum) {
    throw new CorruptError("Cannot read payload as its checksum must match its bytes, key, tags, version and time");
  }
  return readPayload(payload);
}

/**
 * Whether a payload is encrypted.
 *
 * @throws {CorruptError} for what is no payload, and for one of an unknown version or flag
 */
export function isEncrypted(payload: Uint8Array): boolean {
  if (payload.length < FIXED + 1 || payload[0] !== MAGIC_0 || payload[1] !== MAGIC_1) {
    throw new CorruptError("Cannot read payload as it must begin with the mark of Tiercel: received foreign bytes");
  }
  if (payload[2] !== VERSION) {
    throw new CorruptError(`Cannot read payload as its format version must be ${VERSION}: received ${payload[2]}`);
  }
  if ((payload[3]! & ~KNOWN_FLAGS) !== 0) {
    throw new CorruptError(`Cannot read payload as its flags must be known: received ${payload[3]}`);
  }
  return (payload[3]! & ENCRYPTED) !== 0;
}

/**
 * Reads a payload whose bytes have proved whole.
 *
 * @throws {CorruptError} for a codec id of a wrong length
 */
export function readPayload(payload: Uint8Array): OpenedPayload {
  const length = payload[8]!;
  const start = FIXED + length;
  if (length === 0 || length > MAX_CODEC_ID || start > payload.length) {
    throw new CorruptError(
      `Cannot read payload as its codec id must have 1 to ${MAX_CODEC_ID} bytes: received ${length}`,
    );
  }
  let codec = "";
  for (let index = FIXED; index < start; index++) codec += String.fromCharCode(payload[index]!);
  // Not subarray(): of a Node Buffer that would be a Buffer, and codecs give back what they are given.
  const body = new Uint8Array(payload.buffer, payload.byteOffset + start, payload.length - start);
  return { codec, body, isPacked: (payload[3]! & PACKED) !== 0 };
}

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(8));

function checksum(payload: Uint8Array, key: string, meta: SealedMeta, flags: number = payload[3]!): number {
  scratch.setFloat64(0, meta.createdAt);
  let seed = hashString(key, (payload[2]! << 8) | flags);
  seed = avalanche(seed ^ scratch.getInt32(0));
  seed = avalanche(seed ^ scratch.getInt32(4));
  if (meta.version !== undefined) seed = hashString(meta.version, seed ^ 1);
  // A sum, so that stores may give tags back in an order of their own.
  let tags = 0;
  for (const tag of meta.tags) tags = (tags + hashString(tag, 2)) | 0;
  return xxHash32(payload, avalanche(seed ^ tags) ^ meta.tags.length, 8);
}
