/**
 * How long a response is fresh, and how old it is (RFC 9111 section 4.2).
 *
 * @module
 */
import { type Control, explicitAge } from "./control.ts";
import { parseDate, splitList } from "./fields.ts";
import { isHeuristic } from "./status.ts";

/** When a request was sent and its response received, in milliseconds since the epoch. */
export interface Times {
  readonly requestTime: number;
  readonly responseTime: number;
}

/** What lifetimes depend on besides the response. */
export interface FreshnessRules {
  readonly isShared: boolean;
  /** Fraction of the time since Last-Modified that counts as fresh; 0 is none. */
  readonly heuristic: number;
  /** Lifetime in milliseconds where the response says nothing and its status may be cached by default. */
  readonly defaultTtl: number;
}

/** One day: longer guesses would deserve a warning (RFC 7234 section 4.2.2). */
const LONGEST_GUESS = 86_400_000;

/** The freshness lifetime in milliseconds (section 4.2.1). */
export function lifetimeOf(
  status: number,
  headers: Headers,
  control: Control,
  { responseTime }: Times,
  rules: FreshnessRules,
): number {
  const age = explicitAge(control, rules.isShared);
  if (age !== undefined) return age * 1000;
  const expires = control.isTargeted ? null : headers.get("expires");
  const date = parseDate(headers.get("date"), responseTime) ?? responseTime;
  // An Expires that is no date is over (section 5.3).
  if (expires !== null) return Math.max(0, (parseDate(expires, responseTime) ?? 0) - date);
  // Guesses only for what says nothing itself (section 4.2.2).
  if (!isHeuristic(status) && !control.directives.has("public")) return 0;
  if (rules.heuristic > 0) {
    const modified = parseDate(headers.get("last-modified"), responseTime);
    if (modified !== undefined && modified < date) return Math.min((date - modified) * rules.heuristic, LONGEST_GUESS);
  }
  return rules.defaultTtl;
}

/** Whether a response says itself how long it is fresh. */
export function hasExplicitLifetime(headers: Headers, control: Control, isShared: boolean): boolean {
  return explicitAge(control, isShared) !== undefined || (!control.isTargeted && headers.has("expires"));
}

/** The age that a response had when it came, in milliseconds (section 4.2.3). */
export function initialAge(headers: Headers, { requestTime, responseTime }: Times): number {
  const date = parseDate(headers.get("date"), responseTime) ?? responseTime;
  const apparent = Math.max(0, responseTime - date);
  return Math.max(apparent, ageOf(headers.get("age")) + (responseTime - requestTime));
}

/** The Age field: its first member, or 0 where that is no number (section 5.1). */
export function ageOf(value: string | null): number {
  const [first] = value === null ? [] : splitList(value);
  return first !== undefined && /^\d+$/.test(first) ? Math.min(Number(first), 2_147_483_648) * 1000 : 0;
}
