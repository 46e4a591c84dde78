/**
 * Tags in stores that compare when they read: what is invalidated is noted by number, entries are left where they are.
 *
 * Every invalidation raises the sequence of the store. By any of some tags, it raises the mark of each to that number; by all
 * or exactly some tags, it leaves a rule. An entry is older than an invalidation when its own sequence is lower. Marks and
 * rules are bounded: of those that are dropped the highest number stays, as a floor.
 *
 * @module
 */
import type { InvalidationMode, TagInvalidation } from "../src/tier.ts";

/** The last invalidations of each mode. */
export interface Mark {
  /** What is older is a miss. */
  readonly deleted: number;
  /** What is older is stale. */
  readonly expired: number;
}

/** An invalidation by several tags that an entry must have all of, or exactly. */
export interface Rule extends Mark {
  readonly tags: readonly string[];
  readonly exact: boolean;
}

/** Numbers of a store as a whole. */
export interface Head {
  /** The invalidation sequence. */
  readonly sequence: number;
  /** A tag without a mark counts as deleted up to this. */
  readonly floor: number;
  /** The highest number of a rule. */
  readonly rulesAt: number;
  /** Whatever is older, and tagged, counts as deleted. */
  readonly rulesFloor: number;
}

/** What of an entry decides. */
export interface Tagged {
  /** Each once. */
  readonly tags: readonly string[];
  readonly sequence: number;
}

/** What invalidations made of an entry. */
export type Verdict = "valid" | "expired" | "deleted";

/** The head of a store that is empty: what was invalidated before is not known. */
export function firstHead(now: number): Head {
  const start = Math.max(0, Math.floor(now)) || 0;
  return { sequence: start, floor: start, rulesAt: 0, rulesFloor: 0 };
}

/** Whether it is a head, as far as others could have changed it. */
export function isHead(value: unknown): value is Head {
  const { sequence, floor, rulesAt, rulesFloor } = Object(value) as Head;
  return [sequence, floor, rulesAt, rulesFloor].every(Number.isSafeInteger);
}

/** The sequence after an invalidation. */
export function nextSequence({ sequence }: Pick<Head, "sequence">, { now, after }: TagInvalidation): number {
  return Math.max(sequence + 1, now, after + 1);
}

/** A mark after another invalidation. */
export function raised({ deleted, expired }: Mark, mode: InvalidationMode, sequence: number): Mark {
  return mode === "delete" ? { deleted: sequence, expired } : { deleted, expired: sequence };
}

/** The higher of both. */
export function lastOf({ deleted, expired }: Mark): number {
  return Math.max(deleted, expired);
}

/** Whether a rule hits an entry with these tags, each once. */
export function applies(rule: Pick<Rule, "tags" | "exact">, tags: readonly string[]): boolean {
  return rule.tags.every((tag) => tags.includes(tag)) && (!rule.exact || rule.tags.length === tags.length);
}

/** The rules and one more, those of the highest numbers first, at most `most`; the rest is `dropped`. */
export function withRule(
  rules: readonly Rule[],
  tags: readonly string[],
  exact: boolean,
  mode: InvalidationMode,
  sequence: number,
  most: number,
): { readonly rule: Rule; readonly kept: readonly Rule[]; readonly dropped: readonly Rule[] } {
  const id = ruleId({ tags, exact });
  const known = rules.find((rule) => ruleId(rule) === id) ?? { deleted: 0, expired: 0 };
  const rule: Rule = { ...raised(known, mode, sequence), tags, exact };
  const all = [rule, ...rules.filter((other) => other !== known)].sort((a, b) => lastOf(b) - lastOf(a));
  return { rule, kept: all.slice(0, most), dropped: all.slice(most) };
}

/** Rules of the same tags have the same; `tags` are sorted. */
export function ruleId({ tags, exact }: Pick<Rule, "tags" | "exact">): string {
  return JSON.stringify([exact, ...tags]);
}

/** What rules say of an entry. */
export function verdictByRules({ tags, sequence }: Tagged, rules: readonly Rule[]): Verdict {
  let verdict: Verdict = "valid";
  for (const rule of rules) {
    if (lastOf(rule) <= sequence || !applies(rule, tags)) continue;
    if (rule.deleted > sequence) return "deleted";
    verdict = "expired";
  }
  return verdict;
}

/** What marks say of an entry. What is no number, as others have changed it, counts as an invalidation. */
export function verdictByMarks({ tags, sequence }: Tagged, markOf: (tag: string) => Mark): Verdict {
  let verdict: Verdict = "valid";
  for (const tag of tags) {
    const { deleted, expired } = markOf(tag);
    if (!(deleted <= sequence)) return "deleted";
    if (!(expired <= sequence)) verdict = "expired";
  }
  return verdict;
}

/** The worse of two. */
export function worse(one: Verdict, other: Verdict): Verdict {
  if (one === "deleted" || other === "deleted") return "deleted";
  return one === "valid" ? other : one;
}

/** What became of an entry, by all that there is to know. */
export function verdictOf(
  entry: Tagged,
  head: Head,
  marks: ReadonlyMap<string, Mark>,
  rules: readonly Rule[],
): Verdict {
  const { tags, sequence } = entry;
  if (tags.length === 0 || sequence >= head.sequence) return "valid";
  if (sequence < head.rulesFloor) return "deleted";
  const unmarked: Mark = { deleted: head.floor, expired: 0 };
  return worse(
    verdictByMarks(entry, (tag) => marks.get(tag) ?? unmarked),
    verdictByRules(entry, rules),
  );
}
