/**
 * Patterns over keys: globs and regular expressions.
 *
 * @module
 */
import { KeyError } from "./errors.ts";

/** A compiled pattern. */
export interface Pattern {
  /** What every matching key begins with; a store can look at that range alone. */
  readonly prefix: string;
  matches(text: string): boolean;
}

/** Tells whether one character fits; `undefined` stands for `*`. */
type Matcher = ((character: string) => boolean) | undefined;

/** An escaped character, a class such as `[a-z]` or `[!abc]`, or any character. */
const TOKEN = /\\[^]|\[[!^]?[^][^\]]*\]|[^]/gu;

/**
 * Compiles a glob (`*` any characters, `?` one, `[abc]`, `[a-z]`, `[!abc]`, `\` escapes) or takes a regular expression.
 *
 * A glob is matched with one point of return, so its time is at most pattern length × key length, whatever the pattern.
 *
 * @throws {KeyError} for a class that is not closed or has a range the wrong way round
 */
export function compilePattern(pattern: string | RegExp): Pattern {
  if (typeof pattern !== "string") {
    const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    return { prefix: "", matches: (text) => stateless.test(text) };
  }
  const tokens = pattern.match(TOKEN) ?? [];
  const special = tokens.findIndex((token) => "*?[".includes(token[0]!));
  const prefix = (special < 0 ? tokens : tokens.slice(0, special)).map(literal).join("");
  const matchers = tokens.map(newMatcher);
  return { prefix, matches: (text) => text.startsWith(prefix) && matchAll(matchers, [...text]) };
}

/** The character that a token stands for. */
function literal(token: string): string {
  return token[0] === "\\" && token.length > 1 ? token.slice(1) : token;
}

function newMatcher(token: string): Matcher {
  if (token === "*") return undefined;
  if (token === "?") return () => true;
  if (token[0] !== "[") return (character) => character === literal(token);
  try {
    const members = token.slice(1, -1).replace(/^!/, "^").replace(/[\\[\]]/g, "\\$&");
    const fits = new RegExp(`^[${members}]$`, "u");
    if (token.length > 2) return (character) => fits.test(character);
  } catch {
    // A range the wrong way round.
  }
  throw new KeyError(`Cannot use pattern as each [ must begin a closed class with ranges in order: received ${token}`);
}

function matchAll(matchers: readonly Matcher[], text: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    if (next < matchers.length && matchers[next] === undefined) {
      star = next++;
      starAt = at;
    } else if (matchers[next]?.(text[at]!)) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (next < matchers.length && matchers[next] === undefined) next++;
  return next === matchers.length;
}
