/**
 * An entry as one string of Redis, which scripts can read and change the head of.
 *
 * | from | bytes | what                                                                                   |
 * | ---- | ----- | -------------------------------------------------------------------------------------- |
 * | 0    | 2     | `T1`: mark and format                                                                  |
 * | 2    | 1     | `1` with tags, `0` without                                                             |
 * | 3    | 6     | length of the head in bytes: the payload begins there                                  |
 * | 9    | 32    | `freshUntil`, `staleUntil`                                                             |
 * | 41   | 7     | checksum of both                                                                       |
 * | 48   | 19    | epoch                                                                                  |
 * | 67   | 32    | sequence, twice                                                                        |
 * | 99   | 7     | checksum of the first nine bytes and the rest of the head                              |
 * | 106  | 16    | `createdAt`                                                                            |
 * | 122  | 1     | `r` for a raw payload, `b` for `base64:` and base64                                    |
 * | 123  | 6     | with tags: their length in bytes                                                       |
 * | 129  |       | with tags: each of them, and a NUL                                                     |
 * |      |       | load time, a space, codec; where there is more, a space and JSON of `[version, profile, |
 * |      |       | createdAt]`, the latter if it is no whole number                                       |
 * |      |       | the payload                                                                            |
 *
 * Numbers are decimal, with zeros in front; times are whole milliseconds, and sixteen nines never end. A touch writes
 * times with their checksum, a write fills in epoch and sequence: the rest is made here. Checksums, in base 36, tell
 * damage; the payload has its own, over key, tags, version and creation.
 *
 * @module
 */
import { hashAscii, hashString } from "../../src/bytes/checksum.ts";
import { type Entry, NO_TAGS } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import { fromText, toText } from "../plain/text.ts";
import { type Argument, digitsAt } from "./link.ts";

const LENGTH = 3;
const TIMES = 9;
const TIMES_SUM = 41;
const EPOCH = 48;
const SEQUENCE = 67;
const AGAIN = 83;
const REST_SUM = 99;
const REST = 106;
const FORM = 122;
const TAGS = 129;

const DIGITS = 16;
const SUM = 7;
const FOREVER = "9".repeat(DIGITS);

/** Seeds that keep the checksums of unlike things apart. */
const OF_TIMES = 1;
const OF_REST = 2;

/** Both ends of an entry with their checksum, 39 characters. */
export function stamps(freshUntil: number, staleUntil: number): string {
  const times = endText(freshUntil) + endText(staleUntil);
  return times + sumOf(times, OF_TIMES);
}

/** A deadline, never later than it is. NaN, which compares with nothing, must not live for ever. */
function endText(time: number): string {
  if (!(time > 0)) return digits(0);
  return time > Number.MAX_SAFE_INTEGER ? FOREVER : digits(Math.floor(time));
}

function digits(number: number, length: number = DIGITS): string {
  return String(number).padStart(length, "0");
}

function sumOf(text: string, seed: number): string {
  return hashString(text, seed).toString(36).padStart(SUM, "0");
}

/** A sequence as it is written; one that there cannot be is below all that there are. */
export function sequenceText(sequence: number): string {
  return digits(Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0);
}

/**
 * For how long Redis is to keep an entry, in milliseconds, empty for ever: cleaning up alone, so never shorter than its
 * time.
 */
export function timeToLive(staleUntil: number, now: number): string {
  const left = Math.ceil(staleUntil - now);
  // Redis counts from 1970 in 63 bits of milliseconds.
  return left > MOST_TIME ? "" : String(Math.max(1, left));
}

const MOST_TIME = 1e15;

/** The head of a record, before and after epoch and sequence. */
export function headParts(entry: Entry<Uint8Array>, isText: boolean): [before: string, after: string] {
  const { createdAt, freshUntil, staleUntil, loadTime, version, codec = "", profile } = entry;
  const isWhole = Number.isSafeInteger(createdAt) && createdAt >= 0;
  let rest = `${isWhole ? digits(createdAt) : digits(0)}${isText ? "b" : "r"}`;
  if (entry.tags.length > 0) {
    const tags = `${[...new Set(entry.tags)].join("\0")}\0`;
    rest += digits(utf8Length(tags), TAGS - FORM - 1) + tags;
  }
  rest += `${loadTime} ${codec}`;
  if (version !== undefined || profile !== undefined || !isWhole)
    rest += ` ${JSON.stringify([version ?? null, profile ?? null, isWhole ? null : createdAt])}`;
  const length = digits(REST + utf8Length(rest), TIMES - LENGTH);
  const start = `T1${entry.tags.length > 0 ? "1" : "0"}${length}`;
  return [start + stamps(freshUntil, staleUntil), sumOf(start + rest, OF_REST) + rest];
}

/** The payload as a link takes it. */
export function payloadPart(payload: Uint8Array, isText: boolean): Argument {
  return isText ? toText(payload) : payload;
}

/** How a record was read. */
export interface RecordForm {
  /** The epoch that it must be of. */
  readonly epoch: string;
  /** A tag has made the entry stale. */
  readonly isExpired: boolean;
  /** Bytes of the payload above 127 are escaped as UTF-8. */
  readonly isEscaped: boolean;
  /** Bytes of the record in the store, where only its head was read. */
  readonly size?: number | undefined;
}

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/**
 * The entry in a record; `undefined` when it is of another epoch.
 *
 * @throws {CorruptError} when it is damaged or foreign
 */
export function decodeRecord(record: Uint8Array, form: RecordForm): Entry<Uint8Array> | undefined {
  const length = headLength(record);
  return decodePlain(record, length, form) ?? decodeAny(record, length, form);
}

/** The same for most entries (without tags, version, profile), of which no texts are made; else `undefined`, whatever it is. */
function decodePlain(
  record: Uint8Array,
  length: number,
  { epoch, isExpired, isEscaped, size }: RecordForm,
): Entry<Uint8Array> | undefined {
  if (record[2] !== ZERO || record[FORM] !== RAW || isExpired || isEscaped || size !== undefined) return undefined;
  if (hashAscii(record, OF_TIMES, TIMES, TIMES_SUM) !== sumAt(record, TIMES_SUM)) return undefined;
  if (hashAscii(record, OF_REST, 0, length, TIMES, REST) !== sumAt(record, REST_SUM)) return undefined;
  for (let at = 0; at < SEQUENCE - EPOCH; at++) if (record[EPOCH + at] !== epoch.charCodeAt(at)) return undefined;
  for (let at = SEQUENCE; at < AGAIN; at++) if (record[at] !== record[at + DIGITS]) return undefined;
  const codecAt = spaceAt(record, FORM + 1, length) + 1;
  const sequence = digitsAt(record, SEQUENCE, AGAIN);
  const loadTime = digitsAt(record, FORM + 1, codecAt - 1);
  if (spaceAt(record, codecAt, length) < length || Number.isNaN(sequence + loadTime)) return undefined;
  const freshUntil = digitsAt(record, TIMES, TIMES + DIGITS);
  const staleUntil = digitsAt(record, TIMES + DIGITS, TIMES_SUM);
  return {
    value: copyOf(record, length),
    createdAt: digitsAt(record, REST, FORM),
    freshUntil: freshUntil > Number.MAX_SAFE_INTEGER ? Infinity : freshUntil,
    staleUntil: staleUntil > Number.MAX_SAFE_INTEGER ? Infinity : staleUntil,
    tags: NO_TAGS,
    sequence,
    version: undefined,
    loadTime,
    codec: codecIn(record, codecAt, length),
    profile: undefined,
    size: record.length - length,
  };
}

const ZERO = 0x30;
const SPACE = 0x20;
const RAW = 0x72;

function spaceAt(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}

/** A checksum in base 36; NaN for what is none. */
function sumAt(bytes: Uint8Array, start: number): number {
  let sum = 0;
  for (let at = start; at < start + SUM; at++) {
    const byte = bytes[at]!;
    const digit = byte <= 0x39 ? byte - ZERO : byte - 0x57;
    sum = digit >= 0 && digit < 36 && (byte <= 0x39 || digit >= 10) ? sum * 36 + digit : Number.NaN;
  }
  return sum;
}

/** The codec of the last record: most are the same. */
let lastCodec = "";

function codecIn(record: Uint8Array, start: number, end: number): string | undefined {
  let isLast = lastCodec.length === end - start;
  for (let at = start; isLast && at < end; at++) isLast = record[at] === lastCodec.charCodeAt(at - start);
  if (!isLast) lastCodec = utf8.decode(record.subarray(start, end));
  return lastCodec || undefined;
}

function decodeAny(record: Uint8Array, length: number, form: RecordForm): Entry<Uint8Array> | undefined {
  const head = utf8.decode(record.subarray(0, length));
  const times = head.slice(TIMES, TIMES_SUM);
  if (sumOf(times, OF_TIMES) !== head.slice(TIMES_SUM, EPOCH)) throw corrupt("the checksum of its times must match");
  const rest = head.slice(REST);
  if (sumOf(head.slice(0, TIMES) + rest, OF_REST) !== head.slice(REST_SUM, REST))
    throw corrupt("the checksum of its head must match");
  const sequence = head.slice(SEQUENCE, AGAIN);
  if (sequence !== head.slice(AGAIN, REST_SUM)) throw corrupt("its sequence must be the same twice");
  const epoch = head.slice(EPOCH, SEQUENCE);
  if (epoch !== form.epoch) return undefined;
  // Up to the tags all is ASCII, so that a place in the bytes is one in the text.
  let tags = NO_TAGS;
  let at = FORM + 1;
  if (head[2] === "1") {
    const end = TAGS + Number(head.slice(at, TAGS));
    const isAscii = head.length === length;
    const joined = isAscii ? head.slice(TAGS, end) : utf8.decode(record.subarray(TAGS, end));
    tags = joined.split("\0", joined.length).slice(0, -1);
    if (tags.length > 1) (tags as string[]).sort();
    at = TAGS + joined.length;
  }
  const codecAt = head.indexOf(" ", at) + 1;
  const moreAt = head.indexOf(" ", codecAt);
  const [version, profile, exact] = moreAt < 0 ? [] : JSON.parse(head.slice(moreAt + 1));
  const isBase64 = head[FORM] === "b";
  return {
    value: form.size === undefined ? readPayload(record.subarray(length), isBase64, form.isEscaped) : NO_BYTES,
    createdAt: exact ?? Number(head.slice(REST, FORM)),
    freshUntil: form.isExpired ? 0 : readEnd(times.slice(0, DIGITS)),
    staleUntil: readEnd(times.slice(DIGITS)),
    tags,
    sequence: Number(sequence),
    version: version ?? undefined,
    loadTime: Number(head.slice(at, codecAt - 1)),
    codec: head.slice(codecAt, moreAt < 0 ? undefined : moreAt) || undefined,
    profile: profile ?? undefined,
    size: (form.size ?? record.length) - length,
  };
}

/** Length of a head that there can be. */
function headLength(record: Uint8Array): number {
  const length = digitsAt(record, LENGTH, TIMES);
  if (record[0] === 0x54 && record[1] === 0x31 && length >= REST && length <= record.length) return length;
  throw corrupt("it must begin with the mark of Tiercel and have a whole head");
}

function readEnd(text: string): number {
  return text === FOREVER ? Infinity : Number(text);
}

/** Bytes from a place to the end, as new ones: those of the record may be a part of what the client received. */
function copyOf(bytes: Uint8Array, start: number): Uint8Array {
  return new Uint8Array(new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start));
}

function readPayload(payload: Uint8Array, isBase64: boolean, isEscaped: boolean): Uint8Array {
  if (isBase64) return fromText(utf8.decode(payload));
  if (!isEscaped) return copyOf(payload, 0);
  const text = utf8.decode(payload);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Bytes of UTF-8 of a text without lone surrogates. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a pair counts two.
    if (unit > 0x7f) length += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1;
  }
  return length;
}

function corrupt(rule: string): CorruptError {
  return new CorruptError(`Cannot read record as ${rule}`);
}
