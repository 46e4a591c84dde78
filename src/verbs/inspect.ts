/**
 * Looking at entries without using them: nothing here counts as a read, or moves an entry.
 *
 * @module
 */
import type { CacheEntry, EntryMeta, Explanation, ListOptions, TierExplanation } from "../api.ts";
import type { Key } from "../key.ts";
import { listKeys } from "../listing.ts";
import { then } from "../maybe.ts";
import type { Space } from "../space.ts";
import { eachPage, type Found, judge } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import type { Verbs } from "./verbs.ts";

/** Looks at an entry without its value, which is no use of it. */
export function peek(
  view: Verbs,
  key: Key,
  version: string | undefined | null,
  tier?: string,
  space: Space = view.space,
): MaybePromise<Found | undefined> {
  const read = view.coherent(() => space.read([key], { peek: true, metaOnly: true, version, tier }));
  return then(read, ({ found }) => found[0]);
}

/** What is known of an entry besides its value. */
export function metaOf({ engine, space }: Verbs, key: Key, { entry, tier, stale }: Found): EntryMeta {
  const { createdAt, freshUntil, tags, version, codec, profile, size } = entry;
  const ttl = stale ? 0 : freshUntil - engine.now();
  return { key, tier, createdAt, ttl, stale, tags: space.decodeTags(tags), version, codec, profile, size };
}

/** The texts of all keys that are wanted. */
export function textsOf(space: Space, options: ListOptions): MaybePromise<string[]> {
  const texts: string[] = [];
  return then(
    eachPage(listKeys(space, options), (page) => void texts.push(...page)),
    () => texts,
  );
}

/** Pages of entries; without their values they are metadata. */
export function list(
  view: Verbs,
  options: ListOptions,
  metaOnly: boolean,
): { next(): MaybePromise<(CacheEntry | EntryMeta)[] | undefined> } {
  view.check(options);
  const { engine, space } = view;
  const pages = listKeys(space, options);
  const { tier } = options;
  return {
    next: () =>
      then(pages.next(), (page) => {
        if (!page) return undefined;
        const read = engine.store.read(page, { peek: true, metaOnly, version: null, tier });
        return then(read, ({ found }) =>
          found.flatMap((item, i) => {
            if (!item) return [];
            const meta = metaOf(view, space.decode(page[i]!), item);
            return [metaOnly ? meta : { ...meta, value: item.entry.value }];
          }),
        );
      }),
  };
}

/** What each tier has under a key, and what that counts as. */
export function explain(view: Verbs, key: Key): MaybePromise<Explanation> {
  const { engine, space } = view;
  const { ledger } = engine;
  const { version } = engine.options;
  const text = space.encode(key);
  return then(engine.store.inspect(text), (all) => {
    const now = engine.now();
    const tiers = all.map(({ tier, entry, known }): TierExplanation => {
      if (!entry) return { tier, state: "absent", ...known };
      const verdict = ledger.check(entry) === "deleted" ? "deleted" : "expired";
      return {
        ...metaOf(view, key, { entry, tier, stale: false }),
        state: judge(entry, version, engine, now) ?? (entry.version === version ? verdict : "version"),
        grace: entry.staleUntil - now,
        sequence: entry.sequence,
        tagSequences: entry.tags.map((tag) => ledger.of(tag)),
        ...known,
      };
    });
    return { key, text, now, disabled: Boolean(engine.disabled), tiers };
  });
}
