/**
 * What a response allows a cache to do: Cache-Control (RFC 9111 section 5.2.2), or a targeted field in its place (RFC 9213).
 *
 * @module
 */

import { parseDictionary } from "structured-headers";
import { type Directives, deltaSeconds, fieldNames, parseDirectives } from "./fields.ts";

/** Directives of a response, with the field that they are from. */
export interface Control {
  readonly directives: Directives;
  /** From a targeted field: Cache-Control and Expires do not count (RFC 9213 section 2.2). */
  readonly isTargeted: boolean;
}

/** The directives that apply: those of the first targeted field that is there and valid, else Cache-Control. */
export function controlOf(headers: Headers, targets: readonly string[]): Control {
  for (const target of targets) {
    const value = headers.get(target);
    const directives = value === null ? undefined : parseTargeted(value);
    if (directives && directives.size > 0) return { directives, isTargeted: true };
  }
  return { directives: parseDirectives(headers.get("cache-control")), isTargeted: false };
}

/** Directives whose argument is a number of seconds. */
const SECONDS = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];

/**
 * Reads a targeted field, which is a structured dictionary: what does not parse is no field, and a directive whose argument is of another type
 * than it should be is none (RFC 9213 section 2.1).
 */
export function parseTargeted(value: string): Directives | undefined {
  try {
    const directives = new Map<string, string | true>();
    for (const [name, [item]] of parseDictionary(value)) {
      if (item === false || (SECONDS.includes(name) && !Number.isInteger(item))) continue;
      directives.set(name, item === true || Array.isArray(item) ? true : String(item));
    }
    return directives;
  } catch {
    return undefined;
  }
}

/** The freshness lifetime that directives give, in seconds; 0 for one that is no number (RFC 9111 section 4.2.1). */
export function explicitAge({ directives }: Control, isShared: boolean): number | undefined {
  const argument = (isShared ? directives.get("s-maxage") : undefined) ?? directives.get("max-age");
  return argument === undefined ? undefined : (deltaSeconds(argument) ?? 0);
}

/** A window of RFC 5861, in milliseconds; 0 where there is none. */
export function windowOf({ directives }: Control, name: "stale-while-revalidate" | "stale-if-error"): number {
  return (deltaSeconds(directives.get(name)) ?? 0) * 1000;
}

/** Whether a stale response may never be served without validation (RFC 9111 sections 4.2.4, 5.2.2.2, 5.2.2.8, 5.2.2.10). */
export function forbidsStale({ directives }: Control, isShared: boolean): boolean {
  return (
    directives.has("must-revalidate") ||
    (isShared && (directives.has("proxy-revalidate") || directives.has("s-maxage")))
  );
}

/** Whether each use needs validation: `no-cache` without field names (RFC 9111 section 5.2.2.4). */
export function needsValidation({ directives }: Control): boolean {
  return directives.has("no-cache") && fieldNames(directives.get("no-cache")).length === 0;
}

/** Whether nothing of it is for a shared cache: `private` without field names (RFC 9111 section 5.2.2.7). */
export function isPrivate({ directives }: Control): boolean {
  return directives.has("private") && fieldNames(directives.get("private")).length === 0;
}

/** Fields that are not to be stored: those that `no-cache`, and in a shared cache `private`, name. */
export function withheldFields({ directives }: Control, isShared: boolean): readonly string[] {
  return [...fieldNames(directives.get("no-cache")), ...(isShared ? fieldNames(directives.get("private")) : [])];
}
