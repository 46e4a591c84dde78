/**
 * Results that are `undefined`: a cache keeps a text in their place, which every codec can write.
 *
 * That is `$undefined`. A string that looks like it, with any number of `$`, gets one more, so that no result is taken
 * for another.
 *
 * @module
 */
import { then } from "../maybe.ts";
import type { StandardSchema } from "../schema.ts";

/** The stand-in, and what looks like it. */
const ALIKE = /^\$+undefined$/;

/** What is stored for a result. */
export function toStored(result: unknown): unknown {
  if (result === undefined) return "$undefined";
  return isAlike(result) ? `$${result}` : result;
}

/** The result that something is stored for. */
export function fromStored(stored: unknown): unknown {
  if (typeof stored !== "string" || !isAlike(stored)) return stored;
  return stored === "$undefined" ? undefined : stored.slice(1);
}

/** The same schema for what is stored. */
export function ofStored({ "~standard": standard }: StandardSchema): StandardSchema {
  return {
    "~standard": {
      ...standard,
      validate: (stored) =>
        then(standard.validate(fromStored(stored)), (result) =>
          result.issues ? result : { value: toStored(result.value) },
        ),
    },
  };
}

function isAlike(value: unknown): value is string {
  // The first character alone decides for most.
  return typeof value === "string" && value.charCodeAt(0) === 36 && ALIKE.test(value);
}
