/**
 * A space: the part of a cache that one view of it can see. The root is a space too.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { invalid, KeyError, mustBe } from "./errors.ts";
import { decodeKey, decodeString, encodeKey, type Key } from "./key.ts";
import { type Counters, newCounters, type ReadCounters } from "./stats.ts";
import type { Findings, Found, StoreReadOptions } from "./store.ts";
import type { MaybePromise } from "./tier.ts";

/** The namespace of a function, whose results have the tags of where it was wrapped. */
const FUNCTION = /@fn%3A[^:]*:$/;

/** Keys and tags of one namespace or scope. */
export class Space {
  /** Before every key of the space, and before every tag but in the namespace of a function; empty for the root. */
  declare readonly prefix: string;
  /** What every entry has besides its own tags: the prefix of each scope that it is in, from the outermost. */
  declare readonly tags: readonly string[];
  counters: Counters = newCounters();
  /** Of the root, where its sum does not have these. */
  whole: Counters | undefined = undefined;
  /** The only tiers that its entries are kept in; all where it is absent. */
  declare tiers?: readonly string[];
  /** Is told of each key that was stored. */
  declare stored?: (text: string) => void;
  declare readonly engine: Engine;
  #beforeTags: string | undefined;

  constructor(prefix: string, engine: Engine, tags: readonly string[]) {
    this.prefix = prefix;
    this.tags = tags;
    this.engine = engine;
  }

  /** @throws {KeyError} for what is no key */
  encode(key: Key, prefix: string = this.prefix): string {
    return prefix + this.engine.fit(encodeKey(key), prefix);
  }

  decode(text: string): Key {
    return decodeKey(text.slice(this.prefix.length));
  }

  /** The text that patterns are matched with: a string key itself, or an array's JSON. */
  readable(text: string): string {
    return decodeString(text.slice(this.prefix.length));
  }

  /** Whether a text is a key of this very space, and not of one inside it. */
  owns(text: string): boolean {
    return text.startsWith(this.prefix) && text.charCodeAt(this.prefix.length) !== 64;
  }

  /**
   * Counts how a read of a key went.
   *
   * @param text of the key, where it is known: a key that is an array may have been changed since it was read
   */
  count(key: Key, how: keyof ReadCounters, text?: string): void {
    this.add(how);
    this.engine.seen?.(text ?? this.encode(key), how);
  }

  /** Counts something that was done in here. */
  add(what: Exclude<keyof Counters, "evictions">, count = 1): void {
    this.counters[what] += count;
    if (this.whole) this.whole[what] += count;
  }

  /** Counts where another one does. */
  countWith({ counters, whole }: Space): void {
    this.counters = counters;
    this.whole = whole;
  }

  read(keys: readonly Key[], options: StoreReadOptions): MaybePromise<Findings> {
    return this.engine.store.read(
      keys.map((key) => this.encode(key)),
      this.tiers && options.tier === undefined ? { ...options, tier: this.tiers } : options,
    );
  }

  /** The space itself, where this one looks in others as well. */
  get own(): Space {
    return this;
  }

  /** What other spaces have for keys that have nothing fresh in here, which is not counted as a read of here. */
  inherited(
    _keys: readonly Key[],
    _version: string | undefined,
  ): MaybePromise<readonly (Found | undefined)[] | undefined> {
    return undefined;
  }

  /**
   * Tags as the tiers know them: sorted, without duplicates, with those of the scopes.
   *
   * @throws {ConfigError} {KeyError} for what are none
   */
  encodeTags(given: readonly string[], scopes: readonly string[] = this.tags): readonly string[] {
    const tags = tagNames(given);
    const prefix = this.#tagPrefix;
    // Those of scopes are shorter, and beginnings of the others.
    return tags.length > 0 ? [...scopes, ...[...new Set(tags.map((tag) => this.encode(tag, prefix)))].sort()] : scopes;
  }

  decodeTags(tags: readonly string[]): readonly string[] {
    const prefix = this.#tagPrefix;
    return tags
      .filter((tag) => tag !== prefix && tag.startsWith(prefix))
      .map((tag) => decodeString(tag.slice(prefix.length)));
  }

  /** Before every tag. Made once, when the first is asked for: a space may be that of a single call. */
  get #tagPrefix(): string {
    return (this.#beforeTags ??= this.prefix.replace(FUNCTION, ""));
  }
}

/**
 * Tags as they were given; one may be given as what it is.
 *
 * @throws {ConfigError} for what is no array; {KeyError} for a tag that is no name
 */
export function tagNames(given: readonly string[] | string): readonly string[] {
  const tags = typeof given === "string" ? [given] : given;
  if (!Array.isArray(tags)) throw invalid("tags", "an array", tags);
  for (const tag of tags)
    if (typeof tag !== "string" || tag === "") throw new KeyError(mustBe("tag", "a non-empty string", tag));
  return tags;
}
