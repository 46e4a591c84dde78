/**
 * An explanation in words.
 *
 * @module
 */
import type { Explanation, TierExplanation } from "../api.ts";
import { encodeKey } from "../key.ts";
import { formatDuration } from "./format-duration.ts";
import { printable } from "./printable.ts";

/**
 * Says what `cache.explain(key)` found: whether a read is a hit or a miss now, and what each tier has and why that counts or not,
 * in one line of which nothing is unseen.
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { inWords } from "tiercel/observe";
 *
 * const cache = createCache();
 * console.log(inWords(await cache.explain("k"))); // A read of "k" is a miss. memory: nothing under this key.
 * ```
 */
export function inWords({ key, now, disabled, tiers }: Explanation): string {
  const first = tiers.find(({ state }) => state === "fresh");
  const old = tiers.find(({ state }) => state === "stale");
  const outcome = first
    ? `a hit from ${first.tier}`
    : old
      ? `a miss, but getOrSet may serve the old value of ${old.tier}`
      : "a miss";
  const off = disabled ? " The cache, or what has some tags, is switched off, which may make it a miss." : "";
  const each = tiers.map((tier) => `${tier.tier}: ${wordsOf(tier, now)}.`);
  const name = typeof key === "string" ? JSON.stringify(key) : encodeKey(key);
  return printable([`A read of ${name} is ${outcome}.${off}`, ...each].join(" "));
}

function wordsOf(tier: TierExplanation, now: number): string {
  const { state, createdAt = now, ttl = 0, grace = 0, version, error } = tier;
  if (state === "absent") return "nothing under this key";
  if (state === "unavailable") return `not to be asked now, ${error}`;
  const made = `made ${formatDuration(now - createdAt)} ago`;
  const over = `whose time was over ${formatDuration(-ttl)} ago`;
  const until = grace === Infinity ? "for ever" : `for ${formatDuration(grace)} more`;
  const served = grace > 0 ? `, to be served where a load fails or is slow ${until}` : "";
  switch (state) {
    case "fresh":
      return `an entry ${made}, fresh ${ttl === Infinity ? "for ever" : `for ${formatDuration(ttl)} more`}`;
    case "stale":
      return ttl > 0
        ? `an entry ${made}, which ${tagsOf(tier)} has made stale${served}`
        : `an entry ${made}, ${over}${served}`;
    case "expired":
      return `an entry ${made}, ${over}`;
    case "deleted":
      return `an entry ${made}, which ${tagsOf(tier)} has invalidated`;
    default:
      return `an entry ${made} of ${version === undefined ? "no version" : `version ${JSON.stringify(version)}`}, which is another than is asked for`;
  }
}

/** The tags that were invalidated after the entry was written. */
function tagsOf({ tags = [], sequence = 0, tagSequences = [] }: TierExplanation): string {
  const scopes = tagSequences.length - tags.length;
  const hit = tagSequences.flatMap((now, i) =>
    now > sequence
      ? [`${i < scopes ? "one of its scopes" : `tag ${tags[i - scopes]}`} (${now} after ${sequence})`]
      : [],
  );
  return hit.length > 0 ? hit.join(", ") : "an invalidation";
}
