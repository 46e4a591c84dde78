/**
 * The journal: what each writer changed, in the order of their transactions, for caches above that follow.
 *
 * All that one transaction changes shares rows, since what they cost is the page that they are written to.
 *
 * @module
 */
import type { Change, JournalPage } from "../../src/tier.ts";
import type { Connection } from "./connection.ts";
import type { Row, Step } from "./driver.ts";
import { randomInteger } from "./random-integer.ts";
import { sequenceOf } from "./reads.ts";
import { JOURNAL_ROWS } from "./schema.ts";

/** Most keys in one row. */
export const KEYS_PER_ROW = 64;

/** Most rows of others in one look. Who would have to read more is told that anything may have changed. */
const MOST_ROWS = 2_000;

const APPEND = "INSERT INTO journal (origin, kind, what, match, mode, sequence) VALUES (?, ?, ?, ?, ?, ?)";

/** The statements that write changes into the journal, as few as will do. */
export function recordSteps(origin: number, changes: readonly Change[]): Step[] {
  const steps: Step[] = [];
  const keys = new Set<string>();
  for (const change of changes) {
    if (change.by === "keys") {
      for (const key of change.keys) keys.add(key);
    } else if (change.by === "prefix") {
      steps.push(row(origin, "prefix", change.prefix));
    } else {
      const { tags, match, mode, sequence } = change;
      steps.push(row(origin, "tags", tags, match, mode, sequence));
    }
  }
  const list = [...keys];
  for (let start = 0; start < list.length; start += KEYS_PER_ROW)
    steps.push(row(origin, "keys", list.slice(start, start + KEYS_PER_ROW)));
  return steps;
}

function row(
  origin: number,
  kind: Change["by"],
  what: string | readonly string[],
  match: string | null = null,
  mode: string | null = null,
  sequence: number | null = null,
): Step {
  return { sql: APPEND, args: [origin, kind, JSON.stringify(what), match, mode, sequence] };
}

/** The ends of the journal and the sequence in the row whose kind is NULL, and rows of others: one state of the database. */
const LOOK = `SELECT NULL AS kind, (SELECT min(id) FROM journal) AS what, (SELECT max(id) FROM journal) AS match, NULL AS mode,
    (SELECT sequence FROM meta) AS sequence
  UNION ALL SELECT * FROM (
    SELECT kind, what, match, mode, sequence FROM journal WHERE id > ? AND origin <> ? ORDER BY id LIMIT ${MOST_ROWS + 1}
  )`;

/** The statement that looks for what others than `origin` changed after position `since`, for {@linkcode pageOf}. */
export function lookStep(origin: number, since?: number): Step {
  return { sql: LOOK, args: [since ?? Number.MAX_SAFE_INTEGER, origin] };
}

/**
 * What the rows of {@linkcode lookStep} tell.
 *
 * @throws {CorruptError} when the row of `meta` is lost
 */
export function pageOf([head, ...others]: readonly Row[], since?: number): JournalPage {
  const [, first, newest, , sequence] = head as [null, number | null, number | null, null, unknown];
  return {
    position: newest ?? 0,
    sequence: sequenceOf([[sequence]]),
    changes: isKnown(since ?? newest ?? 0, first ?? 1, newest ?? 0) ? readChanges(others) : undefined,
  };
}

/**
 * Changes whenever another connection has committed. What this connection commits leaves it as it is, so with a handle
 * that others use as well it says nothing.
 */
const VERSION = "PRAGMA data_version";

/** What is known since a look. */
interface Look {
  /** Read before the look itself, so that what is committed in between is found by the next. */
  readonly version: unknown;
  /** Where the journal ended then. */
  readonly from: number;
  /** And where it ends now, if only we have written since. */
  position: number;
  sequence: number;
}

/** The journal as one opener of the database writes and reads it. */
export class Journal {
  readonly #origin = randomInteger();
  readonly #connection: Connection;
  readonly #isOwn: boolean;
  #last: Look | undefined;

  /** @param isOwn whether nobody else uses the connection */
  constructor(connection: Connection, isOwn: boolean) {
    this.#connection = connection;
    this.#isOwn = isOwn;
  }

  /** The statements that tell others of the changes of a transaction, to be run within it. */
  steps(changes: readonly Change[]): Step[] {
    return recordSteps(this.#origin, changes);
  }

  /** Is told that a transaction with these changes was committed, in so many rows. */
  committed(changes: readonly Change[], rows: number): void {
    if (this.#last === undefined) return;
    this.#last.position += rows;
    for (const change of changes) if (change.by === "tags") this.#last.sequence = change.sequence;
  }

  /** What others changed after position `since`. */
  look(since?: number): JournalPage {
    const version = this.#isOwn ? this.#connection.all(VERSION, [])[0]?.[0] : undefined;
    const last = this.#last;
    if (
      last !== undefined &&
      last.version === version &&
      (since === undefined || isBetween(last.from, since, last.position))
    )
      return { position: last.position, sequence: last.sequence, changes: [] };
    const { sql, args } = lookStep(this.#origin, since);
    const page = pageOf(this.#connection.all(sql, args), since);
    if (version !== undefined)
      this.#last = { version, from: page.position, position: page.position, sequence: page.sequence };
    return page;
  }
}

/** Whether the rows from `first` to `newest` are all there were after `since`. */
function isKnown(since: number, first: number, newest: number): boolean {
  // Above the newest it is a position in another journal, such as that of a file before it was restored.
  return isBetween(Math.max(first - 1, newest - JOURNAL_ROWS), since, newest);
}

function isBetween(least: number, number: number, most: number): boolean {
  return number >= least && number <= most;
}

/** The changes in rows, `undefined` when they are too many or one of them tells nothing that can be understood. */
function readChanges(rows: readonly Row[]): Change[] | undefined {
  if (rows.length > MOST_ROWS) return undefined;
  const changes: Change[] = [];
  for (const row of rows) {
    const change = readChange(row);
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes;
}

/** One row of the journal after its number and origin; `undefined` when anything may have changed. */
export function readChange([kind, what, match, mode, sequence]: Row): Change | undefined {
  let told: unknown;
  try {
    told = JSON.parse(what as string);
  } catch {
    return undefined;
  }
  if (kind === "prefix") return typeof told === "string" ? { by: "prefix", prefix: told } : undefined;
  if (!Array.isArray(told) || !told.every((text) => typeof text === "string")) return undefined;
  if (kind === "keys") return { by: "keys", keys: told };
  if (kind !== "tags" || !isMatch(match) || !isMode(mode) || !Number.isSafeInteger(sequence)) return undefined;
  return { by: "tags", tags: told, match, mode, sequence: sequence as number };
}

type Invalidation = Extract<Change, { by: "tags" }>;

function isMatch(match: unknown): match is Invalidation["match"] {
  return match === "any" || match === "all" || match === "exact";
}

function isMode(mode: unknown): mode is Invalidation["mode"] {
  return mode === "delete" || mode === "expire";
}
