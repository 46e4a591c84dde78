/**
 * Listing: the keys of a space, page by page.
 *
 * @module
 */
import type { ListOptions } from "./api.ts";
import { number } from "./options.ts";
import { compilePattern } from "./pattern.ts";
import type { Space } from "./space.ts";

/** Pages of the texts of live keys. */
export async function* listKeys(space: Space, options: ListOptions, complete?: boolean): AsyncGenerator<string[]> {
  const { pattern = "*", tier, limit = Infinity, signal } = options;
  const { prefix, matches } = compilePattern(pattern);
  number("limit", limit);
  // An array key begins with [, and some strings with an escape, so their range is not that of the pattern.
  const range = /^[@[\\]/.test(prefix) ? "" : prefix;
  let room = limit;
  if (!complete) await space.engine.cohere?.();
  // Of keys that were too long for the tiers only the beginning is known: where none may be missed, they are looked at too.
  const mayBegin = complete ? space.engine.mayBegin : undefined;
  for (const begin of mayBegin && range !== "" ? [range, "\\#"] : [range]) {
    for await (const page of space.engine.store.pages(space.prefix + begin, tier, complete)) {
      signal?.throwIfAborted();
      const keys = page
        .filter(
          (text) =>
            space.owns(text) && (matches(space.readable(text)) || mayBegin?.(text.slice(space.prefix.length), prefix)),
        )
        .slice(0, room);
      if (keys.length > 0) yield keys;
      room -= keys.length;
      if (room <= 0) return;
    }
  }
}
