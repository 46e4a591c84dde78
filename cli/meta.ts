/**
 * What is known of an entry, for programs and for people.
 *
 * @module
 */
import type { EntryMeta } from "../mod.ts";
import { keyDocument, keyText } from "./keys.ts";
import { ago, duration, size } from "./units.ts";

/** For JSON: times in milliseconds, `null` for what never ends or is not known. */
export function metaDocument(meta: EntryMeta): Record<string, unknown> {
  const { key, tier, createdAt, ttl, stale, tags, version, codec, profile, size } = meta;
  return {
    key: keyDocument(key),
    tier,
    createdAt,
    ttl: Number.isFinite(ttl) ? Math.round(ttl) : null,
    stale,
    tags,
    version: version ?? null,
    codec: codec ?? null,
    profile: profile ?? null,
    size: size ?? null,
  };
}

/** Titles of {@linkcode metaRow}. */
export const META_HEAD = ["KEY", "TIER", "AGE", "TTL", "SIZE", "TAGS"];

/** For a table. */
export function metaRow({ key, tier, createdAt, ttl, stale, tags, size: bytes }: EntryMeta): string[] {
  return [keyText(key), tier, ago(createdAt), stale ? "stale" : duration(ttl), size(bytes), tags.join(", ")];
}

/** Lines for one entry. */
export function metaLines(meta: EntryMeta): [name: string, value: string][] {
  const { key, tier, createdAt, ttl, stale, tags, version, codec, profile, size: bytes } = meta;
  return [
    ["key", keyText(key)],
    ["tier", tier],
    ["made", `${new Date(createdAt).toISOString()} (${ago(createdAt)})`],
    ["ttl", stale ? "over" : duration(ttl)],
    ["tags", tags.length > 0 ? tags.join(", ") : "none"],
    ...(version === undefined ? [] : [["version", version] as [string, string]]),
    ...(codec === undefined ? [] : [["codec", codec] as [string, string]]),
    ...(profile === undefined ? [] : [["profile", profile] as [string, string]]),
    ...(bytes === undefined ? [] : [["size", size(bytes)] as [string, string]]),
  ];
}
