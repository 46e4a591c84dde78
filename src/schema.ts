/**
 * What may be served: validation by any library that speaks Standard Schema (https://standardschema.dev), or by a
 * function of the caller's.
 *
 * @module
 */
import type { Entry } from "./entry.ts";
import { oneOf, ValidationError } from "./errors.ts";
import type { Key } from "./key.ts";
import { then } from "./maybe.ts";
import type { Acceptance } from "./options.ts";
import type { MaybePromise } from "./tier.ts";

/** The part of Standard Schema version 1 that is used: what zod, valibot, arktype and others offer as `~standard`. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => MaybePromise<
      | { readonly value: Output; readonly issues?: undefined }
      | { readonly issues: readonly { readonly message: string }[] }
    >;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** A value that may be served, as the caller gets it. */
export interface Accepted {
  readonly value: unknown;
}

/**
 * The value as the schema gives it back, or `undefined` where it does not fit.
 *
 * @throws {ValidationError} with the schema's issues where it does not fit, when asked to
 */
export function fit(
  schema: StandardSchema,
  value: unknown,
  onInvalid: "miss" | "throw",
): MaybePromise<Accepted | undefined> {
  return then(schema["~standard"].validate(value), (result) => {
    if (!result.issues) return result;
    if (onInvalid === "throw")
      throw new ValidationError("Cannot use value as it does not fit the schema", result.issues);
    return undefined;
  });
}

/** Whether hits have to be looked at before they are served. */
export function isChoosy({ schema, validate }: Acceptance): boolean {
  return Boolean(schema || validate);
}

/**
 * The value of an entry as the caller gets it, or `undefined` where it may not be served.
 *
 * @throws {ValidationError} where it does not fit the schema, when asked to; {ConfigError} for a wrong `onInvalid`
 */
export function accept(
  options: Acceptance,
  key: Key,
  { value, createdAt }: Entry,
  now: number,
): MaybePromise<Accepted | undefined> {
  const { schema, onInvalid = "miss" } = options;
  if (schema) oneOf("onInvalid", ["miss", "throw"], onInvalid);
  return then(schema ? fit(schema, value, onInvalid) : { value }, (fitting) => {
    if (!fitting || !options.validate) return fitting;
    const verdict = options.validate({ value: fitting.value, createdAt, age: now - createdAt }, { key });
    return then(verdict, (isValid) => (isValid ? fitting : undefined));
  });
}
