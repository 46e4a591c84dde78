/**
 * What goes wrong with a database elsewhere, told without anything that clients put into their errors: tokens, URLs,
 * whole statements, values.
 *
 * @module
 */
import { TiercelError, TierError } from "../../src/errors.ts";

/** `SQLITE_BUSY`, `RESPONSE_TOO_LARGE`. */
const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/** Longest part of SQLite's own words that is told. */
const MOST_WORDS = 120;

/** The code by which a service, or SQLite in it, refused; `undefined` when the error is of another kind. */
export function refusal(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === "string" && CODE.test(code)) return code;
  if (typeof message !== "string") return undefined;
  // D1 has SQLite's at the end of its message.
  return (/\bSQLITE_[A-Z]+(_[A-Z]+)*/.exec(message) ?? /^D1_[A-Z_]+/.exec(message))?.[0];
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return refusal(error) === "SQLITE_BUSY";
}

/** The tables are not there. */
export function isUnmade(error: unknown): boolean {
  return isSqlite(error) && /no such (table|column)/.test((error as Error).message);
}

/** The database answered, and does not do what was asked: it may only be read, is full, or somebody has the lock. */
export function isRefused(error: unknown): boolean {
  if (isSqlite(error)) return !isDamage(error) && !isUnmade(error);
  return refusal(error) === "BLOCKED" || statusOf(error) === "403";
}

/** A damaged page, or an integer in a row that the client refuses to make a number of. */
export function isDamage(error: unknown): boolean {
  return refusal(error) === "SQLITE_CORRUPT" || (error as { name?: unknown } | null)?.name === "RangeError";
}

/** The answer is larger than the service gives in one go. */
export function isTooLarge(error: unknown): boolean {
  return refusal(error) === "RESPONSE_TOO_LARGE";
}

/** The service answered, and so has rolled back what it did not do. */
export function isAnswer(error: unknown): boolean {
  const code = refusal(error);
  return code !== undefined && !/^(E[A-Z]+|HRANA_.*|CLIENT_.*|UNKNOWN|SERVER_ERROR)$/.test(code);
}

/** The error that is told of a fault: one of our own as it is, another by its code and, of SQLite, its words. */
export function toldFault(tier: string, service: string, error: unknown): TiercelError {
  if (error instanceof TiercelError) return error;
  const code = refusal(error);
  const hasAnswered = isAnswer(error) || code === "SERVER_ERROR";
  const reason = hasAnswered ? `it answered ${code}${wordsOf(error)}` : `it could not be reached: ${nameOf(error)}`;
  return new TierError(tier, `Cannot use ${service} for tier ${tier} as ${reason}`);
}

function isSqlite(error: unknown): boolean {
  // A server names some errors of SQLite by words of its own.
  return /^SQL(ITE)?_/.test(refusal(error) ?? "");
}

/** The status of an answer that is none of the database, but of the server before it. */
function statusOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === "string" ? /\bHTTP status (\d{3})\b/.exec(message)?.[1] : undefined;
}

function wordsOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  if (typeof message !== "string") return "";
  const status = statusOf(error);
  if (status !== undefined) return `: HTTP status ${status}`;
  // Not of D1_TYPE_ERROR and the like, which name the value.
  if (!isSqlite(error) && refusal(error) !== "D1_ERROR") return "";
  const [line = ""] = message.split("\n");
  const words = line.replace(/^(([A-Z][A-Z0-9_]+|SQLite error|SQL input error): )+/, "").replace(/: SQLITE_\w+.*$/, "");
  return `: ${words.slice(0, MOST_WORDS)}`;
}

/** The code of the system's error at the bottom, as `ECONNREFUSED`, or else what kind of error it is. */
function nameOf(error: unknown): string {
  let name = "an unknown error";
  for (let at = error, depth = 0; at !== null && typeof at === "object" && depth < 4; depth++) {
    const { name: kind, code, cause } = at as Record<string, unknown>;
    if (typeof code === "string" && /^\w{2,40}$/.test(code)) return code;
    if (depth === 0 && typeof kind === "string" && /^\w{2,40}$/.test(kind)) name = kind;
    at = cause;
  }
  return name;
}
