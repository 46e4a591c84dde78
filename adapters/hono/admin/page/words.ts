/**
 * Numbers, times and keys as people read them.
 *
 * @module
 */
import type { HtmlEscapedString } from "hono/utils/html";
import { formatDuration } from "../../../../src/observe/format-duration.ts";
import { printable } from "../../../../src/observe/printable.ts";

/** A piece of a page. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A whole number with its thousands apart, or a short one: 12,345, 1.2 M. */
export function count(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return Math.round(value).toLocaleString("en");
}

/** A number per second. */
export function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}

/** A fraction as a percentage. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(fraction > 0 && fraction < 1 ? 1 : 0)}%`;
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let size = value;
  for (; size >= 1_024 && unit < units.length - 1; unit++) size /= 1_024;
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** How long until, or for ever. */
export function left(ttl: number | null): string {
  return ttl === null || ttl === Infinity ? "for ever" : ttl <= 0 ? "stale" : formatDuration(ttl);
}

/** How long ago. */
export function ago(at: number, now: number): string {
  return now - at < 1_000 ? "just now" : `${formatDuration(now - at)} ago`;
}

export function latency(ms: number): string {
  return ms < 1 ? "under 1 ms" : `${Math.round(ms)} ms`;
}

/** A key or tag, or its beginning; what nobody would see in it is shown as escapes. */
export function named(text: string, most = 160): string {
  return `${printable(text.slice(0, most))}${text.length > most ? "…" : ""}`;
}

/** A query string, of what is there. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return kept.length === 0 ? "" : `?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}`;
}
