/**
 * The prefix that a cache puts before its keys and tags in a tier that others use too.
 *
 * @module
 */
import type { Entry } from "../entry.ts";
import type { Change } from "../tier.ts";

/** Between keys and tags as the cache knows them, and whole ones as the tier does. */
export class Prefix {
  /** Empty where only this cache sees the tier. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Keys as the tier knows them. */
  whole(keys: readonly string[]): readonly string[] {
    return this.text === "" ? keys : keys.map((key) => this.text + key);
  }

  /** The key or tag as this cache knows it. */
  strip(whole: string): string {
    return whole.slice(this.text.length);
  }

  /** An entry with the prefix before its tags. */
  addTo(entry: Entry): Entry {
    return this.#isIn(entry) ? { ...entry, tags: entry.tags.map((tag) => this.text + tag) } : entry;
  }

  /** An entry without the prefix before its tags. */
  takeFrom(entry: Entry): Entry {
    return this.#isIn(entry) ? { ...entry, tags: entry.tags.map((tag) => this.strip(tag)) } : entry;
  }

  #isIn({ tags }: Entry): boolean {
    return tags.length > 0 && this.text !== "";
  }

  /** A key for a purpose of the stack itself, which no cache can have. */
  reserved(name: string): string {
    return `${this.text.slice(0, -1)}#${name}`;
  }

  /** What concerns this cache of a change in the tier; `undefined` for nothing. */
  ours(change: Change): Change | undefined {
    const isOurs = (text: string): boolean => text.startsWith(this.text);
    if (change.by === "keys") return { by: "keys", keys: change.keys.filter(isOurs).map((key) => this.strip(key)) };
    if (change.by === "prefix") {
      // What was cleared may be a part of our keys, or have all of them in it.
      return isOurs(change.prefix) || this.text.startsWith(change.prefix)
        ? { by: "prefix", prefix: this.strip(change.prefix) }
        : undefined;
    }
    return change.tags.every(isOurs) ? { ...change, tags: change.tags.map((tag) => this.strip(tag)) } : undefined;
  }
}
