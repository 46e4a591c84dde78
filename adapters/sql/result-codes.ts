/**
 * Why SQLite refused, whichever driver says it.
 *
 * @module
 */

/** Another connection holds the lock. */
export const BUSY = 5;
/** The file or its file system may only be read. */
export const READONLY = 8;
/** A page of the file is damaged. */
export const CORRUPT = 11;
/** The disk is full. */
export const FULL = 13;
/** The file cannot be opened or created. */
export const CANTOPEN = 14;
/** The file is no SQLite database. */
export const NOTADB = 26;

/** Texts of sqlite3_errstr(), for Deno, whose errors often carry no code. */
const TEXTS: readonly (readonly [string, number])[] = [
  ["database is locked", BUSY],
  ["attempt to write a readonly database", READONLY],
  ["database disk image is malformed", CORRUPT],
  ["database or disk is full", FULL],
  ["unable to open database file", CANTOPEN],
  ["file is not a database", NOTADB],
];

/**
 * The primary result code of SQLite that an error of a driver stands for, or `undefined` when it is none.
 * Each driver keeps it elsewhere: node:sqlite in `errcode`, bun:sqlite in `errno`, libSQL in `rawCode`.
 */
export function resultCode(error: unknown): number | undefined {
  const { errcode, errno, rawCode, message } = (error ?? {}) as Record<string, unknown>;
  for (const code of [errcode, rawCode, errno]) {
    // The low byte is the primary code; the rest of an extended one says where it happened.
    if (typeof code === "number" && code > 0) return code & 0xff;
  }
  return typeof message === "string" ? TEXTS.find(([text]) => message.startsWith(text))?.[1] : undefined;
}
