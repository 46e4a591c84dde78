/**
 * Invalidation by tags, and by a pattern.
 *
 * @module
 */
import type { InvalidateTagsOptions } from "../api.ts";
import { NO_TAGS } from "../entry.ts";
import { oneOf } from "../errors.ts";
import { listOf } from "../key.ts";
import { listKeys } from "../listing.ts";
import { then } from "../maybe.ts";
import { eachPage } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import type { Verbs } from "./verbs.ts";

/** Invalidates what has tags. */
export function invalidateTags(
  { engine, space }: Verbs,
  tags: string | readonly string[],
  { match = "any", mode = "delete" }: InvalidateTagsOptions,
): MaybePromise<void> {
  oneOf("match", ["any", "all", "exact"], match);
  oneOf("mode", ["delete", "expire"], mode);
  const names = listOf("tags", tags);
  if (names.length === 0) return undefined;
  // Exactly these tags have besides them those of the scopes; otherwise these would be too many.
  const texts = space.encodeTags(names, match === "exact" ? undefined : NO_TAGS);
  // All with a single tag are any with it, which needs no look at the entries.
  return then(engine.store.invalidate(texts, texts.length === 1 && match === "all" ? "any" : match, mode), () => {
    if (match !== "any") engine.loads.detachWhere(() => true);
    engine.emit("invalidate", () => ({ by: "tags", what: names.join(", ") }));
  });
}

/** Deletes the keys that fit a pattern; how many were there. */
export function invalidatePattern(
  { engine, space, top }: Verbs,
  pattern: string | RegExp,
  options: { signal?: AbortSignal | undefined },
): MaybePromise<number> {
  const fence = () => {
    engine.fence.markAll(space.prefix);
    engine.loads.detachWhere((text) => space.owns(text));
  };
  fence();
  let count = 0;
  // What is no pattern must not stand for all keys.
  const pages = listKeys(space, { ...options, pattern: pattern ?? null }, true);
  const deleted = eachPage(pages, (page) =>
    then(engine.store.delete(page), (existed) => {
      count += existed.filter(Boolean).length;
      page.forEach((text, i) => {
        if (existed[i]) engine.left(top.name, text, "pattern");
      });
    }),
  );
  return then(deleted, () => {
    fence();
    engine.store.tell?.(space.prefix, pattern);
    engine.emit("invalidate", () => ({ by: "pattern", what: String(pattern), count }));
    return count;
  });
}
