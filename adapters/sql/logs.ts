/**
 * The logs of accesses and evictions, in the tables of these names, whose columns are those of cachetronomy.
 *
 * @module
 */
import type { EvictionReason } from "../../src/events.ts";
import type { Access, Eviction, LogBounds, LogName, LogQuery, LogStore } from "../../src/observe/log.ts";
import type { Plan, Row, SqlValue, Step } from "./driver.ts";
import { range } from "./liveness.ts";
import type { ProfileAccess } from "./profiles.ts";

const READ = `INSERT INTO access_log (key, access_count, last_accessed, last_accessed_by_profile)
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]')
  FROM json_each(?) WHERE true
  ON CONFLICT (key) DO UPDATE SET
    access_count = access_count + excluded.access_count,
    last_accessed = max(last_accessed, excluded.last_accessed),
    last_accessed_by_profile = excluded.last_accessed_by_profile`;

/** With how often the access log has it read. */
const LEFT = `INSERT INTO eviction_log (key, evicted_at, reason, last_access_count, evicted_by_profile)
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    (SELECT access_count FROM access_log WHERE key = json_extract(value, '$[0]')), json_extract(value, '$[3]')
  FROM json_each(?)`;

const BOUND_ACCESSES = `DELETE FROM access_log WHERE key IN (
  SELECT key FROM access_log ORDER BY last_accessed LIMIT max(0, (SELECT count(*) FROM access_log) - ?))`;

/** Numbers may be missing where rows were forgotten, so fewer may be left than might be. */
const BOUND_EVICTIONS = "DELETE FROM eviction_log WHERE id <= (SELECT max(id) FROM eviction_log) - ?";

const IN_PREFIX = "key >= ? AND key < coalesce(?, x'')";
const ACCESSES = "SELECT key, access_count, last_accessed, last_accessed_by_profile FROM access_log";
const EVICTIONS = "SELECT key, evicted_at, reason, last_access_count, evicted_by_profile FROM eviction_log";

/** The logs of a database. */
export function sqlLogs({ read, write }: ProfileAccess): LogStore {
  return {
    add: (accesses, evictions, bounds) => write(addPlan(accesses, evictions, bounds)),
    accesses: (query) => {
      const order = query.order === "count" ? "access_count DESC, last_accessed DESC" : "last_accessed DESC";
      return read(listPlan(ACCESSES, query, order, readAccess));
    },
    evictions: (query) => read(listPlan(EVICTIONS, query, "id DESC", readEviction)),
    forget: (log, prefix, key) => write(forgetPlan(log, prefix, key)),
  };
}

function addPlan(
  accesses: readonly Access[],
  evictions: readonly Omit<Eviction, "accesses">[],
  bounds: LogBounds,
): Plan<void> {
  const steps: Step[] = [];
  const add = (sql: string, rows: readonly unknown[], bound: string, most: number): void => {
    if (rows.length > 0) steps.push({ sql, args: [JSON.stringify(rows)] }, { sql: bound, args: [most] });
  };
  const read = accesses.map(({ key, count, lastAt, profile }) => [key, count, Math.floor(lastAt), profile ?? null]);
  const left = evictions.map(({ key, at, reason, profile }) => [key, Math.floor(at), reason, profile ?? null]);
  add(READ, read, BOUND_ACCESSES, bounds.accesses);
  add(LEFT, left, BOUND_EVICTIONS, bounds.evictions);
  return { steps, finish: () => {} };
}

function listPlan<T>(
  select: string,
  { prefix, key, limit }: LogQuery,
  order: string,
  readRow: (row: Row) => T[],
): Plan<T[]> {
  const [where, args] = chosen(prefix, key);
  const most = Math.min(Math.floor(limit), Number.MAX_SAFE_INTEGER);
  return {
    steps: [{ sql: `${select} WHERE ${where} ORDER BY ${order} LIMIT ?`, args: [...args, most] }],
    finish: ([rows]) => rows!.flatMap(readRow),
  };
}

function forgetPlan(log: LogName, prefix: string, key: string | undefined): Plan<number> {
  const [where, args] = chosen(prefix, key);
  const table = log === "accesses" ? "access_log" : "eviction_log";
  return {
    steps: [
      { sql: `SELECT count(*) FROM ${table} WHERE ${where}`, args },
      { sql: `DELETE FROM ${table} WHERE ${where}`, args },
    ],
    finish: ([rows]) => Number(rows![0]?.[0]),
  };
}

function chosen(prefix: string, key: string | undefined): [where: string, args: SqlValue[]] {
  return key === undefined ? [IN_PREFIX, range(prefix) ?? [prefix, prefix]] : ["key = ?", [key]];
}

/** A row may have been changed by others: what makes no sense is left out. */
function readAccess([key, count, lastAt, profile]: Row): Access[] {
  if (typeof key !== "string" || typeof count !== "number" || typeof lastAt !== "number") return [];
  return [{ key, count, lastAt, profile: text(profile) }];
}

function readEviction([key, at, reason, accesses, profile]: Row): Eviction[] {
  if (typeof key !== "string" || typeof at !== "number" || typeof reason !== "string") return [];
  return [
    {
      key,
      at,
      reason: reason as EvictionReason,
      accesses: typeof accesses === "number" ? accesses : undefined,
      profile: text(profile),
    },
  ];
}

function text(cell: unknown): string | undefined {
  return typeof cell === "string" ? cell : undefined;
}
