/**
 * Entries in an export: a header, a record for each entry, and the number of them at the end.
 *
 * A record has key and tags as they stand in the store, without the prefix of the cache, so that namespaces, scopes and their invalidation
 * stay what they are, and deadlines as moments, so that no ttl grows while a file lies about.
 *
 * @module
 */
import type { Entry } from "../../src/entry.ts";
import { decodeKey, UNUSABLE } from "../../src/key.ts";
import { usage } from "../failure.ts";

/** First record. */
export interface Header {
  readonly tiercel: "export";
  readonly version: 1;
  /** Name of the cache. */
  readonly cache: string;
  /** When the export began, in milliseconds since the epoch. */
  readonly at: number;
}

/** Last record. */
export interface Trailer {
  readonly end: true;
  readonly entries: number;
}

/** One entry. Moments are milliseconds since the epoch, `null` never comes. */
export interface EntryRecord {
  readonly key: string;
  readonly created: number;
  /** Until when it is fresh. */
  readonly fresh: number | null;
  /** Until when it may be served stale. */
  readonly stale: number | null;
  readonly tags?: readonly string[];
  readonly version?: string;
  readonly codec?: string;
  readonly profile?: string;
  readonly loadTime?: number;
  readonly value: unknown;
}

/** Any of them. */
export type Item = Header | Trailer | EntryRecord;

/** An item, and the bytes from the beginning of the source to its end. */
export interface Placed {
  readonly item: Item;
  readonly end: number;
}

/** A way of writing items. */
export interface Format {
  readonly name: "ndjson" | "cbor";
  encode(item: Item): Uint8Array;
  /** Items of a source; the first byte of it is at `start`. */
  decode(source: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Placed>;
}

/** The record of an entry. */
export function recordOf(key: string, entry: Entry, prefix: string): EntryRecord {
  const { value, createdAt, freshUntil, staleUntil, tags, version, codec, profile, loadTime } = entry;
  const moment = (at: number): number | null => (at === Infinity ? null : at);
  return {
    key: key.slice(prefix.length),
    created: createdAt,
    fresh: moment(freshUntil),
    stale: moment(staleUntil),
    ...(tags.length > 0 && { tags: tags.map((tag) => tag.slice(prefix.length)) }),
    ...(version !== undefined && { version }),
    ...(codec !== undefined && { codec }),
    ...(profile !== undefined && { profile }),
    ...(loadTime > 0 && { loadTime }),
    value,
  };
}

/** The entry of a record. */
export function entryOf(record: EntryRecord, prefix: string): Entry {
  const { value, created, fresh, stale, tags = [], version, profile, loadTime = 0 } = record;
  return {
    value,
    createdAt: created,
    freshUntil: fresh ?? Infinity,
    staleUntil: stale ?? Infinity,
    tags: tags.map((tag) => prefix + tag),
    sequence: undefined,
    version,
    loadTime,
    profile,
  };
}

/** @throws {Failure} for what is no item */
export function checkItem(item: unknown, place: string): Item {
  const fault = (what: string): never => {
    throw usage(`Cannot read ${place} as ${what}`);
  };
  if (typeof item !== "object" || item === null) return fault("it must be an object");
  if ("tiercel" in item) {
    const { tiercel, version } = item as Partial<Header>;
    if (tiercel !== "export") return fault("it must be the header of an export");
    if (version !== 1)
      return fault(`its format must be version 1: received ${String(version).slice(0, 20)}, of a newer tiercel`);
    return item as Header;
  }
  if ("end" in item) {
    const { entries = -1 } = item as Partial<Trailer>;
    if (!Number.isSafeInteger(entries) || entries < 0) return fault("its number of entries must be an integer");
    return item as Trailer;
  }
  const { key, created, fresh, stale, tags = [], version, codec, profile, loadTime = 0 } = item as Partial<EntryRecord>;
  const isMoment = (at: unknown): boolean => at === null || (typeof at === "number" && !Number.isNaN(at));
  const isText = (text: unknown): boolean => text === undefined || typeof text === "string";
  if (typeof key !== "string") return fault("it must have a key");
  if (!isKey(key)) return fault("its key must be the text of one");
  if (![created, loadTime].every(Number.isFinite) || !isMoment(fresh) || !isMoment(stale))
    return fault("its times must be numbers or null");
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string")) return fault("its tags must be texts");
  if (![version, codec, profile].every(isText)) return fault("its version, codec and profile must be texts");
  if (!("value" in item) || item.value === undefined) return fault("it must have a value");
  return item as EntryRecord;
}

/** Whether a text can be the key of an entry, behind its namespaces and scopes. */
function isKey(text: string): boolean {
  const own = text.replace(/^(?:@[^:]*:)+/, "");
  return !UNUSABLE.test(text) && !(own.startsWith("[") && typeof decodeKey(own) === "string");
}
