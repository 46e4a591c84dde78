/**
 * What a command will hit, counted before it asks.
 *
 * @module
 */
import type { AnyScopes, Cache, EntryMeta } from "../mod.ts";
import type { Session } from "./session.ts";
import { count } from "./units.ts";

/** How long is counted, in milliseconds: beyond it, "at least" is enough to decide. */
const PATIENCE = 3_000;

/** How many entries fit, in words: `12 entries`, `at least 1,000 entries`. Not counted where nobody is asked. */
export async function impact(
  session: Session,
  cache: Cache<AnyScopes>,
  fits: (meta: EntryMeta) => boolean,
  pattern?: string,
): Promise<string> {
  if (session.flag("yes")) return "entries";
  const end = performance.now() + PATIENCE;
  let found = 0;
  let isWhole = true;
  for await (const meta of cache.metas({ signal: session.signal, ...(pattern !== undefined && { pattern }) })) {
    if (fits(meta)) found++;
    if (performance.now() <= end) continue;
    isWhole = false;
    break;
  }
  return `${isWhole ? "" : "at least "}${count(found)} ${found === 1 ? "entry" : "entries"}`;
}

/** Whether the tags of an entry match. */
export function matches(tags: readonly string[], wanted: readonly string[], match: string): boolean {
  if (match === "any") return wanted.some((tag) => tags.includes(tag));
  return wanted.every((tag) => tags.includes(tag)) && (match !== "exact" || tags.length === new Set(wanted).size);
}
