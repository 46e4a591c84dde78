/**
 * Finding keys: in pages, and counting what an invalidation would hit.
 *
 * @module
 */
import type { Entry } from "../../../src/entry.ts";
import { KeyError, mustBe } from "../../../src/errors.ts";
import type { AnyCache } from "../../../src/http/options.ts";
import { decodeKey, encodeKey, type Key } from "../../../src/key.ts";
import { listKeys } from "../../../src/listing.ts";
import type { Found } from "../../../src/store.ts";
import type { TagMatch } from "../../../src/tier.ts";
import { verbsOf } from "../../../src/verbs/inside.ts";
import type { Verbs } from "../../../src/verbs/verbs.ts";

/** Which part of the cache: a namespace, or a scope with its ids. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly scope?: string | undefined;
  readonly ids?: Readonly<Record<string, string>> | undefined;
}

/** What is looked for. */
export interface KeyQuery extends Place {
  readonly pattern?: string | undefined;
  readonly tag?: string | undefined;
  readonly tier?: string | undefined;
  readonly limit: number;
  /** Where the page before has ended. */
  readonly cursor?: number | undefined;
  readonly signal?: AbortSignal;
}

/** A key in a list. Times are milliseconds. */
export interface KeyRow {
  /** The text of the key: a string stands for itself, an array is its JSON. */
  readonly key: string;
  readonly tier: string;
  readonly tags: readonly string[];
  readonly createdAt: number;
  /** Until it is stale; `null` never. */
  readonly ttl: number | null;
  readonly stale: boolean;
  readonly size: number | undefined;
  readonly profile: string | undefined;
}

/** A page of keys. */
export interface KeyPage {
  readonly keys: readonly KeyRow[];
  /** Where the next page begins; `null` after the last. There may be one that is empty but not the last. */
  readonly cursor: number | null;
}

/** What an invalidation is of. */
export type Target = { readonly mode?: "delete" | "expire" | undefined } & (
  | { readonly by: "tags"; readonly tags: readonly string[]; readonly match?: TagMatch | undefined }
  | { readonly by: "pattern"; readonly pattern: string }
  | { readonly by: "scope"; readonly scope: string; readonly ids: Readonly<Record<string, string>> }
  | { readonly by: "profile"; readonly profile: string }
  | { readonly by: "all" }
);

/** Entries that are looked at in one step, in one page, and in one count. */
const STEP = 500;
const MOST_LOOKED = 20_000;
const MOST_COUNTED = 200_000;

/** After so many keys the walk lets others have their turn: memory answers without ever waiting. */
const BREATH = 10_000;

/** Lets others have their turn now and then. */
function breathing(): (keys: number) => Promise<void> | undefined {
  let since = 0;
  return (keys) => {
    since += keys;
    if (since < BREATH) return undefined;
    since = 0;
    return new Promise((resolve) => void setTimeout(resolve));
  };
}

/** The verbs of a part of the cache. @throws {ConfigError} {KeyError} for a scope or a namespace that cannot be */
export function viewOf(cache: AnyCache, { namespace, scope, ids = {} }: Place): { view: AnyCache; verbs: Verbs } {
  let view = cache;
  if (scope) view = view.scope(scope, ids as never) as AnyCache;
  if (namespace) view = view.namespace(namespace) as AnyCache;
  return { view, verbs: verbsOf(view) };
}

/** The key of a text. @throws {KeyError} for a text that is none */
export function keyOf(text: string): Key {
  const key = decodeKey(text);
  if (text.startsWith("[") && typeof key === "string")
    throw new KeyError(
      mustBe("key", "a string, or the JSON of an array in which a text that begins with $ has one more", text),
    );
  return key;
}

/** The text of a key. */
export function textOf(key: Key): string {
  return encodeKey(key);
}

/** What the tiers have under some texts, without the values, and without being a use. */
async function peek(
  { engine }: Verbs,
  texts: readonly string[],
  tier?: string,
): Promise<readonly (Found | undefined)[]> {
  const { found } = await engine.store.read(texts, { peek: true, metaOnly: true, version: null, tier });
  return found;
}

/** One page of keys with what is known of them. Its time grows with the cursor, its memory does not. */
export async function listPage(cache: AnyCache, query: KeyQuery): Promise<KeyPage> {
  const { pattern = "*", tag, tier, limit, cursor = 0, signal } = query;
  const { verbs } = viewOf(cache, query);
  const { space, engine } = verbs;
  verbs.check({ ...(signal && { signal }), ...(tier !== undefined && { tier }) });
  const [wanted] = tag === undefined ? [] : space.encodeTags([tag], []);
  const walk = listKeys(space, { pattern, ...(tier !== undefined && { tier }), ...(signal && { signal }) });
  const keys: KeyRow[] = [];
  const breath = breathing();
  let position = 0;
  for (let looked = 0; ; ) {
    const page = await walk.next();
    if (!page) return { keys, cursor: null };
    await breath(page.length);
    signal?.throwIfAborted();
    const skipped = Math.min(page.length, Math.max(0, cursor - position));
    position += skipped;
    for (let i = skipped; i < page.length; ) {
      if (keys.length === limit || looked >= MOST_LOOKED) return { keys, cursor: position };
      const texts = page.slice(i, i + (wanted === undefined ? limit - keys.length : STEP));
      const found = await peek(verbs, texts, tier);
      for (const [j, text] of texts.entries()) {
        if (keys.length === limit) break;
        i++;
        position++;
        looked++;
        const item = found[j];
        if (item && (wanted === undefined || item.entry.tags.includes(wanted)))
          keys.push(rowOf(verbs, text, item, engine.now()));
      }
    }
  }
}

function rowOf({ space }: Verbs, text: string, { entry, tier, stale }: Found, now: number): KeyRow {
  const { tags, createdAt, freshUntil, size, profile } = entry;
  const ttl = freshUntil === Infinity ? null : stale ? 0 : freshUntil - now;
  const key = text.slice(space.prefix.length);
  return { key, tier, tags: space.decodeTags(tags), createdAt, ttl, stale, size, profile };
}

/** What a tier has under a key, with the value, without being a use. */
export async function readEntry(
  cache: AnyCache,
  place: Place,
  key: Key,
  tier?: string,
): Promise<(KeyRow & { value: unknown; codec: string | undefined; version: string | undefined }) | undefined> {
  const { verbs } = viewOf(cache, place);
  verbs.check(tier === undefined ? undefined : { tier });
  const text = verbs.space.encode(key);
  const { found } = await verbs.engine.store.read([text], { peek: true, version: null, tier });
  const [item] = found;
  if (!item) return undefined;
  const { value, codec, version } = item.entry;
  return { ...rowOf(verbs, text, item, verbs.engine.now()), value, codec, version };
}

/** How many entries an invalidation would hit; of very many, at least so many. */
export async function countHits(
  cache: AnyCache,
  place: Place,
  target: Target,
  signal?: AbortSignal,
): Promise<{ count: number; isAll: boolean }> {
  const { verbs } = target.by === "scope" ? viewOf(cache, target) : viewOf(cache, place);
  const { space, engine } = verbs;
  verbs.check(signal && { signal });
  const walk =
    target.by === "pattern"
      ? listKeys(space, { pattern: target.pattern, ...(signal && { signal }) })
      : engine.store.pages(space.prefix);
  const test = testOf(verbs, target);
  let count = 0;
  const breath = breathing();
  let looked = 0;
  for (let page = await walk.next(); page; page = await walk.next()) {
    await breath(page.length);
    for (let i = 0; i < page.length; i += STEP) {
      signal?.throwIfAborted();
      const texts = page.slice(i, i + STEP);
      count += test ? (await peek(verbs, texts)).filter((item) => item && test(item.entry)).length : texts.length;
      looked += texts.length;
      if (looked >= MOST_COUNTED) return { count, isAll: false };
    }
  }
  return { count, isAll: true };
}

function testOf({ space }: Verbs, target: Target): ((entry: Entry) => boolean) | undefined {
  if (target.by === "profile") return (entry) => entry.profile === target.profile;
  if (target.by !== "tags") return undefined;
  const { match = "any", tags } = target;
  const texts = space.encodeTags(tags, match === "exact" ? undefined : []);
  return (entry) => {
    const has = (tag: string): boolean => entry.tags.includes(tag);
    if (match === "any") return texts.some(has);
    return texts.every(has) && (match === "all" || texts.length === entry.tags.length);
  };
}

/** Does what a target says. */
export async function invalidate(cache: AnyCache, place: Place, target: Target): Promise<void> {
  const { view } = viewOf(cache, place);
  switch (target.by) {
    case "tags":
      return view.invalidateTags(target.tags, { match: target.match ?? "any", mode: target.mode ?? "delete" });
    case "pattern":
      return void (await view.invalidatePattern(target.pattern));
    case "scope":
      return cache.invalidateScope(target.scope as never, target.ids as never, { mode: target.mode ?? "delete" });
    case "profile":
      return view.clear({ profile: target.profile });
    default:
      return view.clear();
  }
}

/** Namespaces that have keys, as far as a look at the first of them tells. */
export async function namespacesOf(cache: AnyCache): Promise<string[]> {
  const { engine, space } = viewOf(cache, {}).verbs;
  const { length } = space.prefix;
  const walk = engine.store.pages(`${space.prefix}@`);
  const names = new Set<string>();
  let looked = 0;
  for (let page = await walk.next(); page && looked < MOST_LOOKED; page = await walk.next()) {
    for (const text of page.slice(0, MOST_LOOKED)) {
      const [, name] = /^@([^:=]+):/.exec(text.slice(length)) ?? [];
      if (name !== undefined && names.size < 200) names.add(decodeURIComponent(name));
    }
    looked += page.length;
  }
  return [...names].sort();
}
