/**
 * Reading: records with what was invalidated since, and the values of entries.
 *
 * @module
 */
import type { Entry } from "../../src/entry.ts";
import type { CorruptError } from "../../src/errors.ts";
import { headOf, type Invalidations, readHead } from "./invalidations.ts";
import { type KvKey, MOST_READS } from "./kv.ts";
import { corrupt, joined, type KeyRecord, type Meta, readRecord } from "./record.ts";
import { chunks, readKeys, type Session } from "./session.ts";

/** What was found under a key. */
export interface Found {
  readonly key: string;
  readonly versionstamp: string | null;
  readonly record: KeyRecord;
  /** The record cannot be read; it counts as empty. */
  readonly error?: CorruptError;
  /** First part of the value, when values were asked for. */
  readonly first?: unknown;
  /** The invalidation sequence of that moment, where the head was read with it. */
  readonly sequence?: number;
}

const EMPTY: KeyRecord = {};

/** What records say. */
export interface Records {
  readonly found: ReadonlyMap<string, Found>;
  /** The invalidation sequence, where it was asked for: no record is from before it. */
  readonly sequence?: number;
}

/** Reads records, with `withHead` the head beside each of them, and with `withParts` the first part of what is in parts. */
export async function readRecords(
  session: Session,
  keys: Iterable<string>,
  now: number,
  { withHead = false, withParts = false }: { withHead?: boolean; withParts?: boolean } = {},
): Promise<Records> {
  const { kv, layout } = session;
  const step = withParts ? 2 : 1;
  const groups = chunks([...new Set(keys)], Math.floor((MOST_READS - (withHead ? 1 : 0)) / step));
  if (withHead && groups.length === 0) groups.push([]);
  const found = new Map<string, Found>();
  const sequences: number[] = [];
  const read = async (names: readonly string[]): Promise<void> => {
    const asked: KvKey[] = withHead ? [layout.head] : [];
    for (const key of names) asked.push(layout.record(key), ...(withParts ? [layout.part(key, 0)] : []));
    // One call is one state of the store.
    const answers = [...(await kv.getMany(asked))];
    const head = withHead ? answers.shift()! : undefined;
    const sequence = head && head.versionstamp !== null ? headOf(head.value).sequence : undefined;
    if (withHead) sequences.push(sequence ?? (await readHead(session, now)).sequence);
    for (const [index, key] of names.entries()) {
      const { value, versionstamp } = answers[index * step]!;
      const first = answers[index * step + 1]?.value;
      const known = sequence === undefined ? {} : { sequence };
      found.set(key, { key, versionstamp, ...readOne(versionstamp, value), ...(withParts && { first }), ...known });
    }
  };
  await Promise.all(groups.map(read));
  return withHead ? { found, sequence: Math.min(...sequences) } : { found };
}

/** What a record says. */
export function readOne(versionstamp: string | null, value: unknown): Pick<Found, "record" | "error"> {
  if (versionstamp === null) return { record: EMPTY };
  try {
    return { record: readRecord(value) };
  } catch (error) {
    return { record: EMPTY, error: error as CorruptError };
  }
}

/** Those of the entries that are live, as they are to be seen. */
export async function liveOf(
  invalidations: Invalidations,
  { found }: Pick<Records, "found">,
  now: number,
): Promise<Map<string, Meta>> {
  const live = new Map<string, Meta>();
  const doubtful: [string, Meta][] = [];
  for (const { key, record, sequence = Infinity } of found.values()) {
    const { entry } = record;
    if (entry === undefined || entry.staleUntil <= now) continue;
    // Nothing at all was invalidated since it was written.
    if (entry.tags.length === 0 || entry.sequence >= sequence) live.set(key, entry);
    else doubtful.push([key, entry]);
  }
  if (doubtful.length === 0) return live;
  const judge = await invalidations.judge(
    doubtful.map(([, meta]) => meta),
    now,
  );
  for (const [key, meta] of doubtful) {
    const verdict = judge(meta);
    if (verdict !== "deleted") live.set(key, verdict === "expired" ? { ...meta, freshUntil: 0 } : meta);
  }
  return live;
}

/** The value of an entry, or `undefined` where its parts are not there: another write came between, or they were lost. */
export async function loadValue(
  { kv, layout }: Session,
  meta: Meta,
  { key, first }: Found,
): Promise<Uint8Array | undefined> {
  if (meta.value !== undefined) return meta.value;
  const rest = Array.from({ length: meta.parts - 1 }, (_, index) => layout.part(key, index + 1));
  return joined(meta, [first, ...(await readKeys(kv, rest)).map(({ value }) => value)]);
}

/** So often a value is read again that was written anew while its parts were read. */
const MOST_READINGS = 5;

/** Entries by key, and what cannot be read. */
export interface Reading extends Records {
  readonly entries: ReadonlyMap<string, Entry<Uint8Array>>;
  readonly corrupt: readonly Found[];
}

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** Reads entries, with `metaOnly` without their values. */
export async function readEntries(
  session: Session,
  invalidations: Invalidations,
  keys: Iterable<string>,
  { now, metaOnly, withHead }: { now: number; metaOnly: boolean; withHead: boolean },
): Promise<Reading> {
  const records = await readRecords(session, keys, now, { withHead, withParts: !metaOnly });
  const live = await liveOf(invalidations, records, now);
  const found = new Map(records.found);
  const entries = new Map<string, Entry<Uint8Array>>();
  const lost: Found[] = [];
  const put = (key: string, { value: _, parts: _p, id: _i, ...meta }: Meta, value: Uint8Array): void =>
    void entries.set(key, { ...meta, value });
  const read = async (key: string, meta: Meta): Promise<void> => {
    for (let count = 0; count < MOST_READINGS; count++) {
      const before = found.get(key)!;
      const value = metaOnly ? NO_BYTES : await loadValue(session, meta, before);
      if (value !== undefined) return put(key, meta, value);
      const again = await readRecords(session, [key], now, { withParts: true });
      const after = again.found.get(key)!;
      found.set(key, after);
      if (after.versionstamp === before.versionstamp)
        return void lost.push({ ...after, error: corrupt("all parts of its value") });
      const next = (await liveOf(invalidations, again, now)).get(key);
      if (next === undefined) return;
      meta = next;
    }
  };
  await Promise.all([...live].map(([key, meta]) => read(key, meta)));
  const unreadable = [...found.values()].filter(({ error }) => error !== undefined);
  const sequence = records.sequence === undefined ? {} : { sequence: records.sequence };
  return { found, ...sequence, entries, corrupt: [...unreadable, ...lost] };
}
