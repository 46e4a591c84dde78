/**
 * An entry as a record of `entries`, and back. A record may have been changed by others, so all of it is checked.
 *
 * @module
 */
import { type Entry, NO_TAGS } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";

/** An entry as it is stored. The names are short since every record repeats them. */
export interface EntryRecord {
  /** `createdAt`, `freshUntil`, `staleUntil`. */
  readonly c: number;
  readonly f: number;
  readonly s: number;
  /** `sequence`. */
  readonly q: number;
  /** Tags, each with the sequence, for the index; absent without tags. */
  readonly g?: readonly (readonly [string, number])[];
  /** `loadTime`. */
  readonly l: number;
  /** `version`, `codec`, `profile`. */
  readonly n?: string | undefined;
  readonly o?: string | undefined;
  readonly p?: string | undefined;
  readonly v: Uint8Array;
}

/** The record of an entry, written under `sequence`. */
export function toRecord(entry: Entry<Uint8Array>, sequence: number): EntryRecord {
  const { value, createdAt, freshUntil, staleUntil, version, codec, profile, loadTime } = entry;
  const tags = [...new Set(entry.tags)];
  return {
    c: createdAt,
    f: toEnd(freshUntil),
    s: toEnd(staleUntil),
    q: sequence,
    ...(tags.length > 0 && { g: tags.map((tag) => [tag, sequence] as const) }),
    l: Number.isFinite(loadTime) ? loadTime : 0,
    ...(version !== undefined && { n: version }),
    ...(codec !== undefined && { o: codec }),
    ...(profile !== undefined && { p: profile }),
    // Of a view, its whole buffer would be stored.
    v: value.byteLength === value.buffer.byteLength ? value : value.slice(),
  };
}

/** A deadline as it is stored: NaN is no key of an index, and must not live for ever. */
export function toEnd(time: number): number {
  return Number.isNaN(time) ? 0 : Math.max(time, 0);
}

/**
 * The entry of a record.
 *
 * @throws {CorruptError} when a part is missing or of the wrong type
 */
export function fromRecord(found: unknown): Entry<Uint8Array> {
  const { c, f, s, q, g, l, n, o, p, v } = Object(found) as EntryRecord;
  if (![c, f, s, q, l].every((number) => typeof number === "number" && !Number.isNaN(number)))
    throw corrupt("numbers where they belong");
  if (![n, o, p].every((text) => text === undefined || typeof text === "string"))
    throw corrupt("text where it belongs");
  if (Object.prototype.toString.call(v) !== "[object Uint8Array]") throw corrupt("bytes as its value");
  return {
    value: v,
    createdAt: c,
    freshUntil: f,
    staleUntil: s,
    tags: g === undefined ? NO_TAGS : tagsOf(g, q),
    sequence: q,
    version: n,
    loadTime: l,
    codec: o,
    profile: p,
    size: v.length,
  };
}

function tagsOf(list: unknown, sequence: number): readonly string[] {
  const isTag = (pair: unknown): pair is [string] =>
    Array.isArray(pair) && typeof pair[0] === "string" && pair[1] === sequence;
  if (!Array.isArray(list) || !list.every(isTag)) throw corrupt("a list of tags with its sequence");
  return list.map(([tag]) => tag).sort();
}

function corrupt(what: string): CorruptError {
  return new CorruptError(`Cannot read entry as its record must have ${what}`);
}
