/**
 * Options of the SQLite tier, checked once and frozen. Nothing is read or opened here.
 *
 * @module
 */
import type { BytesOptions } from "../../src/bytes/bytes.ts";
import type { Duration } from "../../src/duration.ts";
import type { TierOptions } from "../../src/tier.ts";
import { fault, flag, oneOf, text, tierOptions, time } from "../options.ts";

/** Options of {@linkcode sqlite}. */
export interface SqliteOptions extends TierOptions, BytesOptions {
  /** The file: a path, a `file:` URL (`?mode=ro` is `readOnly`), or `":memory:"`. Missing folders are made. */
  path?: string | URL | undefined;
  /**
   * An open `DatabaseSync`, bun:sqlite `Database` or libsql `Database` instead of a path. It stays the caller's: its
   * pragmas are left alone and `close()` does not close it. It must not be in a transaction when the cache writes.
   */
  database?: object | undefined;
  /**
   * How long to wait for another process that holds the lock. Asynchronous writes wait without blocking the event loop,
   * synchronous ones in the thread. Default 5 s.
   */
  busyTimeout?: Duration | undefined;
  /**
   * When the disk is told to write. Either way an acknowledged write survives the death of the process, `kill -9`
   * included, since the system has it. With `"normal"` the last writes before a power cut or a crash of the system may be
   * lost, without damage to the file; `"full"` waits for the disk at every commit, which takes milliseconds. Default `"normal"`.
   */
  synchronous?: "normal" | "full" | undefined;
  /** Remove expired entries when the cache opens, all of them. Default `false`: only the cache's sweep does. */
  sweepOnStart?: boolean | undefined;
  /** Give space back to the disk when the cache opens, if more than a quarter of the file is free. Default `false`. */
  vacuum?: boolean | undefined;
  /** Longest key in bytes of UTF-8, with what the cache puts before it. Default 512. */
  maxKeyLength?: number | undefined;
  /** Open for reading only: nothing is written, not even the schema; writes fail. Default `false`. */
  readOnly?: boolean | undefined;
}

/** {@linkcode SqliteOptions}, complete, checked and frozen. */
export interface SqliteSettings {
  readonly name: string;
  /** `undefined` with `database`. */
  readonly path: string | undefined;
  readonly database: object | undefined;
  readonly busyTimeout: number;
  readonly synchronous: "normal" | "full";
  readonly sweepOnStart: boolean;
  readonly vacuum: boolean;
  readonly maxKeyLength: number;
  readonly readOnly: boolean;
  /** What the cache enforces. */
  readonly tier: TierOptions;
}

const BUSY_TIMEOUT = 5_000;
const MAX_KEY_LENGTH = 512;
const PATH = 'a path, a file: URL or ":memory:"';

/**
 * Checks options.
 *
 * @param name default of the option `name`
 * @throws {ConfigError} naming the option that is wrong
 */
export function resolveSqliteOptions(options: SqliteOptions, name: string): SqliteSettings {
  const { database } = options;
  if (database === undefined && !("path" in options))
    throw fault("path", `${PATH}, or left out for an open handle as the option database`, undefined);
  const file = database === undefined ? readPath(options.path) : undefined;
  if (database !== undefined) {
    if (typeof database !== "object" || database === null) {
      throw fault("database", "an open database handle", database);
    }
    for (const option of ["path", "synchronous"] as const) {
      if (options[option] !== undefined)
        throw fault(option, "left out together with database, whose owner sets it", options[option]);
    }
  }
  const maxKeyLength = options.maxKeyLength ?? MAX_KEY_LENGTH;
  if (!Number.isSafeInteger(maxKeyLength) || maxKeyLength < 1)
    throw fault("maxKeyLength", "an integer above 0", maxKeyLength);
  return Object.freeze({
    name: text("name", options.name ?? name),
    path: file?.path,
    database,
    busyTimeout: time("busyTimeout", options.busyTimeout ?? BUSY_TIMEOUT, 0),
    synchronous: oneOf("synchronous", options.synchronous ?? "normal", ["normal", "full"]),
    sweepOnStart: flag("sweepOnStart", options.sweepOnStart ?? false),
    vacuum: flag("vacuum", options.vacuum ?? false),
    maxKeyLength,
    readOnly: flag("readOnly", options.readOnly ?? file?.readOnly ?? false),
    tier: tierOptions(options),
  });
}

/** A `file:` URL as SQLite reads it, or a path. */
function readPath(given: unknown): { path: string; readOnly?: boolean } {
  const whole = given instanceof URL ? given.href : given;
  if (typeof whole !== "string" || whole === "" || whole.includes("\0")) {
    throw fault("path", PATH, whole);
  }
  if (!whole.startsWith("file:")) return { path: whole };
  const [, before, query = ""] = /^file:([^?#]*)(?:\?([^#]*))?/.exec(whole)!;
  const place = /^(?:\/\/(?:localhost)?(?=\/))?([\s\S]*)$/.exec(before!)![1]!;
  let path: string;
  try {
    path = decodeURIComponent(place).replace(/^\/(?=[A-Za-z]:\/)/, "");
  } catch {
    throw fault("path", "percent-encoded as a URL", whole);
  }
  if (path === "" || path.startsWith("//") || path.includes("\0"))
    throw fault("path", "a file: URL of a local file", whole);
  const parameters = [...new URLSearchParams(query)];
  for (const [name, value] of parameters) {
    if (name !== "mode" || !["ro", "rwc"].includes(value))
      throw fault("path", "a file: URL without parameters but mode=ro or mode=rwc", whole);
  }
  return { path, readOnly: parameters.some(([, value]) => value === "ro") };
}
