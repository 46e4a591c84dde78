/**
 * Leases: who may load a key. What is written under one is stored only while it stands.
 *
 * @module
 */
import type { Plan, Row, Step } from "./driver.ts";
import { FRESH, IN_RANGE, isStorable, type range } from "./liveness.ts";

const HELD_ONE = "SELECT key FROM leases WHERE key = ? AND expires_at > ?";
const HELD = "SELECT l.key FROM json_each(?) k CROSS JOIN leases l ON l.key = k.value WHERE l.expires_at > ?";

/** Those of the keys on which somebody has a lease that has not run out, one in each row. */
export function heldStep(keys: readonly string[], now: number): Step {
  return keys.length === 1
    ? { sql: HELD_ONE, args: [keys[0]!, now] }
    : { sql: HELD, args: [JSON.stringify(keys), now] };
}

const TAKE = `INSERT INTO leases (key, token, expires_at)
  SELECT k.value, ?, ? FROM json_each(?) k
  WHERE ? = 1 OR NOT EXISTS (SELECT 1 FROM entries e WHERE e.key = k.value AND ${FRESH})
  ON CONFLICT (key) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at WHERE expires_at <= ?
  RETURNING key`;

/** What is wanted by {@linkcode takePlan}. */
export interface Wanted {
  /** Each once. */
  readonly keys: readonly string[];
  readonly token: number;
  /** How long the leases are to stand, in milliseconds. */
  readonly lease: number;
  /** Also where there is a fresh entry. */
  readonly refresh: boolean;
  readonly now: number;
}

/** Which leases were taken, and the rows of the entries in the same state of the database. */
export interface Taken {
  readonly keys: ReadonlySet<unknown>;
  readonly rows: readonly Row[];
}

/** Takes leases on those of the keys that nobody else has and that have no fresh entry, and reads the entries by `read`. */
export function takePlan({ keys, token, lease, refresh, now }: Wanted, read: Step): Plan<Taken> {
  const end = Math.min(now + lease, Number.MAX_SAFE_INTEGER);
  return {
    steps: [{ sql: TAKE, args: [token, end, JSON.stringify(keys), refresh ? 1 : 0, now, now, now, now] }, read],
    leases: true,
    finish: ([taken = [], rows = []]) => ({ keys: new Set(taken.map(([key]) => key)), rows }),
  };
}

/** Has a row where there is any lease. */
const ANY: Step = { sql: "SELECT 1 FROM leases LIMIT 1", args: [] };

const REVOKE_ONE = "DELETE FROM leases WHERE key = ?";
/** The list is read only where there is any lease. */
const REVOKE = `DELETE FROM leases WHERE key IN (
    SELECT value FROM json_each(CASE WHEN EXISTS (SELECT 1 FROM leases) THEN ? END)
  )`;
const REVOKE_RANGE = `DELETE FROM leases AS e WHERE ${IN_RANGE}`;

/** Revokes whatever leases keys have. */
export function revoke(keys: readonly string[]): Step {
  return keys.length === 1
    ? { sql: REVOKE_ONE, args: [keys[0]!], given: ANY }
    : { sql: REVOKE, args: [JSON.stringify(keys)], given: ANY };
}

/** Revokes the leases of all keys that begin with `prefix`. */
export function revokeRange(bounds: NonNullable<ReturnType<typeof range>>): Step {
  return { sql: REVOKE_RANGE, args: bounds, given: ANY };
}

const GIVE_BACK = "DELETE FROM leases WHERE key = ? AND token = ? RETURNING 1";

/** Gives one lease back, whether or not it has run out; answers with a row if it stood. */
export function giveBack(key: string, lease: number): Step {
  return { sql: GIVE_BACK, args: [key, lease] };
}

/** Gives leases back, or revokes whatever lease a key has. */
export function releasePlan(leases: readonly { key: string; lease?: number }[]): Plan<void> {
  const storable = leases.filter(({ key }) => isStorable(key));
  return {
    steps: storable.map(({ key, lease }) => (lease === undefined ? revoke([key]) : giveBack(key, lease))),
    finish() {},
  };
}

/** How long, in milliseconds, a lease is kept that has run out: what is loaded under it is still accepted. */
const KEPT = 60_000;

const PRUNE = "DELETE FROM leases WHERE key IN (SELECT key FROM leases WHERE expires_at <= ? LIMIT ?)";

/** Removes at most `limit` leases that ran out a while ago. */
export function pruneLeases(limit: number, now: number): Step {
  return { sql: PRUNE, args: [now - KEPT, limit], given: ANY };
}
