/**
 * Vary: which fields of a request a response depends on (RFC 9111 section 4.1).
 *
 * @module
 */
import { splitList } from "./fields.ts";

/** Most fields that one response may depend on; with more it is not stored. */
const MOST_FIELDS = 20;

/** Names in lower case, sorted, each once; `"*"` where no other request can be answered with it. */
export function varyOf(headers: Headers): readonly string[] | "*" {
  const value = headers.get("vary");
  if (value === null) return [];
  const names = [...new Set(splitList(value).map((name) => name.toLowerCase()))].sort();
  return names.includes("*") || names.length > MOST_FIELDS ? "*" : names;
}

/**
 * What a request has in these fields, as an injective text: requests with the same text get the same response. Values are normalised
 * as far as their fields' syntax makes sure that they mean the same.
 */
export function selectionOf(request: Headers, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => normalise(name, request.get(name))));
}

function normalise(name: string, value: string | null): string | null {
  if (value === null) return null;
  if (name === "accept-encoding") return codings(value);
  if (name === "accept-language" || name === "accept" || name === "accept-charset") return preferences(value);
  // White space around the commas of a list (RFC 9110 section 5.6.1), which a value with a quoted string may not be.
  return value.includes('"') ? value.trim() : value.trim().replace(/[ \t]*,[ \t]*/g, ",");
}

/** Codings that are accepted. Their order and weights say what is liked better, and few servers listen. */
function codings(value: string): string {
  return [...new Set(weighted(value).flatMap(({ item, weight }) => (weight > 0 ? [item] : [])))].sort().join(",");
}

/** Items by falling weight, and those of the same weight by name (RFC 9110 section 12.4.2). */
function preferences(value: string): string {
  const items = weighted(value);
  items.sort((a, b) => b.weight - a.weight || (a.item < b.item ? -1 : 1));
  return items.map(({ item, weight }) => (weight === 1 ? item : `${item};q=${weight}`)).join(",");
}

function weighted(value: string): { item: string; weight: number }[] {
  return splitList(value.toLowerCase()).map((part) => {
    const [item = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    const others = parameters.filter((parameter) => parameter !== q);
    return { item: [item, ...others].join(";"), weight: weight >= 0 && weight <= 1 ? weight : 1 };
  });
}
