/**
 * The record of a key: what is known of its entry, a small value, and who loads it. A record may have been changed by others,
 * so all of it is checked.
 *
 * @module
 */
import { type Entry, NO_TAGS } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import { randomInteger } from "../sql/random-integer.ts";
import { INLINE_BYTES, MOST_PARTS, PART_BYTES } from "./kv.ts";

/** Who loads a key. */
export interface Lease {
  readonly token: number;
  /** One that ran out stays until it is taken, given back or revoked, or the store removes it. */
  readonly until: number;
}

/** An entry without its value. */
export interface Meta extends Omit<Entry<Uint8Array>, "value" | "sequence" | "size"> {
  readonly sequence: number;
  /** Bytes of the value. */
  readonly size: number;
  /** The value, where it is small. */
  readonly value?: Uint8Array;
  /** In how many parts the value is otherwise, and what they begin with. */
  readonly parts: number;
  readonly id: number;
}

/** What is under a key. */
export interface KeyRecord {
  readonly entry?: Meta;
  readonly lease?: Lease;
}

/** How long, in milliseconds, a lease is kept that has run out: what is loaded under it is still accepted. */
const LEASE_KEPT = 600_000;

/** When a record is over. */
export function endOf({ entry, lease }: KeyRecord): number {
  return Math.max(entry?.staleUntil ?? 0, lease === undefined ? 0 : lease.until + LEASE_KEPT);
}

/** What is stored of an entry: its record's part, and the parts of a value that is too large for it. */
export function split(entry: Entry<Uint8Array>, sequence: number): { meta: Meta; parts: readonly Uint8Array[] } {
  const { value, createdAt, freshUntil, staleUntil, version, loadTime, codec, profile } = entry;
  const size = value.length;
  const isSmall = size <= INLINE_BYTES;
  const id = randomInteger();
  const parts: Uint8Array[] = [];
  for (let start = 0; !isSmall && start < size; start += PART_BYTES) {
    const part = new Uint8Array(ID_BYTES + Math.min(PART_BYTES, size - start));
    new DataView(part.buffer).setFloat64(0, id);
    part.set(value.subarray(start, start + PART_BYTES), ID_BYTES);
    parts.push(part);
  }
  const meta: Meta = {
    createdAt,
    freshUntil: toEnd(freshUntil),
    staleUntil: toEnd(staleUntil),
    tags: [...new Set(entry.tags)].sort(),
    sequence,
    version,
    loadTime: Number.isFinite(loadTime) ? loadTime : 0,
    codec,
    profile,
    size,
    parts: parts.length,
    id,
    // Of a view, its whole buffer would be written.
    ...(isSmall && { value: value.slice() }),
  };
  return { meta, parts };
}

/** A deadline as it is stored: NaN must not live for ever. */
export function toEnd(time: number): number {
  return Number.isNaN(time) ? 0 : Math.max(time, 0);
}

/** Each part begins with the number of the write that it belongs to. */
const ID_BYTES = 8;

/** The value of an entry; `undefined` where a part belongs to another write, which has come between. */
export function joined({ id, size }: Meta, parts: readonly unknown[]): Uint8Array | undefined {
  const value = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    if (!(part instanceof Uint8Array) || part.length < ID_BYTES) return undefined;
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    if (view.getFloat64(0) !== id || at + part.length - ID_BYTES > size) return undefined;
    value.set(part.subarray(ID_BYTES), at);
    at += part.length - ID_BYTES;
  }
  return at === size ? value : undefined;
}

/**
 * What is under a key.
 *
 * @throws {CorruptError} when something is missing or of the wrong type
 */
export function readRecord(value: unknown): KeyRecord {
  const { entry, lease } = Object(value) as Record<keyof KeyRecord, unknown>;
  const { token, until } = Object(lease) as Lease;
  if (lease !== undefined && !areNumbers([token, until])) throw corrupt("a lease of numbers");
  if (entry === undefined && lease === undefined) throw corrupt("an entry or a lease");
  return {
    ...(entry !== undefined && { entry: readMeta(Object(entry) as Meta) }),
    ...(lease !== undefined && { lease: { token, until } }),
  };
}

function readMeta(entry: Meta): Meta {
  const { createdAt, freshUntil, staleUntil, sequence, loadTime, size, parts, id, tags, value } = entry;
  const { version, codec, profile } = entry;
  if (!areNumbers([createdAt, freshUntil, staleUntil, sequence, loadTime, size, parts, id]))
    throw corrupt("numbers where they belong");
  if (![version, codec, profile].every((text) => text === undefined || typeof text === "string"))
    throw corrupt("text where it belongs");
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) throw corrupt("a list of tags");
  const isHere = value instanceof Uint8Array && value.length === size && parts === 0;
  const isInParts = value === undefined && parts > 0 && parts <= MOST_PARTS && size <= parts * PART_BYTES;
  if (!isHere && !isInParts) throw corrupt("its value, or the number of its parts");
  return tags.length === 0 ? { ...entry, tags: NO_TAGS } : entry;
}

function areNumbers(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "number" && !Number.isNaN(value));
}

/** The error of what cannot be read. */
export function corrupt(what: string): CorruptError {
  return new CorruptError(`Cannot read entry as its record must have ${what}`);
}
