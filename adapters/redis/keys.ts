/**
 * Names of what a cache has in Redis, all of one hash slot: `{prefix:cache}/ledger`, `/index`, `/leases` and
 * `/journal`, and `{prefix:cache}:` with the key for an entry.
 *
 * @module
 */

/** The names of one cache. */
export interface Names {
  /** Ledger, index, leases, journal: first of the keys of every call. */
  readonly own: readonly string[];
  /** Before the key of an entry. */
  readonly base: string;
}

/** The names of a cache. What is between braces decides the hash slot, so that caches are spread over a cluster. */
export function namesOf(prefix: string, cacheName: string): Names {
  const base = `{${prefix}:${cacheName}}`;
  return { own: ["ledger", "index", "leases", "journal"].map((name) => `${base}/${name}`), base: `${base}:` };
}

/**
 * Whether a text is its own in UTF-8: a lone surrogate becomes U+FFFD, and would meet the key that has one. NUL is the
 * mark of the index.
 */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
