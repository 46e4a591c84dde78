/**
 * An entry as a row of `entries`, and back. A row may have been damaged or changed by others, so all of it is checked.
 *
 * @module
 */
import { type Entry, NO_TAGS } from "../../src/entry.ts";
import { CorruptError } from "../../src/errors.ts";
import type { TierInspection, Write } from "../../src/tier.ts";
import type { Row, SqlValue, Step } from "./driver.ts";

const COLUMNS = [
  "key",
  "created_at",
  "fresh_until",
  "stale_until",
  "sequence",
  "load_ms",
  "tagged",
  "fmt",
  "version",
  "saved_by_profile",
  "data",
];

const INSERT = `INSERT INTO entries (${COLUMNS.join(", ")})`;
const VALUES = "?, ?, ?, coalesce(?, (SELECT sequence FROM meta)), ?, ?, ?, ?, ?, ?";
/** Keeps the row's id, unlike REPLACE. */
const UPDATE = `ON CONFLICT (key) DO UPDATE SET ${COLUMNS.slice(1)
  .map((column) => `${column} = excluded.${column}`)
  .join(", ")}`;

/** Writes one entry; without a sequence under the current one. */
const WRITE = `${INSERT} VALUES (?, ${VALUES}) ${UPDATE}`;
/** The same while the lease stands. */
const WRITE_LEASED = `${INSERT} SELECT l.key, ${VALUES} FROM leases l WHERE l.key = ? AND l.token = ? ${UPDATE}`;

/**
 * The statement that writes an entry, without its tags. `tagged` is their number.
 *
 * @param lease does nothing unless the key has this one
 */
export function writeEntry({ key, entry }: Write<Uint8Array>, tagged: number, lease?: number): Step {
  const values: SqlValue[] = [
    entry.createdAt,
    toEnd(entry.freshUntil),
    toEnd(entry.staleUntil),
    entry.sequence ?? null,
    Number.isFinite(entry.loadTime) ? Math.round(entry.loadTime) : 0,
    tagged,
    entry.codec ?? null,
    entry.version ?? null,
    entry.profile ?? null,
    entry.value,
  ];
  return lease === undefined
    ? { sql: WRITE, args: [key, ...values] }
    : { sql: WRITE_LEASED, args: [...values, key, lease] };
}

/** A deadline as it is stored. NULL never ends, and so does what is past the integers that all drivers can read. */
export function toEnd(time: number): SqlValue {
  // NaN, which drivers bind as NULL, must not live for ever.
  if (!(time > 0)) return 0;
  return time > Number.MAX_SAFE_INTEGER ? null : time;
}

/**
 * Tags of entry `e` as JSON `[[name, deleted, expired], …]`: NULL without tags, empty text where rows of `entry_tags`
 * are missing, a NULL name for a tag without a record.
 */
const TAGS = `CASE e.tagged WHEN 0 THEN NULL ELSE coalesce((
    SELECT json_group_array(json_array(t.name, t.deleted, t.expired))
    FROM entry_tags x LEFT JOIN tags t ON t.id = x.tag WHERE x.entry = e.id GROUP BY x.entry HAVING count(*) = e.tagged
  ), '') END`;

/** Columns of `entries e` for {@linkcode readEntry}. */
export const ENTRY_COLUMNS: string = `e.created_at, e.fresh_until, e.stale_until, e.sequence, e.load_ms, e.fmt, e.version, e.saved_by_profile,
  ${TAGS} AS tags, e.data AS data`;

/** As {@linkcode ENTRY_COLUMNS}, with the size of the value instead of the value, which is then not read from disk. */
export const META_COLUMNS: string = ENTRY_COLUMNS.replace(
  "e.data",
  "CASE typeof(e.data) WHEN 'blob' THEN length(e.data) END",
);

/**
 * The entry of a row of {@linkcode ENTRY_COLUMNS}, or with `metaOnly` of {@linkcode META_COLUMNS}; `undefined` when it is
 * over, or one of its tags was invalidated or has no record.
 *
 * @throws {CorruptError} when a column is of the wrong type or out of range
 */
export function readEntry(row: Row, now: number, metaOnly = false): Entry<Uint8Array> | undefined {
  const freshUntil = asEnd(row[1]);
  const staleUntil = asEnd(row[2]);
  if (staleUntil <= now) return undefined;
  const sequence = asNumber(row[3]);
  const tags = row[8] === null ? undefined : readTags(row[8]);
  let expired = false;
  for (const tag of tags ?? []) {
    if (tag.name === null || tag.deleted > sequence) return undefined;
    if (tag.expired > sequence) expired = true;
  }
  const value = metaOnly ? NO_BYTES : asBytes(row[9]);
  return {
    value,
    createdAt: asNumber(row[0]),
    freshUntil: expired ? 0 : freshUntil,
    staleUntil,
    tags: tags === undefined ? NO_TAGS : tags.map(({ name }) => name as string).sort(),
    sequence,
    version: asText(row[6]),
    loadTime: asNumber(row[4]),
    codec: asText(row[5]),
    profile: asText(row[7]),
    size: metaOnly ? asNumber(row[9]) : value.length,
  };
}

/** What is in a row of {@linkcode META_COLUMNS}, whatever it counts as. @throws {CorruptError} as {@linkcode readEntry} */
export function inspectEntry(row: Row): TierInspection {
  const marks = row[8] === null ? [] : readTags(row[8]);
  marks.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  const entry = readEntry([...row.slice(0, 8), null, row[9]], -Infinity, true)!;
  const { sequence = 0 } = entry;
  const isDeleted = marks.some(({ name, deleted }) => name === null || deleted > sequence);
  const isExpired = marks.some(({ expired }) => expired > sequence);
  const state = isDeleted ? ({ state: "deleted" } as const) : isExpired ? ({ state: "stale" } as const) : {};
  return {
    entry: { ...entry, tags: marks.map(({ name }) => name ?? "") },
    ...state,
    tagSequences: marks.map(({ name, deleted, expired }) => (name === null ? Infinity : Math.max(deleted, expired))),
  };
}

interface TagMark {
  readonly name: string | null;
  readonly deleted: number;
  readonly expired: number;
}

function readTags(json: unknown): TagMark[] {
  if (typeof json !== "string" || json === "") throw corrupt("as many tags as it was written with");
  let marks: [unknown, unknown, unknown][];
  try {
    marks = JSON.parse(json);
  } catch {
    throw corrupt("tags that are whole");
  }
  return marks.map(([name, deleted, expired]) =>
    name === null
      ? { name, deleted: 0, expired: 0 }
      : { name: asText(name)!, deleted: asNumber(deleted), expired: asNumber(expired) },
  );
}

function asNumber(cell: unknown): number {
  if (typeof cell === "number" && Math.abs(cell) <= Number.MAX_SAFE_INTEGER) return cell;
  throw corrupt("a number where one belongs");
}

function asEnd(cell: unknown): number {
  return cell === null ? Infinity : asNumber(cell);
}

function asText(cell: unknown): string | undefined {
  if (cell === null) return undefined;
  if (typeof cell === "string") return cell;
  throw corrupt("text where it belongs");
}

function asBytes(cell: unknown): Uint8Array {
  // libSQL gives a Buffer, D1 an array of numbers, Durable Objects an ArrayBuffer: their drivers see to the latter two.
  if (cell instanceof Uint8Array) {
    return cell.constructor === Uint8Array ? cell : new Uint8Array(cell.buffer, cell.byteOffset, cell.length);
  }
  throw corrupt("bytes as its value");
}

function corrupt(what: string): CorruptError {
  return new CorruptError(`Cannot read entry as its row must have ${what}`);
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);
const NUMBERS = ["created_at", "sequence", "load_ms", "fresh_until", "stale_until"];
const TEXTS = ["fmt", "version", "saved_by_profile"];

/** Where the row of `entries e` is such that {@linkcode readEntry} throws. */
export const IS_CORRUPT: string = [
  ...NUMBERS.slice(0, 3).map((column) => `e.${column} IS NULL`),
  ...NUMBERS.map((column) => `typeof(e.${column}) IN ('text', 'blob')`),
  ...NUMBERS.map((column) => `e.${column} NOT BETWEEN -${Number.MAX_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`),
  ...TEXTS.map((column) => `typeof(e.${column}) NOT IN ('text', 'null')`),
  "typeof(e.data) <> 'blob'",
  "e.tagged IS NOT (SELECT count(*) FROM entry_tags WHERE entry = e.id)",
].join(" OR ");
