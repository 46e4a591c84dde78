/**
 * Counts, sizes and times for people.
 *
 * @module
 */

/** `1,234,567`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A count with its noun: `1 key`, `2 keys`. */
export function counted(value: number, one: string): string {
  const many = /[^aeiou]y$/.test(one) ? `${one.slice(0, -1)}ies` : `${one}s`;
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `12 B`, `1.5 KiB`, `3.2 MiB`. */
export function size(bytes: number | undefined): string {
  if (bytes === undefined) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** At most two units: `3m 20s`, `1.5s`, `12ms`, `0.35ms`; `forever` without end. */
export function duration(ms: number): string {
  if (ms === Infinity) return "forever";
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 10) return `${Math.round(ms * 100) / 100}ms`;
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  const first = UNITS.findIndex(([, length]) => ms >= length);
  const [unit, length] = UNITS[first]!;
  const [smaller, part] = UNITS[first + 1]!;
  const rest = Math.floor((ms % length) / part);
  return `${Math.floor(ms / length)}${unit}${rest > 0 ? ` ${rest}${smaller}` : ""}`;
}

/** How long ago a moment is. */
export function ago(at: number, now: number = Date.now()): string {
  const since = now - at;
  return since < 1_000 ? "just now" : `${duration(since)} ago`;
}

/** `12.3%`. */
export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)}%`;
}
