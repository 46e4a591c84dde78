/**
 * Schemas that several routes share.
 *
 * @module
 */
import {
  array,
  description,
  type GenericSchema,
  integer,
  literal,
  maxLength,
  maxValue,
  minLength,
  minValue,
  nonEmpty,
  number,
  optional,
  picklist,
  pipe,
  rawTransform,
  record,
  strictObject,
  string,
  transform,
  union,
  variant,
} from "valibot";
import type { Target } from "./keys.ts";

/** A text of at most so many characters. */
export function text(what: string, most = 4_096): GenericSchema<string> {
  return pipe(string(), nonEmpty(), maxLength(most), description(what));
}

/** A whole number in a query, where all is text. */
export function whole(what: string, least: number, most: number): GenericSchema<string, number> {
  return pipe(
    string(),
    minLength(1),
    transform(Number),
    number(),
    integer(),
    minValue(least),
    maxValue(most),
    description(what),
  );
}

/** A duration, as everywhere. */
export const duration: GenericSchema<number | string> = pipe(
  union([number(), string()]),
  description('Milliseconds, or such as "5m"; "forever"'),
);

/** Ids of a scope as a query has them: a JSON object. */
const idsOfQuery: GenericSchema<string, Record<string, string>> = pipe(
  string(),
  maxLength(2_048),
  rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      const ids: unknown = JSON.parse(dataset.value);
      if (typeof ids === "object" && ids !== null && !Array.isArray(ids)) return ids;
    } catch {
      // As for what is no object.
    }
    addIssue({ message: "Not an object", expected: 'a JSON object such as {"orgId":"acme"}' });
    return NEVER;
  }),
  record(string(), string()),
  description('Ids of the scope as JSON, such as {"orgId":"acme"}'),
);

const ids: GenericSchema<Record<string, string>> = record(string(), string());

/** Fields that say which part of the cache. */
export const place: {
  namespace: GenericSchema<string | undefined>;
  scope: GenericSchema<string | undefined>;
} = {
  namespace: optional(text("A namespace of the cache, or of the scope", 256)),
  scope: optional(text("A level of the scopes, with ids", 256)),
};

/** The same in a query. */
export const placeOfQuery: typeof place & {
  ids: GenericSchema<string | undefined, Record<string, string> | undefined>;
} = {
  ...place,
  ids: optional(idsOfQuery),
};

/** The same in a body. */
export const placeOfBody: typeof place & { ids: GenericSchema<Record<string, string> | undefined> } = {
  ...place,
  ids: optional(ids),
};

/** The text of a key. */
export const key: GenericSchema<string> = pipe(
  string(),
  maxLength(4_096),
  description("The key: a string as it is, an array as JSON, which begins with ["),
);

/** Tags of an entry or of an invalidation. */
export const tags: GenericSchema<string[]> = pipe(array(text("A tag", 1_024)), maxLength(100));

const mode = optional(picklist(["delete", "expire"]));

/** What is invalidated. */
export const target: GenericSchema<unknown, Target & Record<string, unknown>> = variant("by", [
  strictObject({
    by: literal("tags"),
    tags: pipe(tags, nonEmpty()),
    match: optional(picklist(["any", "all", "exact"])),
    mode,
    namespace: place.namespace,
  }),
  strictObject({ by: literal("pattern"), pattern: text("A glob"), namespace: place.namespace }),
  strictObject({ by: literal("scope"), scope: text("A level", 256), ids, mode }),
  strictObject({ by: literal("profile"), profile: text("Name of a profile", 64), namespace: place.namespace }),
]) as never;
