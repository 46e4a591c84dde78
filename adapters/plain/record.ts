/**
 * A record: an envelope with the key and the end of the entry before it, for stores that are listed by reading them. The
 * head can be read without the rest.
 *
 * @module
 */
import { xxHash32 } from "../../src/bytes/checksum.ts";
import { FieldReader, textSize, writeText } from "../../src/bytes/envelope-fields.ts";
import { CorruptError } from "../../src/errors.ts";
import type { PlainRecord } from "./driver.ts";

/** First two bytes. */
const MAGIC_0 = 0xfe;
const MAGIC_1 = 0x52;
/** Format version, the third byte; the fourth has no flags yet. */
const VERSION = 1;
/** Magic, version, flags, checksum of the head, `staleUntil`. */
const FIXED = 16;

/** The bytes of a record: magic, version, flags, checksum of the rest of the head, `staleUntil`, key; then the envelope. */
export function encodeRecord({ key, bytes, staleUntil }: PlainRecord): Uint8Array {
  const record = new Uint8Array(FIXED + textSize(key) + bytes.length);
  record[0] = MAGIC_0;
  record[1] = MAGIC_1;
  record[2] = VERSION;
  const view = new DataView(record.buffer);
  view.setFloat64(8, staleUntil);
  const end = writeText(record, FIXED, key);
  view.setUint32(4, xxHash32(record, VERSION, 8, end));
  record.set(bytes, end);
  return record;
}

/**
 * Reads a record, or the beginning of one that has its whole head. `bytes` is a view of what was given.
 *
 * @throws {CorruptError} when the head is damaged, foreign, cut off, or of an unknown version
 */
export function decodeRecord(record: Uint8Array): PlainRecord {
  if (record.length < FIXED || record[0] !== MAGIC_0 || record[1] !== MAGIC_1) {
    throw new CorruptError("Cannot read record as it must begin with the mark of Tiercel: received foreign bytes");
  }
  if (record[2] !== VERSION || record[3] !== 0) {
    throw new CorruptError(
      `Cannot read record as its format version must be ${VERSION}.0: received ${record[2]}.${record[3]}`,
    );
  }
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const reader = new FieldReader(record, view, FIXED);
  const key = reader.text();
  const bytes = reader.rest();
  if (xxHash32(record, VERSION, 8, record.length - bytes.length) !== view.getUint32(4)) {
    throw new CorruptError("Cannot read record as its checksum must match its head: received another");
  }
  return { key, staleUntil: view.getFloat64(8), bytes };
}

/**
 * The envelope in the record of this very key.
 *
 * @throws {CorruptError} when it cannot be read, or is the record of another key
 */
export function recordOf(key: string, record: Uint8Array): Uint8Array {
  const decoded = decodeRecord(record);
  if (decoded.key === key) return decoded.bytes;
  throw new CorruptError("Cannot read record as it must be under its own key: received that of another");
}

/** Bytes that the head of a record has at most, for a key of so many bytes of UTF-8. */
export function headSize(keyBytes: number): number {
  // A code unit takes two bytes at most, and a varint of its length five.
  return FIXED + 5 + 2 * keyBytes;
}
