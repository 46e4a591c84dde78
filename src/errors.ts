/**
 * Every error that Tiercel throws. Each has a literal `code` to switch on; messages say what, which limit and
 * what was received, and never contain values, secrets or connection strings.
 *
 * @module
 */
import { isPromise } from "./maybe.ts";

/** The `code` of every {@linkcode TiercelError}. */
export type ErrorCode =
  | "CONFIG"
  | "KEY"
  | "VALUE"
  | "VALIDATION"
  | "CODEC"
  | "CORRUPT"
  | "CLOSED"
  | "LOAD_TIMEOUT"
  | "TIER"
  | "TIER_TIMEOUT"
  | "TIER_LIMIT"
  | "STORE_OPEN"
  | "STORE_SCHEMA"
  | "MISSING_PACKAGE"
  | "SYNC_UNSUPPORTED";

/** Base of all errors thrown by Tiercel: `error instanceof TiercelError`, then switch on `error.code`. */
export abstract class TiercelError extends Error {
  /** Which failure this is, as a literal that never changes between versions. */
  abstract readonly code: ErrorCode;

  /** Not the name of the class, which a minifier changes. */
  override get name(): string {
    return `TiercelError [${this.code}]`;
  }
}

/** An option is wrong: thrown at construction, names the option. */
export class ConfigError extends TiercelError {
  readonly code = "CONFIG" as const;
  /** Name of the option, as the caller wrote it. */
  declare readonly option: string;

  constructor(option: string, message: string) {
    super(message);
    this.option = option;
  }
}

/** A key, tag or pattern cannot be used. */
export class KeyError extends TiercelError {
  readonly code = "KEY" as const;
}

/** A value cannot be stored: `undefined`, a promise. */
export class ValueError extends TiercelError {
  readonly code = "VALUE" as const;
}

/** A cached value does not fit the schema that it was asked for with, and `onInvalid` is `'throw'`. */
export class ValidationError extends TiercelError {
  readonly code = "VALIDATION" as const;
  /** What the schema's library says. */
  declare readonly issues: readonly { readonly message: string }[];

  constructor(message: string, issues: readonly { readonly message: string }[]) {
    super(message);
    this.issues = issues;
  }
}

/** A codec refused to encode a value because it would not come back equal, or no codec has the given id. */
export class CodecError extends TiercelError {
  readonly code = "CODEC" as const;
}

/** Stored bytes are corrupt, foreign or were moved. The cache turns it into a miss and a `corrupt` event. */
export class CorruptError extends TiercelError {
  readonly code = "CORRUPT" as const;
}

/** The cache is closed. */
export class CacheClosedError extends TiercelError {
  readonly code = "CLOSED" as const;
}

/** A loader took longer than `hardTimeout`. */
export class LoadTimeoutError extends TiercelError {
  readonly code = "LOAD_TIMEOUT" as const;
}

/** A tier failed and `onError` is `'throw'`; `cause` is the tier's own error. */
export class TierError extends TiercelError {
  readonly code = "TIER" as const;
  /** Name of the tier. */
  declare readonly tier: string;

  constructor(tier: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.tier = tier;
  }
}

/** A tier did not answer within its time budget. */
export class TierTimeoutError extends TiercelError {
  readonly code = "TIER_TIMEOUT" as const;
}

/** A key or value is larger than a tier can hold. */
export class TierLimitError extends TiercelError {
  readonly code = "TIER_LIMIT" as const;
}

/** A store could not be opened: the path is no database, not writable, or a folder is missing. */
export class StoreOpenError extends TiercelError {
  readonly code = "STORE_OPEN" as const;
}

/** A store was written by a newer version of Tiercel; it is left untouched. */
export class StoreSchemaError extends TiercelError {
  readonly code = "STORE_SCHEMA" as const;
}

/** An optional package is not installed; the message has the install command. */
export class MissingPackageError extends TiercelError {
  readonly code = "MISSING_PACKAGE" as const;
}

/** A synchronous call on a cache that has an asynchronous tier. */
export class SyncUnsupportedError extends TiercelError {
  readonly code = "SYNC_UNSUPPORTED" as const;
}

/** The error for a wrong option, or `what` is a part of it: what it must be, and what was received. */
export function invalid(option: string, rule: string, received: unknown, what: string = option): ConfigError {
  return new ConfigError(option, mustBe(what, rule, received));
}

/** The message for what cannot be used: what it must be, and what was received. */
export function mustBe(what: string, rule: string, received: unknown): string {
  return `Cannot use ${what} as it must be ${rule}: received ${describe(received)}`;
}

/** @throws {ConfigError} unless an option is a function */
export function callable(option: string, value: unknown): void {
  if (typeof value !== "function") throw invalid(option, "a function", value);
}

/** @throws {ConfigError} unless an option that is given has these methods */
export function methods(option: string, value: unknown, ...names: readonly string[]): void {
  for (const name of names)
    if (value !== undefined && typeof (value as Record<string, unknown> | null)?.[name] !== "function")
      throw invalid(option, `an object with ${names}`, value);
}

/** @throws {ConfigError} when an option is none of the values that it may have */
export function oneOf(option: string, values: readonly unknown[], received: unknown): void {
  if (!values.includes(received)) throw invalid(option, `one of ${values.join(", ")}`, received);
}

/** @throws {ConfigError} for options that are no object, whatever is in them */
export function checkOptions(options: unknown, option = "options"): void {
  if (typeof options !== "object" || options === null) throw invalid(option, "an object", options);
}

/** How a wrong value is shown where it may be a key or what is cached: never what a text says. */
export function kindOf(value: unknown): string {
  return typeof value === "string" ? "a string" : describe(value);
}

/** How a wrong value is shown in an error message: of a URL with a password or parameters the scheme alone. */
export function describe(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.replace(/:\/\/.*/s, (rest) => (/[@?]/.test(rest) ? "://…" : rest)).slice(0, 40));
  if (typeof value === "function") return "a function";
  if (isPromise(value)) return "a promise";
  return Array.isArray(value) ? "an array" : Object(value) === value ? "an object" : String(value);
}
