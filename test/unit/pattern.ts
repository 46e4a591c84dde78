import * as fc from "fast-check";
import { compilePattern } from "../../src/pattern.ts";
import type { TestCase } from "../contract/mod.ts";
import { ok, same, suite, throws } from "../contract/mod.ts";

const SEED = { seed: 20261121 };

type Token =
  | { literal: string }
  | { any: "one" | "many" }
  | { members: string; negated: boolean; range?: [string, string] };

const LETTERS = [..."ab.-^!]\\\n*?😀é"];
const letter = fc.constantFrom(...LETTERS);
/** Inside a class these would mean something else by their place. */
const member = fc.constantFrom(..."ab.é😀*?");
const token: fc.Arbitrary<Token> = fc.oneof(
  { weight: 4, arbitrary: letter.map((literal) => ({ literal })) },
  { weight: 2, arbitrary: fc.constantFrom({ any: "one" } as const, { any: "many" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      members: fc.array(member, { minLength: 1, maxLength: 3 }).map((all) => all.join("")),
      negated: fc.boolean(),
      range: fc.constantFrom<[string, string]>(["a", "c"], ["b", "b"], ["!", "~"]),
    }),
  },
);
const tokens = fc.array(token, { maxLength: 6 });
const subject = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(""));

/** The pattern as a user would write it. */
function written(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if ("literal" in token) return /[*?[\\]/.test(token.literal) ? `\\${token.literal}` : token.literal;
      if ("any" in token) return token.any === "one" ? "?" : "*";
      return `[${token.negated ? "!" : ""}${token.members}${token.range ? token.range.join("-") : ""}]`;
    })
    .join("");
}

/** Whether they match, by trying everything. */
function slow(tokens: readonly Token[], text: readonly string[]): boolean {
  const [first, ...rest] = tokens;
  if (first === undefined) return text.length === 0;
  if ("any" in first && first.any === "many") {
    return slow(rest, text) || (text.length > 0 && slow(tokens, text.slice(1)));
  }
  return text.length > 0 && one(first, text[0]!) && slow(rest, text.slice(1));
}

function one(token: Token, character: string): boolean {
  if ("any" in token) return true;
  if ("literal" in token) return token.literal === character;
  const [low, high] = token.range ?? ["b", "a"];
  const code = character.codePointAt(0)!;
  const inside = token.members.includes(character) || (code >= low.codePointAt(0)! && code <= high.codePointAt(0)!);
  return inside !== token.negated;
}

const matches = (pattern: string | RegExp, text: string): boolean => compilePattern(pattern).matches(text);

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("pattern", {
  "a glob matches what trying everything says it does": () => {
    fc.assert(
      fc.property(tokens, subject, (tokens, text) => {
        same(matches(written(tokens), text), slow(tokens, [...text]), JSON.stringify([written(tokens), text]));
      }),
      { ...SEED, numRuns: 3000 },
    );
  },
  "a glob matches the text that it was made from": () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        ok(matches(text.replace(/[*?[\\]/g, "\\$&"), text));
        ok(matches("*", text));
        ok(matches(`${text.replace(/[*?[\\]/g, "\\$&")}*`, `${text}more`));
      }),
      { ...SEED, numRuns: 300 },
    );
  },
  "its prefix is what every match begins with": () => {
    fc.assert(
      fc.property(tokens, subject, (tokens, text) => {
        const { prefix, matches } = compilePattern(written(tokens));
        ok(!matches(text) || text.startsWith(prefix), JSON.stringify([written(tokens), prefix, text]));
      }),
      { ...SEED, numRuns: 2000 },
    );
    same(compilePattern("user:*").prefix, "user:");
    same(compilePattern("user:1").prefix, "user:1");
    same(compilePattern("a\\*b?c").prefix, "a*b");
    same(compilePattern("*").prefix, "");
    same(compilePattern("[a]b").prefix, "");
  },
  "the whole key must match": () => {
    same(matches("user", "users"), false);
    same(matches("ser*", "users"), false);
    same(matches("", ""), true);
    same(matches("", "a"), false);
    same(matches("**", ""), true);
    same(matches("?", ""), false);
    same(matches("a\nb*", "a\nbc\nd"), true);
    same(matches("?", "😀"), true);
  },
  "classes take members, ranges, and their negation by ! or ^": () => {
    for (const [pattern, yes, no] of [
      ["[abc]", "abc", "d-"],
      ["[a-c]", "abc", "d-"],
      ["[!a-c]", "d-!", "abc"],
      ["[^a-c]", "d-^", "abc"],
      ["[a-]", "a-", "b"],
      ["[-a]", "a-", "b"],
      ["[]a]", "]a", "b"],
      ["[a.c]", "a.c", "b"],
      ["[a^]", "a^", "b"],
      ["[a!]", "a!", "b"],
      ["[*?]", "*?", "a"],
      ["[😀-😂]", "😀😁😂", "😃a"],
      ["[$]", "$", "a"],
      ["[a|b]", "a|b", "c"],
      ["[d-d]", "d", "e"],
    ] as const) {
      for (const character of yes) same(matches(pattern, character), true, `${pattern} on ${character}`);
      for (const character of no) same(matches(pattern, character), false, `${pattern} on ${character}`);
    }
  },
  "a class of nothing but a negation is refused, or that very character": () => {
    for (const pattern of ["[!]", "[^]"]) {
      let matched: boolean | undefined;
      try {
        matched = matches(pattern, "a");
      } catch {
        matched = false;
      }
      same(matched, false, pattern);
    }
  },
  "a class that is not closed, or in the wrong order, is refused": () => {
    for (const pattern of ["[", "a[", "[a", "[]", "a[b*", "[z-a]", "[[", "*["])
      throws(() => compilePattern(pattern), "KEY");
  },
  "what is no pattern is refused": () => {
    for (const pattern of [undefined, null, 5, {}, []] as never[]) throws(() => compilePattern(pattern), "KEY");
  },
  "a backslash escapes, also at the end": () => {
    same(matches("a\\*", "a*"), true);
    same(matches("a\\*", "ab"), false);
    same(matches("a\\\\", "a\\"), true);
    same(matches("a\\", "a\\"), true);
    same(matches("\\[a]", "[a]"), true);
  },
  "nothing else in a glob means anything": () => {
    for (const text of ["a.c", "(a|b)", "a+", "^a$", "{a,b}", "\\d", "$&", "(?:a)", "a{2}", "/"]) {
      const glob = text.replace(/\\/g, "\\\\");
      same(matches(glob, text), true, glob);
      same(matches(glob, "abc"), false, glob);
      same(matches(glob, "aa"), false, glob);
    }
  },
  "a regular expression matches as it does, without remembering where it was": () => {
    const sticky = /a/gy;
    sticky.lastIndex = 1;
    const { matches, prefix } = compilePattern(sticky);
    same(prefix, "");
    for (let i = 0; i < 3; i++) same(matches("ba"), true);
    same(sticky.lastIndex, 1);
    same(compilePattern(/^A$/i).matches("a"), true);
    same(compilePattern(/^.$/u).matches("😀"), true);
  },
  "matching is linear, whatever the pattern": () => {
    // Tried one way after the other these take more steps than there are atoms; so either it is quick, or it never ends.
    const long = "a".repeat(20_000);
    same(matches("*a*a*a*a*b", long), false);
    same(matches(`${"*a".repeat(40)}*b`, long), false);
    same(matches("*a*a*a*a*b", `${long}b`), true);
    same(matches("*?*?*?*?*?*?*b", long), false);
    same(matches(`${"a*".repeat(50)}b`, long), false);
    same(matches("*[a]*[!b]*?a*c", long), false);
    same(matches("*".repeat(5000), long), true);
  },
  "a pattern of very many parts is refused or matches, and breaks nothing": () => {
    for (const parts of [50, 500, 5000, 50_000]) {
      let matched: boolean | undefined;
      try {
        matched = matches("*a".repeat(parts), "a".repeat(60_000));
      } catch (error) {
        same((error as { code?: string }).code, "KEY");
      }
      ok(parts > 50 ? matched !== false : matched === true, `${parts} parts: ${matched}`);
    }
  },
});
