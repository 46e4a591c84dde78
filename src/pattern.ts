/**
 * Patterns over keys: globs and regular expressions.
 *
 * @module
 */
import { KeyError, mustBe } from "./errors.ts";

/** A compiled pattern. */
export interface Pattern {
  /** What every matching key begins with; a store can look at that range alone. */
  readonly prefix: string;
  matches(text: string): boolean;
}

/** An escaped character, a class such as `[a-z]` or `[!abc]`, stars, or any character. */
const TOKEN = /\\.|\[[!^]?.[^\]]*\]|\*+|./gsu;

/** Most parts between stars: a regular expression cannot have any number of groups. */
const MAX_PARTS = 500;

/**
 * Compiles a glob (`*` any characters, `?` one, `[abc]`, `[a-z]`, `[!abc]`, `\` escapes) or takes a regular expression.
 *
 * Of a glob, each part between stars is found at the first place after the one before, and never looked for again (a
 * lookahead is atomic), so that matching takes at most pattern length × key length, whatever the pattern.
 *
 * @throws {KeyError} for a class that is not closed or has a range the wrong way round, and for what is no pattern
 */
export function compilePattern(pattern: string | RegExp): Pattern {
  try {
    if (typeof pattern === "string") return compileGlob(pattern);
    const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    return { prefix: "", matches: (text) => expression.test(text) };
  } catch {
    throw new KeyError(
      mustBe(
        "pattern",
        `a regular expression, or a glob with sound classes and fewer than ${MAX_PARTS} stars`,
        pattern,
      ),
    );
  }
}

function compileGlob(glob: string): Pattern {
  let prefix = "";
  let special = false;
  const parts = [""];
  for (const token of glob.match(TOKEN) ?? []) {
    special ||= "*?[".includes(token[0]!);
    const character = token.replace(/^\\(.)/su, "$1");
    if (!special) prefix += character;
    if (token[0] === "*") parts.push("");
    else parts[parts.length - 1] += token === "?" ? "[^]" : token[0] === "[" ? characterClass(token) : quote(character);
  }
  if (parts.length > MAX_PARTS) throw parts;
  const last = parts.pop()!;
  const middle = parts.slice(1).map((part, i) => `(?=([^]*?${part}))\\${i + 1}`);
  const expression = new RegExp(`^${parts.length > 0 ? `${parts[0]}${middle.join("")}[^]*` : ""}${last}$`, "u");
  return { prefix, matches: (text) => expression.test(text) };
}

/** Of a class that is not closed the bracket alone is a token: it becomes what no regular expression can have. */
function characterClass(token: string): string {
  return token === "[" ? "(" : `[${quote(token.slice(1, -1)).replace(/^(!|\\\^)(?=.)/su, "^")}]`;
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
