/**
 * Durations: a number is milliseconds, a string has units.
 *
 * @module
 */
import { invalid } from "./errors.ts";

/**
 * A length of time. A number is milliseconds; a string is one or more parts of a number and a unit
 * (`ms`, `s`, `m`, `h`, `d`, `w`), for example `"250ms"`, `"5m"`, `"1h30m"`; `Infinity` and `"forever"` never end.
 */
export type Duration = number | string;

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const PART = /(\d+(?:\.\d+)?)(ms|[smhdw])/g;

/** Strings that were read before: a program has a few, and says them again at every call. */
const known = /* @__PURE__ */ new Map<unknown, number>();
const MOST_KNOWN = 100;

/**
 * Milliseconds of a {@linkcode Duration}.
 *
 * @param option named in the error
 * @throws {ConfigError} when it is neither a number nor a string of that form, or is NaN
 */
export function toMilliseconds(duration: Duration, option: string): number {
  if (typeof duration === "number" && !Number.isNaN(duration)) return duration;
  const before = known.get(duration);
  if (before !== undefined) return before;
  if (duration === "forever") return Infinity;
  if (typeof duration === "string" && duration !== "") {
    let total = 0;
    const rest = duration.replace(PART, (_, amount, unit) => {
      total += amount * UNITS[unit]!;
      return "";
    });
    if (rest === "") {
      if (known.size < MOST_KNOWN) known.set(duration, total);
      return total;
    }
  }
  throw invalid(option, 'milliseconds or a string such as "1h30m"', duration);
}
