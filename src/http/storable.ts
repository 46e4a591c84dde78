/**
 * Whether a response may be stored (RFC 9111 section 3).
 *
 * @module
 */
import { type Control, isPrivate, withheldFields } from "./control.ts";
import { parseRangeOf } from "./range.ts";
import { isHeuristic, isUnderstood } from "./status.ts";
import { varyOf } from "./vary.ts";

/** What storing depends on besides the two messages. */
export interface StorageRules {
  readonly isShared: boolean;
  /** To the letter of RFC 9111, where the default is safer. */
  readonly isStrict: boolean;
  /** Responses that set cookies may be stored. */
  readonly setCookie: boolean;
  /** Answers to requests with credentials may be stored as others. */
  readonly authorization: boolean;
  /** Most bytes of all header fields together. */
  readonly maxHeaderBytes: number;
}

/** Why a response is not stored; `undefined` for one that may be. */
export function refusal(
  request: Request,
  status: number,
  headers: Headers,
  control: Control,
  rules: StorageRules,
): string | undefined {
  const { directives } = control;
  if (status < 200 || status === 304) return "status";
  // It may have no end, and is for one who listens.
  if (/^text\/event-stream\b/i.test(headers.get("content-type") ?? "")) return "event-stream";
  // A part must say which it is (section 3.3).
  if (status === 206 && !parseRangeOf(headers)) return "part";
  // Whoever does not know the status may store only where that is not asked for (section 5.2.2.3).
  if (directives.has("must-understand")) {
    if (!isUnderstood(status)) return "must-understand";
  } else if (directives.has("no-store")) return "no-store";
  if (rules.isShared && isPrivate(control)) return "private";
  // What was answered to one person (section 3.5).
  const isAllowed = ["public", "must-revalidate", "s-maxage"].some((name) => directives.has(name));
  if (rules.isShared && !rules.authorization && request.headers.has("authorization") && !isAllowed)
    return "authorization";
  if (!rules.setCookie && headers.has("set-cookie") && !withheldFields(control, rules.isShared).includes("set-cookie"))
    return "set-cookie";
  if (varyOf(headers) === "*") return "vary";
  if (isOversized(headers, rules.maxHeaderBytes)) return "headers";
  const isExplicit =
    directives.has("public") ||
    directives.has("max-age") ||
    (rules.isShared ? directives.has("s-maxage") : directives.has("private")) ||
    headers.has("expires");
  return isExplicit || isHeuristic(status) ? undefined : "status";
}

function isOversized(headers: Headers, most: number): boolean {
  let length = 0;
  headers.forEach((value, name) => {
    length += name.length + value.length + 4;
  });
  return length > most;
}
