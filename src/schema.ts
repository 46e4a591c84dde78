/**
 * Validation of values by any library that speaks Standard Schema (https://standardschema.dev).
 *
 * @module
 */
import { ValidationError } from "./errors.ts";
import { then } from "./maybe.ts";
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

/**
 * The value as the schema gives it back, or `undefined` where it does not fit.
 *
 * @throws {ValidationError} with the schema's issues where it does not fit, when asked to
 */
export function validate(schema: StandardSchema, value: unknown, onInvalid: "miss" | "throw"): MaybePromise<unknown> {
  return then(schema["~standard"].validate(value), (result) => {
    if (!result.issues) return result.value;
    if (onInvalid === "throw")
      throw new ValidationError("Cannot use value as it does not fit the schema", result.issues);
    return undefined;
  });
}
