/**
 * Tags that an origin gives its responses: `Cache-Tag` (separated by commas) and `Surrogate-Key` (by spaces).
 *
 * @module
 */

/** Most tags of one response; those beyond do not count, so that an origin cannot fill a store with them. */
const MOST_TAGS = 1_000;
/** Longest tag, in characters. */
const LONGEST_TAG = 1_024;

/** Tags of a response, each once. */
export function tagsOf(headers: Headers): string[] {
  const commas = headers.get("cache-tag")?.split(",") ?? [];
  const spaces = headers.get("surrogate-key")?.split(/[\s,]+/) ?? [];
  const tags = [...commas, ...spaces].map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== "" && tag.length <= LONGEST_TAG))].slice(0, MOST_TAGS);
}
