/**
 * An entry as a document, and back. A document may have been changed by others, so all of it is checked.
 *
 * @module
 */
import { type Entry, NO_TAGS } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import { randomInteger } from "../sql/random-integer.ts";
import type { Doc } from "./driver.ts";
import { entryId } from "./ids.ts";

/** Who loads a key. */
export interface Lease {
  readonly token: number;
  /** One that ran out stays until it is taken, given back or revoked, or the server removes it. */
  readonly until: number;
}

/** An entry as it was found, with a sequence. */
export interface StoredEntry extends Entry<Uint8Array> {
  readonly sequence: number;
}

/** What is under a key. */
export interface Stored {
  /** Changes whenever the document does; `undefined` in one that is not ours. */
  readonly write: number | undefined;
  readonly entry?: StoredEntry;
  readonly lease?: Lease;
  /** The document cannot be read; it counts as empty. */
  readonly error?: CorruptError;
}

/** How long, in milliseconds, a lease is kept that has run out: what is loaded under it is still accepted. */
const LEASE_KEPT = 60_000;

/** The latest time that a Date can be. */
const LATEST = 8.64e15;

/** When the server may remove a document; without an end, nothing. */
export function expiresAt(end: number): { readonly expiresAt?: Date } {
  const at = Math.ceil(Math.max(end, 0));
  return at <= LATEST ? { expiresAt: new Date(at) } : {};
}

/** When a document with this lease may be removed. */
export function leaseEnd({ until }: Lease): number {
  return until + LEASE_KEPT;
}

/** The document of an entry that is written under `sequence`. */
export function toDocument(key: string, entry: Entry<Uint8Array>, sequence: number): Doc {
  const { value, createdAt, version, loadTime, codec, profile } = entry;
  const [freshUntil, staleUntil] = [toEnd(entry.freshUntil), toEnd(entry.staleUntil)];
  const tags = [...new Set(entry.tags)].sort();
  return {
    _id: entryId(key),
    // The driver makes it Binary.
    value,
    size: value.length,
    createdAt,
    freshUntil,
    staleUntil,
    sequence,
    loadTime: Number.isFinite(loadTime) ? loadTime : 0,
    ...(tags.length > 0 && { tags }),
    ...(version !== undefined && { version }),
    ...(codec !== undefined && { codec }),
    ...(profile !== undefined && { profile }),
    write: randomInteger(),
    ...expiresAt(staleUntil),
  };
}

/** A deadline as it is stored: NaN must not live for ever. */
export function toEnd(time: number): number {
  return Number.isNaN(time) ? 0 : Math.max(time, 0);
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** What a document says. Without its value when that was not asked for. */
export function readDocument(doc: Doc, metaOnly: boolean): Stored {
  const write = typeof doc.write === "number" ? doc.write : undefined;
  try {
    if (write === undefined) throw corrupt("the number of its write");
    const lease = readLease(doc.lease);
    const entry = doc.staleUntil === undefined ? undefined : readEntry(doc, metaOnly);
    return { write, ...(entry && { entry }), ...(lease && { lease }) };
  } catch (error) {
    return { write, error: error as CorruptError };
  }
}

function readLease(found: unknown): Lease | undefined {
  if (found === undefined) return undefined;
  const { token, until } = Object(found) as Record<string, unknown>;
  return { token: toNumber(token), until: toNumber(until) };
}

function readEntry(doc: Doc, metaOnly: boolean): StoredEntry {
  const { tags = NO_TAGS } = doc;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) throw corrupt("a list of tags");
  const value = metaOnly ? NO_BYTES : toBytes(doc.value);
  return {
    value,
    createdAt: toNumber(doc.createdAt),
    freshUntil: toNumber(doc.freshUntil),
    staleUntil: toNumber(doc.staleUntil),
    tags: tags as readonly string[],
    sequence: toNumber(doc.sequence),
    version: toText(doc.version),
    loadTime: toNumber(doc.loadTime),
    codec: toText(doc.codec),
    profile: toText(doc.profile),
    size: metaOnly ? toNumber(doc.size) : value.length,
  };
}

function toNumber(found: unknown): number {
  if (typeof found === "number" && !Number.isNaN(found)) return found;
  throw corrupt("numbers where they belong");
}

function toText(found: unknown): string | undefined {
  if (found === undefined || typeof found === "string") return found;
  throw corrupt("text where it belongs");
}

/** Bytes of our own of what the driver gives: a Buffer, which may be a part of a whole reply, or a Binary with one in it. */
export function toBytes(found: unknown): Uint8Array {
  if (found instanceof Uint8Array) return new Uint8Array(found);
  const { buffer, position } = Object(found) as { buffer?: unknown; position?: unknown };
  if (!(buffer instanceof Uint8Array) || typeof position !== "number") throw corrupt("bytes as its value");
  return new Uint8Array(buffer.subarray(0, position));
}

function corrupt(what: string): CorruptError {
  return new CorruptError(`Cannot read entry as its document must have ${what}`);
}
