/**
 * Durations for people.
 *
 * @module
 */

const UNITS: readonly [unit: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** At most two units: `3m 20s`, `1.5s`, `12ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  const first = UNITS.findIndex(([, length]) => ms >= length);
  const [unit, length] = UNITS[first]!;
  const [smaller, part] = UNITS[first + 1]!;
  const rest = Math.floor((ms % length) / part);
  return `${Math.floor(ms / length)}${unit}${rest > 0 ? ` ${rest}${smaller}` : ""}`;
}
