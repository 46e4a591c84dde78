/**
 * Clearing what meets conditions.
 *
 * @module
 */
import type { ClearOptions } from "./api.ts";
import { checkProfile } from "./checks.ts";
import { toMilliseconds } from "./duration.ts";
import type { Entry } from "./entry.ts";
import { invalid, oneOf } from "./errors.ts";
import type { EvictionReason } from "./events.ts";
import { listOf, namespacePrefix } from "./key.ts";
import { then } from "./maybe.ts";
import { eachPage, hasTags } from "./store.ts";
import type { MaybePromise } from "./tier.ts";
import type { Verbs } from "./verbs/verbs.ts";

/** Between the beginning of a key and the namespace of a function that is bound to scopes. */
const SCOPES = /^(?:@[^:=]+=[^:]*:)+/;

/** Options that say nothing of an entry. */
const NO_CONDITIONS: readonly string[] = ["tier", "signal", "scope", "ids"];

/** What an entry must be. */
interface Conditions {
  fits(text: string, entry: Entry): boolean;
  /** The same by its key alone, where nothing else is known of what is under it: whether it may be meant. */
  mayFit(text: string): boolean;
  readonly reason: EvictionReason;
  /** In words. */
  readonly what: string;
}

/**
 * The conditions among options; `undefined` where there is none but the tier.
 *
 * @throws {ConfigError} for a wrong one; {KeyError} for what is no tag
 */
export function conditionsOf({ space }: Verbs, options: ClearOptions): Conditions | undefined {
  const { tags, match = "any", profile, fn, ttl, ...others } = options;
  // With a condition that is none, everything would be gone.
  for (const [name, given] of Object.entries(others))
    if (given !== undefined && !NO_CONDITIONS.includes(name))
      throw invalid(name, `tags, match, profile, fn, ttl, ${NO_CONDITIONS.join(", ")}`, name);
  const tests: ((text: string, entry: Entry) => boolean)[] = [];
  let mayFit: Conditions["mayFit"] = () => true;
  const words: string[] = [];
  oneOf("match", ["any", "all", "exact"], match);
  if (tags !== undefined || options.match) {
    // `match` alone is refused too, as tags that were left out by mistake.
    const names = listOf("tags", tags as string);
    // Exactly these tags have besides them those of the scopes.
    const texts = space.encodeTags(names, match === "exact" ? undefined : []);
    if (names.length === 0) throw invalid("tags", "at least one", tags);
    tests.push((_, entry) =>
      match === "any" ? texts.some((text) => entry.tags.includes(text)) : hasTags(entry, texts, match),
    );
    words.push(`${match} of tags ${names.join(", ")}`);
  }
  if (profile !== undefined) {
    checkProfile(profile);
    tests.push((_, entry) => entry.profile === profile);
    words.push(`profile ${profile}`);
  }
  if (fn !== undefined) {
    if (typeof fn !== "string" || fn === "") throw invalid("fn", "the name of a wrapped function", fn);
    const segment = namespacePrefix(`fn:${fn}`);
    mayFit = (text) => text.slice(space.prefix.length).replace(SCOPES, "").startsWith(segment);
    tests.push(mayFit);
    words.push(`function ${fn}`);
  }
  if (ttl !== undefined) {
    const ms = toMilliseconds(ttl, "ttl");
    tests.push((_, { createdAt, freshUntil }) => freshUntil - createdAt === ms);
    words.push(`ttl ${ttl}`);
  }
  if (tests.length === 0) return undefined;
  return {
    fits: (text, entry) => tests.every((test) => test(text, entry)),
    mayFit,
    reason: profile !== undefined ? "profile" : tags !== undefined ? "tag" : "clear",
    what: words.join(" and "),
  };
}

/** Deletes what meets the conditions, page by page. Of what is being loaded nothing is known yet but its key. */
export function clearSome(
  { engine, space, name }: Verbs,
  { fits, mayFit, reason, what }: Conditions,
  { tier, signal }: ClearOptions & { signal?: AbortSignal | undefined },
): MaybePromise<void> {
  const { loads, store } = engine;
  const fence = (): void => {
    engine.fence.markAll(space.prefix);
    loads.detachWhere((text) => text.startsWith(space.prefix) && mayFit(text));
  };
  let count = 0;
  fence();
  const cleared = eachPage(store.pages(space.prefix, tier, true), (page) => {
    if (signal?.aborted) throw signal.reason;
    const read = store.read(page, { peek: true, metaOnly: true, version: null, tier });
    return then(read, ({ found, fault }) => {
      // What could not be looked at may be what is meant.
      if (fault && found.includes(undefined)) throw fault;
      const texts: string[] = [];
      page.forEach((text, i) => {
        if (!text.startsWith(space.prefix)) return;
        const entry = found[i]?.entry;
        if (entry && fits(text, entry)) texts.push(text);
        // What another process is loading, or could not be looked at: nothing more is known of it.
        else if (!entry && mayFit(text)) store.leases?.release(text);
      });
      if (texts.length === 0) return undefined;
      return then(store.delete(texts, tier), (existed) => {
        texts.forEach((text, i) => {
          if (!existed[i]) return;
          count++;
          engine.left(tier ?? store.tiers[0]!.name, text, reason);
        });
      });
    });
  });
  return then(cleared, () => {
    fence();
    engine.emit("invalidate", () => ({ by: "clear", what: `${name}: ${what}`, count }));
  });
}
