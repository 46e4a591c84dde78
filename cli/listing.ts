/**
 * Listing entries by the options of a command: pattern, tags, limit.
 *
 * @module
 */
import type { AnyScopes, Cache, EntryMeta, ListOptions } from "../mod.ts";
import type { Session } from "./session.ts";

/** What is known of the entries that are asked for, page by page. */
export async function* list(session: Session, cache: Cache<AnyScopes>): AsyncGenerator<EntryMeta> {
  const tags = session.options("tag");
  const limit = session.integer("limit") ?? Infinity;
  let found = 0;
  for await (const meta of cache.metas(choice(session, tags.length > 0 ? Infinity : limit))) {
    if (tags.length > 0 && !tags.some((tag) => meta.tags.includes(tag))) continue;
    yield meta;
    if (++found >= limit) return;
  }
}

/** The pattern, the tier and the end of a listing. */
export function choice({ positionals, signal }: Session, limit: number): ListOptions {
  const [pattern] = positionals;
  return { signal, ...(pattern !== undefined && { pattern }), ...(limit !== Infinity && { limit }) };
}
