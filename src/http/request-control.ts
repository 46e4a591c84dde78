/**
 * What a request asks of a cache (RFC 9111 section 5.2.1).
 *
 * @module
 */
import { deltaSeconds, parseDirectives } from "./fields.ts";

/** Directives of a request; times in milliseconds. */
export interface RequestControl {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  /** The response must not be older. */
  readonly maxAge: number;
  /** It must stay fresh for as long. */
  readonly minFresh: number;
  /** It may be stale for as long. */
  readonly maxStale: number;
  /** A stale one may stand in for an error. */
  readonly staleIfError: number;
}

/** Nothing asked. */
export const NOTHING_ASKED: RequestControl = Object.freeze({
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAge: Infinity,
  minFresh: 0,
  maxStale: 0,
  staleIfError: 0,
});

/** How a `fetch` was told to use a cache, by its `cache` option (Fetch Standard, HTTP-network-or-cache fetch). */
const MODES: Record<string, Partial<RequestControl>> = {
  "no-store": { noStore: true },
  reload: { maxAge: -1 },
  "no-cache": { noCache: true },
  "force-cache": { maxStale: Infinity },
  "only-if-cached": { maxStale: Infinity, onlyIfCached: true },
};

/** Reads what a request asks. An argument that is no number asks for the most, or the least (RFC 9111 section 4.2.1). */
export function requestControl(headers: Headers, mode?: string): RequestControl {
  const value = headers.get("cache-control");
  const asked = mode === undefined ? undefined : MODES[mode];
  if (value === null) return asked ? { ...NOTHING_ASKED, ...asked } : NOTHING_ASKED;
  const directives = parseDirectives(value);
  const seconds = (name: string, absent: number, wrong: number): number => {
    const argument = directives.get(name);
    if (argument === undefined) return absent;
    return argument === true && name === "max-stale" ? Infinity : (deltaSeconds(argument) ?? wrong) * 1000;
  };
  return {
    noStore: directives.has("no-store"),
    noCache: directives.has("no-cache"),
    onlyIfCached: directives.has("only-if-cached"),
    maxAge: seconds("max-age", Infinity, 0),
    minFresh: seconds("min-fresh", 0, 0),
    maxStale: seconds("max-stale", 0, 0),
    staleIfError: seconds("stale-if-error", 0, 0),
    ...asked,
  };
}
