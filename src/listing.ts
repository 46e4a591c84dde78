/**
 * Listing: the keys of a space, page by page.
 *
 * @module
 */
import type { ListOptions } from "./api.ts";
import { number } from "./checks.ts";
import { repeat, then } from "./maybe.ts";
import { compilePattern } from "./pattern.ts";
import type { Space } from "./space.ts";
import type { Pages } from "./store.ts";
import type { MaybePromise } from "./tier.ts";

/** Pages of the texts of live keys. */
export function listKeys(space: Space, options: ListOptions, complete?: boolean): Pages {
  const { pattern = "*", tier, limit = Infinity, signal } = options;
  const { prefix, matches } = compilePattern(pattern);
  number("limit", limit);
  const { engine } = space;
  // An array key begins with [, and some strings with an escape, so their range is not that of the pattern.
  const range = /^[@[\\]/.test(prefix) ? "" : prefix;
  // Of keys that were too long for the tiers only the beginning is known: where none may be missed, they are looked at too.
  const mayBegin = complete ? engine.mayBegin : undefined;
  const ranges = mayBegin && range !== "" ? [range, "\\#"] : [range];
  const isWanted = (text: string): boolean =>
    space.owns(text) && (matches(space.readable(text)) || Boolean(mayBegin?.(text.slice(space.prefix.length), prefix)));
  let room = limit;
  let walk: Pages | undefined;
  let keys: readonly string[] | undefined;
  /** Looks at one page; whether it has nothing, and another is to be looked at. */
  const look = (): MaybePromise<boolean> => {
    keys = undefined;
    if (room <= 0) return false;
    if (!walk) {
      const begin = ranges.shift();
      if (begin === undefined) return false;
      walk = engine.store.pages(space.prefix + begin, tier, complete);
    }
    return then(walk.next(), (page) => {
      if (signal?.aborted) throw signal.reason;
      if (!page) {
        walk = undefined;
        return true;
      }
      keys = page.filter(isWanted).slice(0, room);
      room -= keys.length;
      return keys.length === 0;
    });
  };
  const next = (): MaybePromise<readonly string[] | undefined> => then(repeat(look), () => keys);
  const coherent = complete ? undefined : engine.cohere?.();
  return { next: () => then(coherent, next) };
}
