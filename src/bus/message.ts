/**
 * What is said on a bus: plain data that survives JSON, without values.
 *
 * @module
 */
import { compilePattern } from "../pattern.ts";
import type { Change } from "../tier.ts";

/** Something that others are told of. Texts are those that the store knows, without the cache's shared prefix. */
export type News =
  | Change
  /** Loaded and stored: who waits for another's load may look. */
  | { readonly by: "loads"; readonly keys: readonly string[] }
  /** Keys of one space that fit a pattern, whoever has them. */
  | { readonly by: "pattern"; readonly prefix: string; readonly pattern: string | Expression };

/** A regular expression. */
export interface Expression {
  readonly source: string;
  readonly flags: string;
}

/** One message. */
export interface Message {
  /** The cache that sent it. */
  readonly origin: string;
  readonly news: readonly News[];
}

/** Anything may have changed. */
export const EVERYTHING: News & Change = { by: "prefix", prefix: "" };

/** Most keys in one message. */
const MOST_KEYS = 1_000;

/** Gathers what is to be said in one turn. */
export class Draft {
  readonly #keys = { keys: new Set<string>(), loads: new Set<string>() };
  #rest: News[] = [];

  add(news: News): void {
    if (news.by !== "keys" && news.by !== "loads") this.#rest.push(news);
    else for (const key of news.keys) this.#keys[news.by].add(key);
  }

  /** Takes what was gathered, in parts of a bounded size. */
  take(): News[][] {
    const parts: News[][] = this.#rest.length > 0 ? [this.#rest] : [];
    this.#rest = [];
    for (const by of ["keys", "loads"] as const) {
      const all = [...this.#keys[by]];
      this.#keys[by].clear();
      for (let i = 0; i < all.length; i += MOST_KEYS) parts.push([{ by, keys: all.slice(i, i + MOST_KEYS) }]);
    }
    return parts;
  }
}

/** The news of a message from somebody else; `undefined` when it is none. What is not understood is left out. */
export function newsOf(message: unknown, self: string): News[] | undefined {
  const { origin, news } = (message ?? {}) as Partial<Message>;
  return typeof origin === "string" && origin !== self && Array.isArray(news) ? news.filter(isNews) : undefined;
}

function isNews(news: unknown): news is News {
  const { by, keys, prefix, pattern, tags, match, mode, sequence } = (news ?? {}) as Record<string, unknown>;
  switch (by) {
    case "keys":
    case "loads":
      return areTexts(keys);
    case "prefix":
      return typeof prefix === "string";
    case "pattern":
      return typeof prefix === "string" && isPattern(pattern);
    case "tags":
      return (
        areTexts(tags) &&
        ["any", "all", "exact"].includes(match as string) &&
        ["delete", "expire"].includes(mode as string) &&
        Number.isSafeInteger(sequence) &&
        (sequence as number) >= 0
      );
    default:
      return false;
  }
}

function areTexts(texts: unknown): boolean {
  return Array.isArray(texts) && texts.every((text) => typeof text === "string");
}

function isPattern(pattern: unknown): boolean {
  const { source, flags } = (pattern ?? {}) as Record<string, unknown>;
  try {
    compilePattern(patternOf(pattern as string | Expression));
    return typeof pattern === "string" || (typeof source === "string" && typeof flags === "string");
  } catch {
    return false;
  }
}

/** The pattern that was told. */
export function patternOf(pattern: string | Expression): string | RegExp {
  return typeof pattern === "string" ? pattern : new RegExp(pattern.source, pattern.flags);
}
