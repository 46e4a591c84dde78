/**
 * The envelope: a whole entry of a byte tier in one row of bytes, for stores that keep nothing else under a key.
 * docs/format.md has it byte by byte.
 *
 * @module
 */
import { type Entry, NO_TAGS } from "../entry.ts";
import { CorruptError } from "../errors.ts";
import { xxHash32 } from "./checksum.ts";
import { FieldReader, textSize, varintSize, writeText, writeVarint } from "./envelope-fields.ts";

/** First two bytes. 0xFE occurs in no UTF-8 text, so no text is taken for an envelope. */
const MAGIC_0 = 0xfe;
const MAGIC_1 = 0x45;
/** Format version, the third byte. */
const VERSION = 1;
/** Magic, version, flags, checksum, and the four numbers that every entry has. */
const FIXED = 40;

/** Flags: which of the fields that an entry may lack follow the fixed ones, in this order. */
const HAS_SEQUENCE = 1;
const HAS_VERSION = 2;
const HAS_CODEC = 4;
const HAS_PROFILE = 8;
const HAS_TAGS = 16;
const KNOWN_FLAGS = 31;

/**
 * Puts an entry of a byte tier, the payload and all metadata but `size`, into one row of bytes with a checksum.
 * Deadlines may be `Infinity`.
 *
 * @returns new bytes that alias nothing
 */
export function encodeEnvelope(entry: Entry<Uint8Array>): Uint8Array {
  const { value, sequence, version, codec, profile, tags } = entry;
  let flags = 0;
  let size = FIXED + value.length;
  if (sequence !== undefined) {
    flags |= HAS_SEQUENCE;
    size += 8;
  }
  if (version !== undefined) {
    flags |= HAS_VERSION;
    size += textSize(version);
  }
  if (codec !== undefined) {
    flags |= HAS_CODEC;
    size += textSize(codec);
  }
  if (profile !== undefined) {
    flags |= HAS_PROFILE;
    size += textSize(profile);
  }
  if (tags.length > 0) {
    flags |= HAS_TAGS;
    size += varintSize(tags.length);
    for (const tag of tags) size += textSize(tag);
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = MAGIC_0;
  bytes[1] = MAGIC_1;
  bytes[2] = VERSION;
  bytes[3] = flags;
  view.setFloat64(8, entry.createdAt);
  view.setFloat64(16, entry.freshUntil);
  view.setFloat64(24, entry.staleUntil);
  view.setFloat64(32, entry.loadTime);
  let at = FIXED;
  if (sequence !== undefined) {
    view.setFloat64(at, sequence);
    at += 8;
  }
  if (version !== undefined) at = writeText(bytes, at, version);
  if (codec !== undefined) at = writeText(bytes, at, codec);
  if (profile !== undefined) at = writeText(bytes, at, profile);
  if (tags.length > 0) {
    at = writeVarint(bytes, at, tags.length);
    for (const tag of tags) at = writeText(bytes, at, tag);
  }
  bytes.set(value, at);
  view.setUint32(4, checksum(bytes));
  return bytes;
}

/**
 * The entry in an envelope. Its value is a view of the given bytes, not a copy; `size` is that of the value.
 *
 * @throws {CorruptError} when the bytes are damaged, foreign, or of an unknown version or flag
 */
export function decodeEnvelope(bytes: Uint8Array): Entry<Uint8Array> {
  if (bytes.length < FIXED || bytes[0] !== MAGIC_0 || bytes[1] !== MAGIC_1) {
    throw new CorruptError("Cannot read envelope as it must begin with the mark of Tiercel: received foreign bytes");
  }
  if (bytes[2] !== VERSION) {
    throw new CorruptError(`Cannot read envelope as its format version must be ${VERSION}: received ${bytes[2]}`);
  }
  const flags = bytes[3]!;
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    throw new CorruptError(`Cannot read envelope as its flags must be known: received ${flags}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (checksum(bytes) !== view.getUint32(4)) {
    throw new CorruptError("Cannot read envelope as its checksum must match its bytes: received another");
  }
  const reader = new FieldReader(bytes, view, FIXED);
  const sequence = flags & HAS_SEQUENCE ? reader.float() : undefined;
  const version = flags & HAS_VERSION ? reader.text() : undefined;
  const codec = flags & HAS_CODEC ? reader.text() : undefined;
  const profile = flags & HAS_PROFILE ? reader.text() : undefined;
  const tags = flags & HAS_TAGS ? reader.texts() : NO_TAGS;
  const value = reader.rest();
  const createdAt = view.getFloat64(8);
  const freshUntil = view.getFloat64(16);
  const staleUntil = view.getFloat64(24);
  const loadTime = view.getFloat64(32);
  // NaN compares as false with everything, so that an entry with one would be neither fresh nor expired.
  if (Number.isNaN(createdAt + loadTime + (sequence ?? 0)) || !(freshUntil <= staleUntil)) {
    throw new CorruptError("Cannot read envelope as its times must be numbers in order: received others");
  }
  const size = value.length;
  return { value, createdAt, freshUntil, staleUntil, tags, sequence, version, loadTime, codec, profile, size };
}

/** Covers all but itself: the head as the seed. */
function checksum(bytes: Uint8Array): number {
  return xxHash32(bytes, (bytes[2]! << 8) | bytes[3]!, 8);
}
