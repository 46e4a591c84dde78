/**
 * Vary: which fields of a request a response depends on (RFC 9111 section 4.1).
 *
 * @module
 */
import { isFieldName, splitList } from "./fields.ts";
import { unreadable } from "./key.ts";

/** Most fields that one response may depend on; with more it is not stored. */
const MOST_FIELDS = 20;

/** Names in lower case, sorted, each once; `"*"` where no other request can be answered with it. */
export function varyOf(headers: Headers): readonly string[] | "*" {
  const value = headers.get("vary");
  if (value === null) return [];
  const names = [...new Set(splitList(value).map((name) => name.toLowerCase()))].sort();
  return names.length > MOST_FIELDS || names.some((name) => name === "*" || !isFieldName(name)) ? "*" : names;
}

/**
 * What a request has in these fields, as an injective text: requests with the same text get the same response. Values are normalised
 * as far as their fields' syntax makes sure that they mean the same.
 *
 * @param isStrict the order of what is liked as well does not count: most servers take the first, though it says nothing
 */
export function selectionOf(request: Headers, names: readonly string[], isStrict: boolean): string {
  return JSON.stringify(names.map((name) => normalise(name, request.get(name), isStrict)));
}

function normalise(name: string, value: string | null, isStrict: boolean): string | null {
  if (value === null) return null;
  if (name === "accept-encoding") return codings(value);
  if (name === "accept-language" || name === "accept" || name === "accept-charset") return preferences(value, isStrict);
  // White space around the commas of a list (RFC 9110 section 5.6.1), which a value with a quoted string may not be.
  return unreadable(name, value.includes('"') ? value.trim() : value.trim().replace(/[ \t]*,[ \t]*/g, ","));
}

/** Codings that are accepted. Their order and weights say what is liked better, and few servers listen. */
function codings(value: string): string {
  return [...new Set(weighted(value).flatMap(({ item, weight }) => (weight > 0 ? [item] : [])))].sort().join(",");
}

/** Items by falling weight, and those of the same weight as they come, or strictly by name (RFC 9110 section 12.4.2). */
function preferences(value: string, isStrict: boolean): string {
  const items = weighted(value);
  items.sort((a, b) => b.weight - a.weight || (isStrict ? (a.item < b.item ? -1 : 1) : 0));
  return items.map(({ item, weight }) => (weight === 1 ? item : `${item};q=${weight}`)).join(",");
}

/** A weight (RFC 9110 section 12.4.2). */
const WEIGHT = /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

function weighted(value: string): { item: string; weight: number }[] {
  return splitList(value).map((part) => {
    const [item = "", ...parameters] = splitList(part, ";").map((text, at) =>
      at === 0 ? text.toLowerCase() : named(text),
    );
    // One that is written otherwise stays part of its item, as servers may read it as they like.
    const q = parameters.find((parameter) => WEIGHT.test(parameter));
    const others = parameters.filter((parameter) => parameter !== q);
    return { item: [item, ...others].join(";"), weight: q === undefined ? 1 : Number(q.slice(2)) };
  });
}

/** A parameter with its name in lower case; its value may tell cases apart (RFC 9110 section 5.6.6). */
function named(parameter: string): string {
  return parameter.replace(/^[^=]*/, (name) => name.toLowerCase());
}
